/** Which of many deadlines comes first: a binary heap whose members know their place, so that one can move at once. */
import type { Micros } from '../units.ts';

export interface Scheduled {
  /** Infinity = not in the heap. */
  deadline: Micros;
  /** Place in the heap; -1 = not there. */
  heapIndex: number;
}

export class DeadlineHeap<T extends Scheduled> {
  readonly #items: T[] = [];

  /** The item that is due first; undefined = none is scheduled. */
  get first(): T | undefined {
    return this.#items[0];
  }

  /** Give `item` a new deadline; Infinity takes it out. */
  schedule(item: T, deadline: Micros): void {
    if (deadline === item.deadline) return;
    const earlier = deadline < item.deadline;
    item.deadline = deadline;
    if (deadline === Infinity) return this.#remove(item);
    if (item.heapIndex < 0) {
      item.heapIndex = this.#items.length;
      this.#items.push(item);
      this.#up(item);
    } else if (earlier) this.#up(item);
    else this.#down(item);
  }

  #remove(item: T): void {
    const at = item.heapIndex;
    const last = this.#items.pop();
    item.heapIndex = -1;
    if (last === undefined || last === item) return;
    this.#place(last, at);
    this.#up(last);
    this.#down(last);
  }

  #up(item: T): void {
    let at = item.heapIndex;
    while (at > 0) {
      const parent = this.#items[(at - 1) >> 1];
      if (parent.deadline <= item.deadline) break;
      this.#place(parent, at);
      at = (at - 1) >> 1;
    }
    this.#place(item, at);
  }

  #down(item: T): void {
    let at = item.heapIndex;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#items.length) break;
      if (child + 1 < this.#items.length && this.#items[child + 1].deadline < this.#items[child].deadline) {
        child++;
      }
      if (this.#items[child].deadline >= item.deadline) break;
      this.#place(this.#items[child], at);
      at = child;
    }
    this.#place(item, at);
  }

  #place(item: T, at: number): void {
    this.#items[at] = item;
    item.heapIndex = at;
  }
}
