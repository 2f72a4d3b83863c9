/** Things that are due at a time: earliest first, and in the order of arrival where the times are equal. */
import type { Micros } from '@tcblab/tcp';

export class TimeQueue<T> {
  /** A binary heap. */
  readonly #heap: { readonly time: Micros; readonly order: number; readonly item: T }[] = [];
  #arrivals = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** When the earliest is due; Infinity when the queue is empty. */
  get next(): Micros {
    return this.#heap.length === 0 ? Infinity : this.#heap[0].time;
  }

  push(time: Micros, item: T): void {
    const heap = this.#heap;
    heap.push({ time, order: this.#arrivals++, item });
    let at = heap.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** Take the earliest out, whether or not it is due. */
  pop(): T | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (heap.length > 0) {
      heap[0] = last;
      this.#sink();
    }
    return first.item;
  }

  #sink(): void {
    const length = this.#heap.length;
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let least = at;
      if (left < length && this.#before(left, least)) least = left;
      if (right < length && this.#before(right, least)) least = right;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #before(a: number, b: number): boolean {
    const one = this.#heap[a];
    const other = this.#heap[b];
    return one.time < other.time || (one.time === other.time && one.order < other.order);
  }

  #swap(a: number, b: number): void {
    const held = this.#heap[a];
    this.#heap[a] = this.#heap[b];
    this.#heap[b] = held;
  }
}
