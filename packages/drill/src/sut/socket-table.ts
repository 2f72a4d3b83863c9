/** The descriptors of an application over our stack, and what its calls are given. */
import type { Connection, IpStack, Listener, Micros, Settings } from '@tcblab/tcp';
import type { Value } from './sut.ts';

/** How a call ended. */
export type Outcome = { readonly value: Value } | { readonly errno: string };

/** The call goes on waiting, and wants to be tried again then though nothing happens. */
export interface Waiting {
  readonly until: Micros;
}

/** A call under way: tried at once, and again after every step until it gives an outcome; null = it waits. */
export type Attempt = (now: Micros) => Outcome | Waiting | null;

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
  /** SO_LINGER: how many seconds close() waits, of which 0 aborts; null = it does neither. */
  linger: number | null;
  reuseAddress: boolean;
  /** The connection's error has been told; it is told once. */
  errorTold: boolean;
  /** Options that were set, by their names. */
  readonly options: Map<string, number | string>;
  /** What of them the core is given, for a connection to come. */
  settings: Partial<Settings>;
  /** The urgent octet, once it was taken out of line by a read that passed it. */
  urgentOctet: number | null;
  /** Connections that TCP_DEFER_ACCEPT keeps from accept() until they have something to say, and since when. */
  deferred: { readonly connection: Connection; readonly since: Micros }[];
  /** The application has received the urgent octet that the connection points to. */
  urgentTaken: boolean;
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
      linger: null,
      reuseAddress: false,
      errorTold: false,
      options: new Map(),
      settings: {},
      urgentOctet: null,
      urgentTaken: false,
      deferred: [],
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
