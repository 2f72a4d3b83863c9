/**
 * BSD sockets over our stack, for scripts: the calls by their C names, blocking as C's do, errors by their POSIX names.
 * A descriptor is a number from 3. The table is open: `createInProcessSut` takes more calls beside these.
 */
import { MisuseError } from '@tcblab/tcp';
import type { Connection, Listener, Micros } from '@tcblab/tcp';
import { applyOptions, inheritOptions, readOption, setOption } from './socket-options.ts';
import { CallRefused, type Attempt, type Socket, type SocketCall } from './socket-table.ts';
import { receive, send, tellError } from './transfer-calls.ts';

export const socketCalls: Readonly<Record<string, SocketCall>> = {
  /** socket([domain, type, protocol]) → descriptor */
  socket: (sockets) => () => ({ value: sockets.add(null) }),

  /** bind(fd, address, port) */
  bind(sockets, args) {
    const socket = sockets.get(args.number(0));
    const port = args.number(2);
    if (socket.localPort !== null) throw new CallRefused('EINVAL');
    if (!socket.reuseAddress && sockets.isBound(port)) throw new CallRefused('EADDRINUSE');
    socket.localPort = port;
    return DONE;
  },

  /** listen(fd, backlog) */
  listen(sockets, args) {
    const socket = sockets.get(args.number(0));
    const backlog = args.number(1);
    if (socket.connection !== null || socket.localPort === null) throw new CallRefused('EINVAL');
    const port = socket.localPort;
    return (now) => {
      socket.listener ??= sockets.stack.listen(now, { port, backlog });
      return { value: 0 };
    };
  },

  /** accept(fd) → [descriptor, peer's address, peer's port] */
  accept(sockets, args) {
    const socket = sockets.get(args.number(0));
    const { listener } = socket;
    if (listener === null) throw new CallRefused('EINVAL');
    return (now) => {
      const connection = acceptable(now, socket, listener);
      if (connection === null) return socket.blocking ? null : { errno: 'EAGAIN' };
      const descriptor = sockets.add(connection);
      inheritOptions(now, socket, sockets.get(descriptor));
      return { value: [descriptor, connection.remoteAddress, connection.remotePort] };
    };
  },

  /** connect(fd, address, port) */
  connect(sockets, args) {
    const socket = sockets.get(args.number(0));
    const to = { address: args.text(1), port: args.number(2) };
    if (socket.listener !== null) throw new CallRefused('EINVAL');
    if (socket.connection !== null) {
      throw new CallRefused(isConnecting(socket.connection) ? 'EALREADY' : 'EISCONN');
    }
    return (now) => {
      if (socket.connection === null) {
        const localPort = socket.localPort;
        const { settings } = socket;
        const from = localPort === null ? {} : { localPort };
        socket.connection = sockets.stack.open(now, { ...to, ...from, settings });
        applyOptions(now, socket);
        socket.localPort = socket.connection.localPort;
        if (!socket.blocking) return { errno: 'EINPROGRESS' };
      }
      return tellError(socket) ?? (isConnecting(socket.connection) ? null : { value: 0 });
    };
  },

  /** read(fd, room) → octets; none at the end of the stream */
  read: (sockets, args) => receive(sockets, args),
  /** recv(fd, room, flags) → octets; MSG_DONTWAIT, MSG_PEEK, MSG_WAITALL, MSG_OOB */
  recv: (sockets, args) => receive(sockets, args),

  /** write(fd, octets) → count */
  write: (sockets, args) => send(sockets, args),
  /** send(fd, octets, flags) → count; MSG_DONTWAIT, MSG_MORE, MSG_OOB */
  send: (sockets, args) => send(sockets, args),

  /** shutdown(fd, SHUT_RD | SHUT_WR | SHUT_RDWR) */
  shutdown(sockets, args) {
    const socket = sockets.get(args.number(0));
    const how = args.text(1);
    if (!['SHUT_RD', 'SHUT_WR', 'SHUT_RDWR'].includes(how)) throw new CallRefused('EINVAL');
    const { connection } = socket;
    if (connection === null || connection.state === 'CLOSED') throw new CallRefused('ENOTCONN');
    return (now) => {
      if (how !== 'SHUT_WR') socket.readShut = true;
      if (how !== 'SHUT_RD' && mayClose(connection)) connection.close(now);
      return { value: 0 };
    };
  },

  /** close(fd) */
  close(sockets, args) {
    const descriptor = args.number(0);
    const socket = sockets.get(descriptor);
    const { connection, linger } = socket;
    let limit = -1;
    return (now) => {
      if (limit < 0) {
        sockets.remove(descriptor);
        socket.listener?.close(now);
        for (const { connection: waiting } of socket.deferred.splice(0)) waiting.abort(now);
        if (linger === 0) connection?.abort(now);
        else connection?.release(now);
        limit = now + (linger ?? 0) * 1_000_000;
      }
      const ends = connection !== null && ENDING.has(connection.state);
      return linger !== null && ends && now < limit ? { until: limit } : { value: 0 };
    };
  },

  /** setsockopt(fd, level, name, value); what is not known is ENOPROTOOPT, never silently ignored */
  setsockopt(sockets, args) {
    const socket = sockets.get(args.number(0));
    const name = args.text(2);
    const value = args.any(3);
    return (now) => setOption(now, socket, name, value);
  },

  /** getsockopt(fd, level, name) → value; SO_ERROR is 0 or the error's name */
  getsockopt(sockets, args) {
    const socket = sockets.get(args.number(0));
    const name = args.text(2);
    return () => readOption(socket, name);
  },

  /** fcntl(fd, F_SETFL, flags): O_NONBLOCK. fcntl(fd, F_GETFL) */
  fcntl(sockets, args) {
    const socket = sockets.get(args.number(0));
    switch (args.text(1)) {
      case 'F_SETFL':
        socket.blocking = !args.flags(2).includes('O_NONBLOCK');
        return DONE;
      case 'F_GETFL':
        return () => ({ value: socket.blocking ? 'O_RDWR' : 'O_RDWR|O_NONBLOCK' });
      default:
        throw new CallRefused('EINVAL');
    }
  },
};

/** The errno with which a socket call refuses what our stack calls misuse; null for misuse that is ours. */
export function errnoOf(error: unknown): string | null {
  if (error instanceof CallRefused) return error.errno;
  return error instanceof MisuseError ? (ERRNO_OF[error.code] ?? null) : null;
}

const ERRNO_OF: Readonly<Record<string, string>> = {
  'address-in-use': 'EADDRINUSE',
  'bad-address': 'EINVAL',
  'bad-port': 'EINVAL',
  'connection-already-exists': 'EADDRINUSE',
  'no-ipv6': 'ENETUNREACH',
  'connection-closing': 'EPIPE',
  'connection-does-not-exist': 'ENOTCONN',
  'connection-reset': 'ECONNRESET',
  'cannot-peek': 'EOPNOTSUPP',
  'bad-timeout': 'EINVAL',
  'no-port-left': 'EADDRNOTAVAIL',
};

/** States in which a close that lingers still waits for the peer. */
const ENDING: ReadonlySet<string> = new Set(['FIN-WAIT-1', 'CLOSING', 'LAST-ACK', 'CLOSE-WAIT']);

const DONE: Attempt = () => ({ value: 0 });

/** The next connection for accept(); with TCP_DEFER_ACCEPT the next that has something to read, or has waited so long. */
function acceptable(now: Micros, socket: Socket, listener: Listener): Connection | null {
  const seconds = Number(socket.options.get('TCP_DEFER_ACCEPT') ?? 0);
  if (seconds === 0 && socket.deferred.length === 0) return listener.accept();
  for (let one = listener.accept(); one !== null; one = listener.accept())
    socket.deferred.push({ connection: one, since: now });
  const at = socket.deferred.findIndex(
    ({ connection, since }) =>
      connection.readable > 0 || connection.state !== 'ESTABLISHED' || now >= since + seconds * 1_000_000,
  );
  return at < 0 ? null : socket.deferred.splice(at, 1)[0].connection;
}

function isConnecting({ state }: Connection): boolean {
  return state === 'SYN-SENT' || state === 'SYN-RECEIVED';
}

function mayClose({ state }: Connection): boolean {
  return state === 'SYN-RECEIVED' || state === 'ESTABLISHED' || state === 'CLOSE-WAIT';
}
