/** When a script's events are due: relative times count from the event before them. */
import type { Micros } from '@tcblab/tcp';
import { printSeconds } from './print-script.ts';
import { ScriptError } from './problem.ts';
import type { CallAction, ScriptEvent } from './syntax.ts';

/** How long a packet at any time may take. */
const PATIENCE: Micros = 86_400_000_000;

export class EventTimes {
  /** When the script began on the stack's clock. */
  start: Micros = 0;
  /** What relative times count from, itself counted from the start. */
  #base: Micros = 0;

  /** When an event may begin. @throws ScriptError when that was before the event in front of it */
  earliest(now: Micros, { time, at }: ScriptEvent): Micros {
    switch (time.kind) {
      case 'relative':
        return this.start + this.#base + time.micros;
      case 'relative-range':
        return this.start + this.#base + time.from;
      case 'absolute-range':
        return this.start + time.from;
      case 'any':
        return now;
      case 'absolute':
        if (time.micros >= this.#base) return this.start + time.micros;
        throw new ScriptError(at, `at ${printSeconds(this.#base)} it is too late for this`);
    }
  }

  /** When an expected packet must have come, given the earliest time for it. */
  latest({ time }: ScriptEvent, earliest: Micros): Micros {
    switch (time.kind) {
      case 'absolute-range':
        return this.start + time.to;
      case 'relative-range':
        return this.start + this.#base + time.to;
      case 'any':
        return this.start + this.#base + PATIENCE;
      case 'absolute':
      case 'relative':
        return earliest;
    }
  }

  /** Times after this event count from its own time, or from when it came where the script leaves that open. */
  begin({ time }: ScriptEvent, now: Micros, earliest: Micros): void {
    const exact = time.kind === 'absolute' || time.kind === 'relative';
    this.#base = (exact ? earliest : now) - this.start;
  }

  /** When a call that has begun is to return; null = at once. Both of its times count from the same event. */
  end({ time }: ScriptEvent, { until }: CallAction): Micros | null {
    const counted = time.kind === 'relative' ? this.#base - time.micros : 0;
    return until === null ? null : this.start + counted + until;
  }

  /** The next relative time counts from later. */
  sleep(micros: Micros): void {
    this.#base += micros;
  }
}
