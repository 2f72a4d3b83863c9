/** Puts octets that arrive in any order back in order, and keeps them until the application reads them. */
import type { Octets } from '../units.ts';
import { ByteRing } from './byte-ring.ts';

/** A run of octets beyond a hole: [start, end), counted from the next octet expected. */
export interface Range {
  readonly start: Octets;
  readonly end: Octets;
}

/** The reassembler of one connection. */
export interface Reassembler {
  /** Octets in order that wait to be read. */
  readonly available: Octets;
  /** What lies beyond holes, nearest first. */
  readonly ranges: readonly Range[];
  /**
   * Take the octets source[from, to), the first of which lies `offset` octets after the next one expected.
   * Octets that are here already stay as they are: the first copy wins.
   *
   * @param offset 0 or more; the caller has cut off what is old and what is beyond the window
   * @returns by how many octets the next one expected moved on; 0 when a hole remains before these
   */
  insert(offset: Octets, source: Uint8Array, from: number, to: number): Octets;
  /** Move octets in order to into[from, to); @returns how many. */
  read(into: Uint8Array, from: number, to: number): Octets;
  /** Copy octets in order from the `offset`th on to into[from, to), and keep them; @returns how many. */
  peek?(offset: Octets, into: Uint8Array, from: number, to: number): Octets;
  /** Forget everything. */
  clear(): void;
}

/** Makes the reassembler of a connection. */
export interface ReassemblerPart {
  create(): Reassembler;
}

/** @rfc 9293 3.10.7.4 SHLD-31 */
export const reassembler: ReassemblerPart = { create: () => new RingReassembler() };

/** More holes than this and the segment is dropped: the peer sends it again, and memory stays bounded. */
const MOST_RANGES = 256;

/** What every reassembler has until a hole appears; never written to. */
const NO_RUNS: { start: number; end: number }[] = [];

class RingReassembler implements Reassembler {
  /** Null until there are octets: an idle connection has none. */
  #ring: ByteRing | null = null;
  /** Positions in the stream: [#read, #next) waits for the application, #next is expected. */
  #read = 0;
  #next = 0;
  #furthest = 0;
  /** Runs beyond holes as positions in the stream, sorted, neither touching nor overlapping. */
  #runs: { start: number; end: number }[] = NO_RUNS;

  get available(): Octets {
    return this.#next - this.#read;
  }

  get ranges(): readonly Range[] {
    return this.#runs.map(({ start, end }) => ({ start: start - this.#next, end: end - this.#next }));
  }

  insert(offset: Octets, source: Uint8Array, from: number, to: number): Octets {
    if (to <= from) return 0;
    const start = this.#next + offset;
    const end = start + to - from;
    if (this.#runs.length >= MOST_RANGES && offset > 0 && !this.#touches(start, end)) return 0;
    const ring = (this.#ring ??= new ByteRing());
    ring.reserve(this.#read, Math.max(this.#furthest, this.#next), end);
    if (this.#runs.length === 0 && offset === 0) {
      ring.write(start, source, from, to);
      this.#next = end;
    } else {
      this.#fill(start, end, source, from);
      this.#join(start, end);
    }
    this.#furthest = Math.max(this.#furthest, end);
    return this.#advance(start - offset);
  }

  read(into: Uint8Array, from: number, to: number): Octets {
    const length = Math.min(to - from, this.available);
    if (length <= 0) return 0;
    this.#ring?.read(this.#read, length, into, from);
    this.#read += length;
    return length;
  }

  peek(offset: Octets, into: Uint8Array, from: number, to: number): Octets {
    const length = Math.min(to - from, this.available - offset);
    if (length <= 0) return 0;
    this.#ring?.read(this.#read + offset, length, into, from);
    return length;
  }

  clear(): void {
    this.#ring = null;
    this.#runs = NO_RUNS;
    this.#read = this.#next;
    this.#furthest = this.#next;
  }

  #touches(start: number, end: number): boolean {
    return this.#runs.some((run) => run.start <= end && start <= run.end);
  }

  /** Write the parts of [start, end) that no run covers yet. */
  #fill(start: number, end: number, source: Uint8Array, from: number): void {
    let at = start;
    for (const run of this.#runs) {
      if (run.end <= at) continue;
      if (run.start >= end) break;
      if (run.start > at) this.#ring?.write(at, source, from + at - start, from + run.start - start);
      at = Math.max(at, run.end);
    }
    if (at < end) this.#ring?.write(at, source, from + at - start, from + end - start);
  }

  /** Add [start, end) to the runs, joining those that it touches. */
  #join(start: number, end: number): void {
    const joined = { start, end };
    const before: { start: number; end: number }[] = [];
    const after: { start: number; end: number }[] = [];
    for (const run of this.#runs) {
      if (run.end < joined.start) before.push(run);
      else if (run.start > joined.end) after.push(run);
      else {
        joined.start = Math.min(joined.start, run.start);
        joined.end = Math.max(joined.end, run.end);
      }
    }
    this.#runs = [...before, joined, ...after];
  }

  /** Take the first run when it has no hole before it; @returns how far #next moved from where it was at `expected`. */
  #advance(expected: number): Octets {
    const first = this.#runs[0];
    if (first !== undefined && first.start <= this.#next) {
      this.#next = Math.max(this.#next, first.end);
      this.#runs.shift();
    }
    return this.#next - expected;
  }
}
