/** epoll over our sockets: level- and edge-triggered, once and always. */
import { CallRefused, type Socket, type SocketCall } from '../sut/socket-table.ts';
import type { Value } from '../sut/sut.ts';
import { Patience, ready } from './readiness.ts';

/** One descriptor that a set watches. */
interface Watch {
  readonly socket: Socket;
  readonly events: readonly string[];
  /** EPOLLET: what was told already, and how much there was to read and room to write then. */
  told: readonly string[];
  readable: number;
  writable: number;
  /** EPOLLONESHOT: told once, silent until it is set again. */
  spent: boolean;
}

/** The sets, by the socket that stands for their descriptor. */
const sets = new WeakMap<Socket, Map<number, Watch>>();

export const epollCalls: Readonly<Record<string, SocketCall>> = {
  /** epoll_create(size) → descriptor */
  epoll_create: (sockets) => () => {
    const descriptor = sockets.add(null);
    sets.set(sockets.get(descriptor), new Map());
    return { value: descriptor };
  },

  /** epoll_ctl(epoll, op, fd, events) */
  epoll_ctl(sockets, args) {
    const set = setOf(sockets.get(args.number(0)));
    const descriptor = args.number(2);
    const socket = sockets.get(descriptor);
    const watched = set.has(descriptor);
    const watch = { socket, events: args.flags(3), told: [], readable: 0, writable: 0, spent: false };
    return () => {
      switch (args.text(1)) {
        case 'EPOLL_CTL_ADD':
          if (watched) return { errno: 'EEXIST' };
          set.set(descriptor, watch);
          return { value: 0 };
        case 'EPOLL_CTL_MOD':
          if (!watched) return { errno: 'ENOENT' };
          set.set(descriptor, watch);
          return { value: 0 };
        case 'EPOLL_CTL_DEL':
          return set.delete(descriptor) ? { value: 0 } : { errno: 'ENOENT' };
        default:
          return { errno: 'EINVAL' };
      }
    };
  },

  /** epoll_wait(epoll, most, timeout in ms) → [fd, events] of each. A timeout of 0 looks once, a negative one waits for ever. */
  epoll_wait(sockets, args) {
    const set = setOf(sockets.get(args.number(0)));
    const most = args.number(1);
    const timeout = args.number(2);
    const patience = new Patience(timeout);
    return (now) => {
      const value: Value[] = [];
      for (const [descriptor, watch] of set) {
        const news = value.length < most ? tell(watch) : [];
        if (news.length > 0) value.push([descriptor, news.join('|')]);
      }
      return value.length === 0 ? patience.over(now, { value }) : { value };
    };
  },
};

function setOf(socket: Socket): Map<number, Watch> {
  const set = sets.get(socket);
  if (set === undefined) throw new CallRefused('EINVAL');
  return set;
}

function tell(watch: Watch): readonly string[] {
  if (watch.spent) return [];
  const { connection } = watch.socket;
  const flags = ready(watch.socket, 'EPOLL').filter(
    (flag) => flag === 'EPOLLHUP' || flag === 'EPOLLERR' || watch.events.includes(flag),
  );
  const readable = connection?.readable ?? 0;
  const writable = connection?.writable ?? 0;
  // An edge is a flag that was not told, or more of what it stands for.
  const fresh = flags.some(
    (flag) =>
      !watch.told.includes(flag) ||
      (flag === 'EPOLLIN' && readable > watch.readable) ||
      (flag === 'EPOLLOUT' && watch.writable === 0 && writable > 0),
  );
  watch.told = flags;
  watch.readable = readable;
  watch.writable = writable;
  if (flags.length === 0 || (watch.events.includes('EPOLLET') && !fresh)) return [];
  watch.spent = watch.events.includes('EPOLLONESHOT');
  return flags;
}
