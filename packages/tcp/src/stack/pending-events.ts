/** What has happened to connections and listeners since their user asked last. */
import type { Connection } from './connection.ts';
import type { Listener } from './listener.ts';

export interface StackEvent {
  readonly target: Connection | Listener;
  /** `Events`, ored together. */
  readonly bits: number;
}

export class PendingEvents {
  /**
   * Whoever has events to tell, in the order of the first of them. No set: one that V8 has cleared holds what it held and
   * its successor, and a chain of them keeps closed connections from the young generation's garbage collection.
   */
  #targets: (Connection | Listener)[] = [];

  /** @param target that its user holds */
  raise(target: Connection | Listener, bits: number): void {
    if (target.pendingEvents === 0) this.#targets.push(target);
    target.pendingEvents |= bits;
  }

  /** From now on its user holds the connection: what has happened to it before is to be told too. */
  show(connection: Connection): void {
    if (connection.pendingEvents !== 0) this.#targets.push(connection);
  }

  /** One entry for each of them. */
  take(): StackEvent[] {
    if (this.#targets.length === 0) return [];
    const events = this.#targets.map((target) => ({ target, bits: target.pendingEvents }));
    for (const target of this.#targets) target.pendingEvents = 0;
    this.#targets = [];
    return events;
  }
}
