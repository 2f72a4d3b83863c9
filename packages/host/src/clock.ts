/** The only clocks of the project: what time it is, and who is to be woken when. */
import type { Micros } from '@tcblab/tcp';

export interface Clock {
  /** Whole microseconds since 1970. Never goes back, whatever is done to the system's clock. */
  now(): Micros;
  /** Call `run` once, not before `time`. A real clock may be some milliseconds late. */
  at(time: Micros, run: () => void): Alarm;
  /** Call `run` once, after what is going on now and before time passes. */
  soon(run: () => void): void;
}

export interface Alarm {
  /** Harmless when it has rung. */
  cancel(): void;
}

/** The machine's clock. An alarm keeps the process alive. */
export const systemClock: Clock = {
  now: () => ORIGIN + Math.floor(performance.now() * 1000),
  at(time, run) {
    const wait = Math.ceil((time - systemClock.now()) / 1000);
    const timer = setTimeout(run, Math.min(Math.max(wait, 0), LONGEST_WAIT));
    return { cancel: () => clearTimeout(timer) };
  },
  soon: (run) => void setImmediate(run),
};

const ORIGIN: Micros = Math.floor(performance.timeOrigin * 1000);
/** Node takes a longer one for 1 ms. Whoever is woken early looks at the clock anyway. */
const LONGEST_WAIT = 2 ** 31 - 1;
