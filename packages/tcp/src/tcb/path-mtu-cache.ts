/** Paths that take less than the interface: one entry for each destination, of which there is a bounded number. @rfc 1191 6.2; 8201 5.2 */
import type { Micros, Octets } from '../units.ts';
import type { Address } from '../wire/address.ts';

export interface KnownPath {
  readonly mtu: Octets;
  /** When it is forgotten: a path may have grown. @rfc 1191 6.3 */
  readonly until: Micros;
}

/** More destinations than this push the oldest out. */
const MOST = 1024;

/** @rfc 1191 3-wait, 6.2, 6.3; 8201 5.2, 5.3 */
export class PathMtuCache {
  /** The oldest entry stands first. */
  readonly #known = new Map<string, KnownPath>();
  #generation = 0;

  /** Grows with each change, so that a connection sees by one comparison whether to look again. */
  get generation(): number {
    return this.#generation;
  }

  get size(): number {
    return this.#known.size;
  }

  /** What is known of the path to `destination`; null = nothing. */
  find(now: Micros, destination: Address): KnownPath | null {
    if (this.#known.size === 0) return null;
    const key = keyOf(destination);
    const known = this.#known.get(key);
    if (known === undefined) return null;
    if (known.until > now) return known;
    this.#known.delete(key);
    return null;
  }

  learn(now: Micros, destination: Address, mtu: Octets, until: Micros): void {
    const before = this.find(now, destination);
    const key = keyOf(destination);
    this.#known.delete(key);
    this.#known.set(key, { mtu: before === null ? mtu : Math.min(mtu, before.mtu), until });
    if (this.#known.size > MOST) {
      const [oldest] = this.#known.keys();
      this.#known.delete(oldest);
    }
    this.#generation++;
  }
}

function keyOf({ w0, w1, w2, w3 }: Address): string {
  return `${w0}:${w1}:${w2}:${w3}`;
}
