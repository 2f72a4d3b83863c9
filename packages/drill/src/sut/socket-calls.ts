/**
 * BSD sockets over our stack, for scripts: the calls by their C names, blocking as C's do, errors by their POSIX names.
 * A descriptor is a number from 3. The table is open: `createInProcessSut` takes more calls beside these.
 */
import { MisuseError } from '@tcblab/tcp';
import type { Connection, IpStack, Listener, Micros } from '@tcblab/tcp';
import type { Value } from './sut.ts';

/** How a call ended. */
export type Outcome = { readonly value: Value } | { readonly errno: string };

/** A call under way: tried at once, and again after every step until it gives something else than null. */
export type Attempt = (now: Micros) => Outcome | null;

/** One call of the table. It looks at its arguments and gives what is to be tried. @throws CallRefused */
export type SocketCall = (sockets: SocketTable, args: Arguments) => Attempt;

/** A call that cannot even begin. */
export class CallRefused extends Error {
  readonly errno: string;

  constructor(errno: string) {
    super(errno);
    this.name = 'CallRefused';
    this.errno = errno;
  }
}

/** One descriptor. */
export interface Socket {
  localPort: number | null;
  listener: Listener | null;
  connection: Connection | null;
  blocking: boolean;
  /** After shutdown(SHUT_RD). */
  readShut: boolean;
  /** SO_LINGER with 0: close() aborts. */
  resetOnClose: boolean;
  reuseAddress: boolean;
  /** The connection's error has been told; it is told once. */
  errorTold: boolean;
}

export class SocketTable {
  readonly stack: IpStack;
  readonly #sockets = new Map<number, Socket>();

  constructor(stack: IpStack) {
    this.stack = stack;
  }

  /** @returns the lowest free descriptor */
  add(connection: Connection | null): number {
    let descriptor = 3;
    while (this.#sockets.has(descriptor)) descriptor++;
    this.#sockets.set(descriptor, {
      localPort: connection?.localPort ?? null,
      listener: null,
      connection,
      blocking: true,
      readShut: false,
      resetOnClose: false,
      reuseAddress: false,
      errorTold: false,
    });
    return descriptor;
  }

  /** @throws CallRefused EBADF */
  get(descriptor: number): Socket {
    const socket = this.#sockets.get(descriptor);
    if (socket === undefined) throw new CallRefused('EBADF');
    return socket;
  }

  remove(descriptor: number): void {
    this.#sockets.delete(descriptor);
  }

  isBound(port: number): boolean {
    return [...this.#sockets.values()].some((socket) => socket.localPort === port && !socket.reuseAddress);
  }
}

/** The arguments of a call, each looked at as it is taken. @throws CallRefused EINVAL when one is not what it must be */
export class Arguments {
  readonly #values: readonly Value[];

  constructor(values: readonly Value[]) {
    this.#values = values;
  }

  number(index: number): number {
    const value = this.#values[index];
    if (typeof value !== 'number') throw new CallRefused('EINVAL');
    return value;
  }

  text(index: number): string {
    const value = this.#values[index];
    if (typeof value !== 'string') throw new CallRefused('EINVAL');
    return value;
  }

  octets(index: number): Uint8Array {
    const value = this.#values[index];
    if (!(value instanceof Uint8Array)) throw new CallRefused('EINVAL');
    return value;
  }

  /** The value, or null where the call was given fewer. */
  any(index: number): Value {
    return this.#values[index] ?? null;
  }

  /** Flags by name, ored in C by `|`: `MSG_DONTWAIT|MSG_PEEK`. */
  flags(index: number): readonly string[] {
    const value = this.any(index);
    return typeof value === 'string' ? value.split('|') : [];
  }
}

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
    return () => {
      const connection = listener.accept();
      if (connection !== null) {
        return { value: [sockets.add(connection), connection.remoteAddress, connection.remotePort] };
      }
      return socket.blocking ? null : { errno: 'EAGAIN' };
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
        socket.connection = sockets.stack.open(now, localPort === null ? to : { ...to, localPort });
        socket.localPort = socket.connection.localPort;
        if (!socket.blocking) return { errno: 'EINPROGRESS' };
      }
      return tellError(socket) ?? (isConnecting(socket.connection) ? null : { value: 0 });
    };
  },

  /** read(fd, room) → octets; none at the end of the stream */
  read: (sockets, args) => receive(sockets, args),
  /** recv(fd, room, flags) → octets; MSG_DONTWAIT */
  recv: (sockets, args) => receive(sockets, args),

  /** write(fd, octets) → count */
  write: (sockets, args) => send(sockets, args),
  /** send(fd, octets, flags) → count; MSG_DONTWAIT */
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
    return (now) => {
      sockets.remove(descriptor);
      socket.listener?.close(now);
      if (socket.resetOnClose) socket.connection?.abort(now);
      else socket.connection?.release(now);
      return { value: 0 };
    };
  },

  /** setsockopt(fd, level, name, value); what is not known is ENOPROTOOPT, never silently ignored */
  setsockopt(sockets, args) {
    const socket = sockets.get(args.number(0));
    const value = args.any(3);
    switch (args.text(2)) {
      case 'SO_REUSEADDR':
        socket.reuseAddress = value !== 0;
        return DONE;
      case 'SO_LINGER':
        // struct linger as a list: whether to linger, and how many seconds.
        if (!Array.isArray(value)) throw new CallRefused('EINVAL');
        socket.resetOnClose = value[0] !== 0 && value[1] === 0;
        return DONE;
      default:
        throw new CallRefused('ENOPROTOOPT');
    }
  },

  /** getsockopt(fd, level, name) → value; SO_ERROR is 0 or the error's name */
  getsockopt(sockets, args) {
    const socket = sockets.get(args.number(0));
    switch (args.text(2)) {
      case 'SO_ERROR':
        return () => {
          const told = tellError(socket);
          if (told !== null && 'errno' in told) return { value: told.errno };
          return { value: socket.connection?.takeSoftError()?.code ?? 0 };
        };
      case 'SO_REUSEADDR':
        return () => ({ value: socket.reuseAddress ? 1 : 0 });
      default:
        throw new CallRefused('ENOPROTOOPT');
    }
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
  'no-port-left': 'EADDRNOTAVAIL',
};

const DONE: Attempt = () => ({ value: 0 });

/** What a call may ask for at most, so that a wrong number costs no memory. */
const MOST_OCTETS = 65_536;

function receive(sockets: SocketTable, args: Arguments): Attempt {
  const socket = sockets.get(args.number(0));
  const room = args.number(1);
  if (room < 0) throw new CallRefused('EINVAL');
  const into = new Uint8Array(Math.min(room, MOST_OCTETS));
  const waits = socket.blocking && !args.flags(2).includes('MSG_DONTWAIT');
  return (now) => {
    const { connection } = socket;
    if (connection === null) return { errno: 'ENOTCONN' };
    const count = connection.receive(now, into);
    if (count > 0) return { value: into.slice(0, count) };
    const told = tellError(socket);
    if (told !== null) return told;
    // Once its error has been told, a connection that failed reads as ended.
    if (connection.ended || connection.error !== null || socket.readShut || room === 0) {
      return { value: new Uint8Array(0) };
    }
    return waits ? null : { errno: 'EAGAIN' };
  };
}

function send(sockets: SocketTable, args: Arguments): Attempt {
  const socket = sockets.get(args.number(0));
  const bytes = args.octets(1);
  const waits = socket.blocking && !args.flags(2).includes('MSG_DONTWAIT');
  let taken = 0;
  return (now) => {
    const { connection } = socket;
    if (connection === null) return { errno: 'ENOTCONN' };
    const told = tellError(socket);
    if (told !== null) return taken > 0 ? { value: taken } : told;
    if (connection.error !== null) return { errno: 'EPIPE' };
    if (taken < bytes.length) taken += connection.send(now, bytes, taken);
    if (taken === bytes.length) return { value: taken };
    if (waits) return null;
    return taken > 0 ? { value: taken } : { errno: 'EAGAIN' };
  };
}

function tellError(socket: Socket): Outcome | null {
  const error = socket.connection?.error ?? null;
  if (error === null || socket.errorTold) return null;
  socket.errorTold = true;
  return { errno: error.code };
}

function isConnecting({ state }: Connection): boolean {
  return state === 'SYN-SENT' || state === 'SYN-RECEIVED';
}

function mayClose({ state }: Connection): boolean {
  return state === 'SYN-RECEIVED' || state === 'ESTABLISHED' || state === 'CLOSE-WAIT';
}
