/** Frames on the wire, the next to arrive first; equal times in the order of sending. Their buffers are used again. */
import type { Micros, Octets } from '../units.ts';

/** One frame on its way. */
export class Slot {
  bytes: Uint8Array;
  length: Octets = 0;
  /** Number of the host that it arrives at. */
  host = 0;
  time: Micros = 0;
  order = 0;

  constructor(size: Octets) {
    this.bytes = new Uint8Array(size);
  }
}

/** A binary heap of slots over a pool of free ones. */
export class EventHeap {
  readonly #heap: Slot[] = [];
  readonly #free: Slot[] = [];
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
    if (size > this.#slotSize) this.#slotSize = size;
  }

  /** A slot to fill. It goes back by `free`, or onto the wire by `push`. */
  take(): Slot {
    const slot = this.#free.pop() ?? new Slot(this.#slotSize);
    if (slot.bytes.length < this.#slotSize) slot.bytes = new Uint8Array(this.#slotSize);
    return slot;
  }

  copy(of: Slot): Slot {
    const slot = this.take();
    slot.bytes.set(of.bytes.subarray(0, of.length));
    slot.length = of.length;
    return slot;
  }

  free(slot: Slot): void {
    this.#free.push(slot);
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
}

function before(a: Slot, b: Slot): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
