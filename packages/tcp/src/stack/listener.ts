/** A port that waits for connections: half-open ones, and open ones for accept(). */
import type { Micros } from '../units.ts';
import type { ListenerQueues } from '../tcb/listener-queue.ts';
import type { Connection } from './connection.ts';

/** What a listener asks of the stack it belongs to. */
export interface ListenerOwner {
  taken(connection: Connection): void;
  closed(now: Micros, listener: Listener): void;
}

export class Listener implements ListenerQueues {
  readonly port: number;
  readonly backlog: number;
  readonly #owner: ListenerOwner;
  /** For the stack: connections in SYN-RECEIVED, and those that wait for accept(). */
  readonly opening = new Set<Connection>();
  readonly waiting: Connection[] = [];
  pendingEvents = 0;

  constructor(port: number, backlog: number, owner: ListenerOwner) {
    this.port = port;
    this.backlog = backlog;
    this.#owner = owner;
  }

  get halfOpen(): number {
    return this.opening.size;
  }

  get acceptable(): number {
    return this.waiting.length;
  }

  /** Connections that accept() would give. */
  get pending(): number {
    return this.waiting.length;
  }

  /** The connection that has waited longest; null = none waits. */
  accept(): Connection | null {
    const connection = this.waiting.shift();
    if (connection === undefined) return null;
    this.#owner.taken(connection);
    return connection;
  }

  /** Stop listening. Connections that were not accepted are reset. */
  close(now: Micros): void {
    this.#owner.closed(now, this);
  }

  raise(bits: number): void {
    this.pendingEvents |= bits;
  }
}
