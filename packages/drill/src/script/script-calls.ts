/** What scripts call and ask beyond the plain socket calls, for our stack in this process. */
import type { TcbSnapshot } from '@tcblab/tcp';
import { socketCalls } from '../sut/socket-calls.ts';
import { CallRefused, type Socket, type SocketCall } from '../sut/socket-table.ts';
import { isAtMark } from '../sut/transfer-calls.ts';
import type { Value } from '../sut/sut.ts';
import { epollCalls } from './epoll-calls.ts';
import { Patience, ready } from './readiness.ts';
import { STATE_OF } from './tcp-states.ts';

const DONE = () => ({ value: 0 });

export const scriptCalls: Readonly<Record<string, SocketCall>> = {
  ...epollCalls,

  /** socket(domain, type, protocol): a type may bring SOCK_NONBLOCK. */
  socket: (sockets, args) => () => {
    const descriptor = sockets.add(null);
    sockets.get(descriptor).blocking = !args.flags(1).includes('SOCK_NONBLOCK');
    return { value: descriptor };
  },

  /** accept4(fd, flags) → as accept */
  accept4(sockets, args) {
    const attempt = socketCalls['accept'](sockets, args);
    const flags = args.flags(1);
    return (now) => {
      const outcome = attempt(now);
      if (outcome !== null && 'value' in outcome && Array.isArray(outcome.value)) {
        const [descriptor] = outcome.value as readonly Value[];
        if (typeof descriptor === 'number')
          sockets.get(descriptor).blocking = !flags.includes('SOCK_NONBLOCK');
      }
      return outcome;
    };
  },

  /** getsockopt(fd, level, name): TCP_INFO as [name, number] pairs in Linux's units, and what sockets know beside. */
  getsockopt(sockets, args) {
    const socket = sockets.get(args.number(0));
    if (args.text(2) !== 'TCP_INFO') return socketCalls['getsockopt'](sockets, args);
    return () => {
      const { connection, listener } = socket;
      if (connection !== null) return { value: Object.entries(tcpInfo(connection.snapshot())) };
      return { value: [['tcpi_state', listener === null ? STATE_OF.CLOSED : STATE_OF.LISTEN]] };
    };
  },

  /** ioctl(fd, FIONREAD | SIOCINQ | SIOCOUTQ) → octets */
  ioctl(sockets, args) {
    const socket = sockets.get(args.number(0));
    const { connection } = socket;
    if (connection === null) throw new CallRefused('EINVAL');
    switch (args.text(1)) {
      case 'FIONREAD':
      case 'SIOCINQ':
        return () => ({ value: connection.readable });
      case 'SIOCATMARK':
        return () => ({ value: isAtMark(socket) ? 1 : 0 });
      case 'SIOCOUTQNSD':
        return () => ({ value: unsent(connection.snapshot()) });
      case 'SIOCOUTQ':
        return () => ({ value: connection.unacknowledged });
      default:
        throw new CallRefused('ENOSYS');
    }
  },

  /** poll([[fd, events] …], timeout in ms) → revents of each, '' = none. A timeout of 0 looks once, a negative one waits for ever. */
  poll(sockets, args) {
    const entries = args.any(0);
    const timeout = args.number(1);
    if (!Array.isArray(entries)) throw new CallRefused('EINVAL');
    const asked = (entries as readonly Value[]).map((entry) => {
      const [fd, events] = Array.isArray(entry) ? (entry as readonly Value[]) : [];
      if (typeof fd !== 'number' || typeof events !== 'string') throw new CallRefused('EINVAL');
      return { socket: sockets.get(fd), events: events.split('|') };
    });
    const patience = new Patience(timeout);
    return (now) => {
      const value = asked.map(({ socket, events }) => watched(socket, events).join('|'));
      return value.every((flags) => flags === '') ? patience.over(now, { value }) : { value };
    };
  },

  /** The stack's listing: [state, local, remote] of each. */
  connections: (sockets) => () => ({
    value: sockets.stack.connections().map(({ state, local, remote }) => [state, local, remote]),
  }),

  /** tcpdrop: reset the connection of a descriptor. */
  drop(sockets, args) {
    const { connection } = sockets.get(args.number(0));
    if (connection === null) return DONE;
    return (now) => {
      connection.abort(now);
      return { value: 0 };
    };
  },
};

function unsent({ snd, sendQueue }: TcbSnapshot): number {
  return Math.max(0, sendQueue - ((snd.nxt - snd.una) >>> 0));
}

function watched(socket: Socket, events: readonly string[]): string[] {
  return ready(socket, 'POLL').filter(
    (flag) => flag === 'POLLHUP' || flag === 'POLLERR' || events.includes(flag),
  );
}

function tcpInfo(tcb: TcbSnapshot): Record<string, number> {
  const segments = (octets: number) => Math.floor(octets / tcb.snd.mss);
  return {
    tcpi_state: STATE_OF[tcb.state],
    tcpi_snd_wscale: tcb.snd.scale,
    tcpi_rcv_wscale: tcb.rcv.scale,
    tcpi_rto: tcb.rto,
    tcpi_snd_mss: tcb.snd.mss,
    tcpi_pmtu: tcb.pathMtu,
    tcpi_unacked: Math.ceil(((tcb.snd.nxt - tcb.snd.una) >>> 0) / tcb.snd.mss),
    tcpi_rtt: tcb.srtt ?? 0,
    tcpi_rttvar: tcb.rttvar ?? 0,
    tcpi_snd_ssthresh: segments(tcb.ssthresh),
    tcpi_snd_cwnd: segments(tcb.cwnd),
    tcpi_notsent_bytes: unsent(tcb),
    tcpi_snd_wnd: tcb.snd.wnd,
    tcpi_rcv_wnd: tcb.rcv.wnd,
  };
}
