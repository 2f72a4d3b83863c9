/** Frames that are made but not yet taken by the link: one slab of memory, sent in batches. */
import type { Octets } from '@tcblab/tcp';
import type { FramesToSend, Link } from './link.ts';

/** Frames of one system call. */
const SLOTS = 64;

export class Outbox implements FramesToSend {
  /** Make the next frame here, from `at` on. */
  readonly bytes: Uint8Array;
  /** Rows of what waits; for the link. */
  readonly offsets = new Uint32Array(SLOTS);
  readonly lengths = new Uint32Array(SLOTS);
  readonly #link: Link;
  #filled = 0;
  #sent = 0;

  constructor(link: Link, maxFrame: Octets) {
    this.#link = link;
    // As for received frames: the IP header stands on a multiple of four.
    const slot = (2 + maxFrame + 3) & ~3;
    this.bytes = new Uint8Array(SLOTS * slot);
    for (let i = 0; i < SLOTS; i++) this.offsets[i] = i * slot + 2;
  }

  /** Where the next frame goes; there is no place when `full`. */
  get at(): number {
    return this.offsets[this.#filled];
  }

  get full(): boolean {
    return this.#filled === SLOTS;
  }

  get empty(): boolean {
    return this.#filled === 0;
  }

  /** The frame at `at` is complete. */
  commit(length: Octets): void {
    this.lengths[this.#filled] = length;
    this.#filled++;
  }

  /**
   * Hand over what waits.
   *
   * @returns whether the link took it all; otherwise try again when it is writable
   */
  flush(): boolean {
    this.#sent += this.#link.send(this, this.#sent, this.#filled - this.#sent);
    if (this.#sent < this.#filled) return false;
    this.clear();
    return true;
  }

  /** Forget what waits: the link is broken, and a wire may lose frames. */
  clear(): void {
    this.#filled = this.#sent = 0;
  }
}
