/** The timers of one connection: one table of names, so that a timer that can be set can also fire. */
import type { Micros } from '../units.ts';

/** In the order in which timers that are due together are handled. */
export const TIMER_NAMES = [
  'user-timeout',
  'time-wait',
  'fin-wait-2',
  'tail-loss-probe',
  'reordering',
  'retransmission',
  'persist',
  'keep-alive',
  'delayed-ack',
] as const;

export type TimerName = (typeof TIMER_NAMES)[number];

const PLACE: Record<TimerName, number> = {
  'user-timeout': 0,
  'time-wait': 1,
  'fin-wait-2': 2,
  'tail-loss-probe': 3,
  reordering: 4,
  retransmission: 5,
  persist: 6,
  'keep-alive': 7,
  'delayed-ack': 8,
};

/** As an array of numbers and not a typed one: that costs three times the memory, and a connection has few. */
const NONE_SET: readonly Micros[] = TIMER_NAMES.map(() => Infinity);

export class Timers {
  readonly #deadlines = NONE_SET.slice();

  set(name: TimerName, deadline: Micros): void {
    this.#deadlines[PLACE[name]] = deadline;
  }

  cancel(name: TimerName): void {
    this.#deadlines[PLACE[name]] = Infinity;
  }

  cancelAll(): void {
    this.#deadlines.fill(Infinity);
  }

  /** When it fires; Infinity = not set. */
  deadline(name: TimerName): Micros {
    return this.#deadlines[PLACE[name]];
  }

  isSet(name: TimerName): boolean {
    return this.#deadlines[PLACE[name]] !== Infinity;
  }

  /** The earliest deadline; Infinity = none is set. */
  next(): Micros {
    const all = this.#deadlines;
    let earliest = all[0];
    for (let i = 1; i < all.length; i++) if (all[i] < earliest) earliest = all[i];
    return earliest;
  }

  /** Take one timer that is due at `now` and clear it; null = none is due. */
  takeDue(now: Micros): TimerName | null {
    for (let i = 0; i < TIMER_NAMES.length; i++) {
      if (this.#deadlines[i] <= now) {
        this.#deadlines[i] = Infinity;
        return TIMER_NAMES[i];
      }
    }
    return null;
  }
}
