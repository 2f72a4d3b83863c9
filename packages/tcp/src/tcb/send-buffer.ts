/** What the application has sent and the peer has not yet acknowledged, octet by octet. */
import type { Octets } from '../units.ts';
import { ByteRing } from './byte-ring.ts';

export class SendBuffer {
  /** May be less than what is held: then nothing more is taken for a while. */
  capacity: Octets;
  /** Null until there are octets: an idle connection has none. */
  #ring: ByteRing | null = null;
  #start = 0;
  #end = 0;

  constructor(capacity: Octets) {
    this.capacity = capacity;
  }

  /** Octets held. */
  get length(): Octets {
    return this.#end - this.#start;
  }

  get free(): Octets {
    return Math.max(0, this.capacity - this.length);
  }

  /** Take as much of source[from, to) as there is room for; @returns how many octets. */
  append(source: Uint8Array, from: number, to: number): Octets {
    const length = Math.min(to - from, this.free);
    if (length <= 0) return 0;
    const ring = (this.#ring ??= new ByteRing());
    ring.reserve(this.#start, this.#end, this.#end + length);
    ring.write(this.#end, source, from, from + length);
    this.#end += length;
    return length;
  }

  /** Forget the first `length` octets: they were acknowledged. */
  release(length: Octets): void {
    this.#start += Math.min(length, this.length);
  }

  /** Point `view` at `length` octets that lie `offset` after the first one held. Valid until the next call on this buffer. */
  view(offset: Octets, length: Octets, view: PayloadView): void {
    const position = this.#start + offset;
    const ring = (this.#ring ??= new ByteRing());
    if (ring.isContiguous(position, length)) {
      view.bytes = ring.bytes;
      view.payloadStart = ring.offset(position);
    } else {
      view.bytes = new Uint8Array(length);
      view.payloadStart = 0;
      ring.read(position, length, view.bytes, 0);
    }
    view.payloadEnd = view.payloadStart + length;
  }

  clear(): void {
    this.#start = this.#end;
    this.#ring = null;
  }
}

/** Where a segment's payload stands. */
export interface PayloadView {
  bytes: Uint8Array;
  payloadStart: number;
  payloadEnd: number;
}
