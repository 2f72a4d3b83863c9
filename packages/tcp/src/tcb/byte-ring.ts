/** Octets addressed by their place in a stream, kept in a ring that grows by doubling: an idle connection costs none. */
import type { Octets } from '../units.ts';

const SMALLEST = 4096;
/** What every ring has until it needs more. */
const NONE = new Uint8Array(0);

/** Positions count octets from the start of the stream. The caller knows which positions hold octets. */
export class ByteRing {
  #bytes = NONE;
  #mask = -1;

  /** Make room for [start, end), keeping what stands in [start, keep). */
  reserve(start: number, keep: number, end: number): void {
    if (end - start <= this.#bytes.length) return;
    let size = Math.max(SMALLEST, this.#bytes.length);
    while (size < end - start) size *= 2;
    const old = this.#bytes;
    const oldMask = this.#mask;
    this.#bytes = new Uint8Array(size);
    this.#mask = size - 1;
    for (let at = start; at < keep;) {
      const from = at & oldMask;
      const length = Math.min(keep - at, old.length - from);
      this.write(at, old, from, from + length);
      at += length;
    }
  }

  /** Copy source[from, to) to `position`; the room was reserved. */
  write(position: number, source: Uint8Array, from: number, to: number): void {
    const at = position & this.#mask;
    const first = Math.min(to - from, this.#bytes.length - at);
    this.#bytes.set(source.subarray(from, from + first), at);
    if (first < to - from) this.#bytes.set(source.subarray(from + first, to), 0);
  }

  /** Copy `length` octets from `position` to into[at…]. */
  read(position: number, length: Octets, into: Uint8Array, at: number): void {
    const from = position & this.#mask;
    const first = Math.min(length, this.#bytes.length - from);
    into.set(this.#bytes.subarray(from, from + first), at);
    if (first < length) into.set(this.#bytes.subarray(0, length - first), at + first);
  }

  /** The ring's memory, for reading [position, position + length) in place when `isContiguous`. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  offset(position: number): number {
    return position & this.#mask;
  }

  isContiguous(position: number, length: Octets): boolean {
    return (position & this.#mask) + length <= this.#bytes.length;
  }

  /** Give the memory back. */
  clear(): void {
    this.#bytes = NONE;
    this.#mask = -1;
  }
}
