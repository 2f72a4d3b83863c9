/** A clock that jumps from one event to the next: the same run, as fast as the machine, and the same every time. */
import type { Micros } from '@tcblab/tcp';
import type { Alarm, Clock } from './clock.ts';
import { TimeQueue } from './time-queue.ts';

export class VirtualClock implements Clock {
  #now: Micros;
  #soon: (() => void)[] = [];
  readonly #alarms = new TimeQueue<{ run: (() => void) | null }>();

  constructor(start: Micros = 0) {
    this.#now = start;
  }

  now(): Micros {
    return this.#now;
  }

  at(time: Micros, run: () => void): Alarm {
    const entry: { run: (() => void) | null } = { run };
    this.#alarms.push(time, entry);
    return { cancel: () => (entry.run = null) };
  }

  soon(run: () => void): void {
    this.#soon.push(run);
  }

  /**
   * Let time pass.
   *
   * @param until stop before the first event later than this
   * @param done stop as soon as it says so
   * @returns whether `done` came true; otherwise nothing is left to do, or not before `until`
   */
  run(until: Micros = Infinity, done: () => boolean = () => false): boolean {
    while (!done()) {
      if (this.#soon.length > 0) {
        const tasks = this.#soon;
        this.#soon = [];
        for (const task of tasks) task();
        continue;
      }
      const { next } = this.#alarms;
      if (next === Infinity || next > until) {
        if (until < Infinity) this.#now = Math.max(this.#now, until);
        return false;
      }
      this.#now = Math.max(this.#now, next);
      this.#alarms.pop()?.run?.();
    }
    return true;
  }
}
