/** A wire in memory: two ends in one process, for any operating system and for tests. */
import type { Micros, Octets } from '@tcblab/tcp';
import type { Clock } from '../clock.ts';
import type { FramesToSend, Link, LinkFacts, LinkStatistics, ReceivedFrames } from './link.ts';

export interface MemoryLinkOptions {
  readonly clock: Clock;
  /** Default 1,500. */
  readonly mtu?: Octets;
  /** Frames that may wait at each end before the other one is held back. Default 256. */
  readonly capacity?: number;
  readonly names?: readonly [string, string];
}

/** Both ends of one cable without delay or loss. */
export function createMemoryLink(options: MemoryLinkOptions): [Link, Link] {
  const { clock, mtu = 1500, capacity = 256, names = ['a', 'b'] } = options;
  const make = (name: string) => new MemoryLinkEnd({ kind: 'memory', name, mtu }, clock, capacity);
  const ends: [MemoryLinkEnd, MemoryLinkEnd] = [make(names[0]), make(names[1])];
  ends[0].peer = ends[1];
  ends[1].peer = ends[0];
  return ends;
}

class MemoryLinkEnd implements Link {
  readonly facts: LinkFacts;
  peer: MemoryLinkEnd | null = null;
  readonly #clock: Clock;
  /** What the peer fills, while its reader looks at the other one. */
  #filling: Inbox;
  #reading: Inbox;
  #onReadable: (() => void) | null = null;
  #onWritable: (() => void) | null = null;
  #calling = false;
  #received = 0;
  #sent = 0;

  constructor(facts: LinkFacts, clock: Clock, capacity: number) {
    this.facts = facts;
    this.#clock = clock;
    this.#filling = new Inbox(capacity, facts.mtu);
    this.#reading = new Inbox(capacity, facts.mtu);
  }

  receive(): ReceivedFrames {
    const full = this.#filling;
    this.#filling = this.#reading;
    this.#filling.count = 0;
    this.#reading = full;
    this.#received += full.count;
    if (full.count > 0) this.peer?.hasRoom();
    return full;
  }

  send(frames: FramesToSend, first: number, count: number): number {
    const peer = this.peer;
    // As with a cable pulled out: what is sent is gone.
    const taken = peer === null ? count : peer.take(frames, first, count);
    this.#sent += taken;
    return taken;
  }

  /** The other end sends. */
  take(frames: FramesToSend, first: number, count: number): number {
    const taken = this.#filling.add(this.#clock.now(), frames, first, count);
    if (taken > 0) this.#call();
    return taken;
  }

  onReadable(callback: (() => void) | null): void {
    this.#onReadable = callback;
    if (this.#filling.count > 0) this.#call();
  }

  onWritable(callback: (() => void) | null): void {
    this.#onWritable = callback;
    if (this.peer === null || this.peer.#filling.room > 0) this.hasRoom();
  }

  /** The other end has taken what waited. */
  hasRoom(): void {
    if (this.#onWritable === null) return;
    this.#clock.soon(() => {
      const callback = this.#onWritable;
      this.#onWritable = null;
      callback?.();
    });
  }

  statistics(): LinkStatistics {
    return { received: this.#received, sent: this.#sent, foreign: 0, dropped: 0 };
  }

  close(): void {
    if (this.peer !== null) this.peer.peer = null;
    this.peer = null;
    this.#onReadable = this.#onWritable = null;
    this.#filling.count = 0;
  }

  #call(): void {
    if (this.#calling || this.#onReadable === null) return;
    this.#calling = true;
    this.#clock.soon(() => {
      this.#calling = false;
      this.#onReadable?.();
      if (this.#filling.count > 0) this.#call();
    });
  }
}

class Inbox implements ReceivedFrames {
  count = 0;
  readonly bytes: Uint8Array;
  readonly offsets: Uint32Array;
  readonly lengths: Uint32Array;
  readonly wireLengths: Uint32Array;
  readonly micros: Float64Array;
  readonly nanos: Uint32Array;
  readonly flags: Uint32Array;
  readonly #slot: Octets;

  constructor(capacity: number, mtu: Octets) {
    // Two octets in front of each frame put its IP header on a multiple of four.
    this.#slot = (2 + 14 + mtu + 3) & ~3;
    this.bytes = new Uint8Array(capacity * this.#slot);
    const column = () => new Uint32Array(capacity);
    this.offsets = column().map((_, index) => index * this.#slot + 2);
    this.lengths = column();
    this.wireLengths = this.lengths;
    this.micros = new Float64Array(capacity);
    this.nanos = column();
    this.flags = column();
  }

  get room(): number {
    return this.offsets.length - this.count;
  }

  /** @returns how many fitted; a frame beyond the MTU is taken and lost, as on a wire */
  add(now: Micros, { bytes, offsets, lengths }: FramesToSend, first: number, count: number): number {
    for (let i = 0; i < count; i++) {
      if (this.room === 0) return i;
      const from = offsets[first + i];
      const length = lengths[first + i];
      if (length > this.#slot - 2) continue;
      this.bytes.set(bytes.subarray(from, from + length), this.offsets[this.count]);
      this.lengths[this.count] = length;
      this.micros[this.count] = now;
      this.count++;
    }
    return count;
  }
}
