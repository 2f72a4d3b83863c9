/** A map whose keys are IP addresses: looking one up allocates nothing. */
import { hashAddress, sameAddress, type Address } from '../wire/address.ts';

/** What a map holds knows its own address, and lends a place for the next of the same hash. */
export interface Addressed<T> {
  readonly address: Address;
  next: T | null;
}

export class AddressMap<T extends Addressed<T>> {
  readonly #chains = new Map<number, T>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** One that was added before most others: the first of all but where two hashes are the same. */
  get oldest(): T | undefined {
    for (const chain of this.#chains.values()) return chain;
    return undefined;
  }

  get(address: Address): T | undefined {
    for (let item = this.#chains.get(hashAddress(address)); item; item = item.next ?? undefined) {
      if (sameAddress(item.address, address)) return item;
    }
    return undefined;
  }

  /** Add what is in no map yet, and whose address this map does not have. */
  add(item: T): void {
    const hash = hashAddress(item.address);
    item.next = this.#chains.get(hash) ?? null;
    this.#chains.set(hash, item);
    this.#size++;
  }

  delete(item: T): void {
    const hash = hashAddress(item.address);
    const first = this.#chains.get(hash);
    if (first === item) {
      if (item.next === null) this.#chains.delete(hash);
      else this.#chains.set(hash, item.next);
    } else {
      let before = first;
      while (before !== undefined && before.next !== item) before = before.next ?? undefined;
      if (before === undefined) return;
      before.next = item.next;
    }
    item.next = null;
    this.#size--;
  }
}
