/** Frames on the wire, the next to arrive first; equal times in the order of sending. Their buffers are used again. */
import type { Micros, Octets } from '../units.ts';

/** One frame on its way: bytes[start, start + length) of the slab that all slots share. */
export class Slot {
  readonly bytes: Uint8Array;
  readonly start: number;
  length: Octets = 0;
  /** Number of the host that it arrives at. */
  host = 0;
  time: Micros = 0;
  order = 0;

  constructor(slab: Uint8Array, start: number) {
    this.bytes = slab;
    this.start = start;
  }
}

/** A binary heap of slots over a pool of free ones. */
export class EventHeap {
  readonly #heap: Slot[] = [];
  /** Slots of the present slab that hold nothing. */
  #free: Slot[] = [];
  #slab: Uint8Array = new Uint8Array(0);
  #slots = 0;
  #slotSize: Octets = 0;
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** When the next frame arrives; Infinity when there is none. */
  get nextTime(): Micros {
    return this.#heap.length === 0 ? Infinity : this.#heap[0].time;
  }

  /** From now on slots hold frames of so many octets. */
  reserve(size: Octets): void {
    if (size <= this.#slotSize) return;
    this.#slotSize = size;
    this.#renew(Math.max(FIRST_SLOTS, this.#slots));
  }

  /** A slot to fill. It goes back by `free`, or onto the wire by `push`. */
  take(): Slot {
    if (this.#free.length === 0) this.#renew(2 * this.#slots);
    return this.#free.pop() as Slot;
  }

  copy(of: Slot): Slot {
    const slot = this.take();
    slot.bytes.set(of.bytes.subarray(of.start, of.start + of.length), slot.start);
    slot.length = of.length;
    return slot;
  }

  free(slot: Slot): void {
    // A slot of an earlier slab is let go, so that soon all frames lie in one: codecs are quickest there.
    if (slot.bytes === this.#slab) this.#free.push(slot);
  }

  push(slot: Slot, host: number, time: Micros): void {
    slot.host = host;
    slot.time = time;
    slot.order = this.#order++;
    const heap = this.#heap;
    let at = heap.length;
    heap.push(slot);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(slot, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = slot;
  }

  /** Take the next frame off the wire; there must be one. */
  pop(): Slot {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap[heap.length - 1];
    heap.length--;
    const size = heap.length;
    if (size === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && before(heap[child + 1], heap[child])) child++;
      if (!before(heap[child], last)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return first;
  }

  /** A new slab, all of it free. */
  #renew(slots: number): void {
    const slab = new Uint8Array(slots * this.#slotSize);
    this.#slab = slab;
    this.#slots = slots;
    this.#free = Array.from({ length: slots }, (_, index) => new Slot(slab, index * this.#slotSize));
  }
}

const FIRST_SLOTS = 64;

function before(a: Slot, b: Slot): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
