/** How much one address may ask for: a bucket that fills with time, and a small number of buckets. */

export interface RateOptions {
  /** Requests at once. */
  readonly burst: number;
  /** And so many more each second. */
  readonly perSecond: number;
}

interface Bucket {
  left: number;
  at: number;
}

/** Whoever comes from more addresses than that shares one bucket with the rest. */
const MOST_ADDRESSES = 10_000;
const THE_REST = '';

export class RateLimit {
  readonly #options: RateOptions;
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: RateOptions) {
    this.#options = options;
  }

  /**
   * @param now in milliseconds, from anywhere
   * @returns whether there was one left, which is then gone
   */
  take(now: number, address: string): boolean {
    const { burst, perSecond } = this.#options;
    const full = this.#buckets.size >= MOST_ADDRESSES && !this.#buckets.has(address);
    if (full) this.#forgetFull(now);
    const name = this.#buckets.size >= MOST_ADDRESSES && !this.#buckets.has(address) ? THE_REST : address;
    const bucket = this.#buckets.get(name) ?? { left: burst, at: now };
    bucket.left = Math.min(burst, bucket.left + ((now - bucket.at) / 1000) * perSecond);
    bucket.at = now;
    this.#buckets.set(name, bucket);
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    return true;
  }

  /** A full bucket says no more than none. */
  #forgetFull(now: number): void {
    const { burst, perSecond } = this.#options;
    for (const [name, { left, at }] of this.#buckets) {
      if (left + ((now - at) / 1000) * perSecond >= burst) this.#buckets.delete(name);
    }
  }
}
