/** A port that waits for connections: half-open ones, and open ones for accept(). */
import type { Micros } from '../units.ts';
import type { ListenerQueues } from '../tcb/listener-part.ts';
import type { Connection } from './connection.ts';
import type { HalfOpen } from './half-open.ts';

/** What a listener asks of the stack it belongs to. */
export interface ListenerOwner {
  taken(connection: Connection): void;
  closed(now: Micros, listener: Listener): void;
}

export class Listener implements ListenerQueues {
  readonly port: number;
  readonly backlog: number;
  readonly #owner: ListenerOwner;
  /** For the stack: the SYN queue, oldest first, and the accept queue. */
  readonly opening = new Set<HalfOpen>();
  readonly waiting: Connection[] = [];
  /** For the stack: when it last answered by a cookie; no ACK can bring one back much later. */
  lastCookieAt: Micros = -Infinity;
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
}
