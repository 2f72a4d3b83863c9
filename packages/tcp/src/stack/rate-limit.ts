/** Bounds how often something is done that a stranger can ask for. */
import type { Micros } from '../units.ts';

/** A bucket of tokens: `burst` at once, and one more each `interval`. */
export class RateLimit {
  readonly #burst: number;
  readonly #interval: Micros;
  #tokens: number;
  #filled: Micros = 0;

  constructor(burst: number, interval: Micros) {
    this.#burst = burst;
    this.#interval = interval;
    this.#tokens = burst;
  }

  /** @returns whether it may be done now; each yes counts */
  allows(now: Micros): boolean {
    const more = Math.floor((now - this.#filled) / this.#interval);
    if (more > 0) {
      this.#tokens = Math.min(this.#burst, this.#tokens + more);
      this.#filled += more * this.#interval;
    }
    if (this.#tokens === 0) return false;
    this.#tokens--;
    return true;
  }
}
