/** Our own stack as an `EndPort`, wherever it runs: in World, or under an agent's drive loop. */
import { MisuseError } from '@tcblab/tcp';
import type { Connection, Listener, Micros, Octets } from '@tcblab/tcp';
import type { State } from '@tcblab/tcp/trace';
import type { EndListener, EndPort, EndSocket, Errno } from './end-port.ts';

/** The part of a `Stack` or `IpStack` that applications use. */
export interface UserCalls {
  open(now: Micros, to: { address: string; port: number; localPort?: number }): Connection;
  listen(now: Micros, at: { port: number; backlog?: number }): Listener;
}

export function createStackPort(stack: UserCalls): EndPort {
  return {
    open(now, to) {
      const opened = attempt(() => stack.open(now, to));
      return typeof opened === 'string' ? new StackSocket(null, opened) : new StackSocket(opened, null);
    },
    listen(now, at) {
      const listener = attempt(() => stack.listen(now, at));
      return typeof listener === 'string'
        ? new StackListener(null, listener)
        : new StackListener(listener, null);
    },
  };
}

class StackListener implements EndListener {
  readonly error: Errno | null;
  readonly #listener: Listener | null;

  constructor(listener: Listener | null, error: Errno | null) {
    this.#listener = listener;
    this.error = error;
  }

  accept(): EndSocket | null {
    const connection = this.#listener?.accept() ?? null;
    return connection === null ? null : new StackSocket(connection, null);
  }

  close(now: Micros): void {
    this.#listener?.close(now);
  }
}

class StackSocket implements EndSocket {
  readonly #connection: Connection | null;
  /** A call that the connection refused, such as SEND after CLOSE. */
  #refused: Errno | null;

  constructor(connection: Connection | null, refused: Errno | null) {
    this.#connection = connection;
    this.#refused = refused;
  }

  get error(): Errno | null {
    return this.#refused ?? this.#connection?.error?.code ?? null;
  }

  get connecting(): boolean {
    const state = this.#connection?.state;
    return this.error === null && (state === 'SYN-SENT' || state === 'SYN-RECEIVED');
  }

  send(now: Micros, bytes: Uint8Array, from: number, to: number): Octets {
    return this.#call((connection) => connection.send(now, bytes, from, to)) ?? 0;
  }

  receive(now: Micros, into: Uint8Array, from: number, to: number): Octets {
    return (
      this.#call((connection) => connection.receive(now, into, from, to) || (connection.ended ? -1 : 0)) ?? 0
    );
  }

  close(now: Micros): void {
    this.#call((connection) => connection.close(now));
  }

  release(now: Micros): void {
    this.#call((connection) => connection.release(now));
  }

  abort(now: Micros): void {
    this.#call((connection) => connection.abort(now));
  }

  state(): State | null {
    return this.#connection?.state ?? null;
  }

  #call<T>(call: (connection: Connection) => T): T | null {
    const connection = this.#connection;
    if (connection === null) return null;
    const result = attempt(() => call(connection));
    if (typeof result !== 'string') return result;
    this.#refused = result;
    return null;
  }
}

/** The errno with which a socket call would refuse what our stack calls misuse. */
const ERRNO_OF: Readonly<Record<string, Errno>> = {
  'address-in-use': 'EADDRINUSE',
  'connection-already-exists': 'EADDRINUSE',
  'connection-closing': 'EPIPE',
  'connection-does-not-exist': 'ENOTCONN',
  'connection-reset': 'ECONNRESET',
  'no-port-left': 'EADDRNOTAVAIL',
};

function attempt<T>(call: () => T): T | Errno {
  try {
    return call();
  } catch (error) {
    const errno = error instanceof MisuseError ? ERRNO_OF[error.code] : undefined;
    if (errno === undefined) throw error;
    return errno;
  }
}
