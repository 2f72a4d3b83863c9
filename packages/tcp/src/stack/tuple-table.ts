/** Finds what belongs to a segment by its 4-tuple. @rfc 9293 3.3.1 */
import type { FourTuple } from '../tcb/isn.ts';
import { sameAddress, type Address } from '../wire/address.ts';

/** A member of a table: it carries its own link, so that joining and leaving allocate nothing. */
export interface Linked<T> {
  readonly tuple: FourTuple;
  /** For the table alone. */
  hash: number;
  next: T | null;
}

const SMALLEST = 16;

/**
 * A host has few addresses of its own: the far end and the ports spread members well enough. The hash is salted, so that
 * a stranger cannot choose ports that all meet in one chain.
 */
export class TupleTable<T extends Linked<T>> {
  #heads: (T | null)[] = empty<T>(SMALLEST);
  #size = 0;
  readonly #salt: number;

  /** @param salt any 32 bits */
  constructor(salt: number) {
    this.#salt = salt | 0;
  }

  get size(): number {
    return this.#size;
  }

  find(local: Address, localPort: number, remote: Address, remotePort: number): T | undefined {
    const hash = hashTuple(this.#salt, remote, remotePort, localPort);
    for (let member = this.#heads[hash & (this.#heads.length - 1)]; member !== null; member = member.next) {
      const { tuple } = member;
      if (
        member.hash === hash &&
        tuple.remotePort === remotePort &&
        tuple.localPort === localPort &&
        sameAddress(tuple.remoteAddress, remote) &&
        sameAddress(tuple.localAddress, local)
      ) {
        return member;
      }
    }
    return undefined;
  }

  add(member: T): void {
    if (this.#size >= this.#heads.length) this.#grow();
    const { remoteAddress, remotePort, localPort } = member.tuple;
    member.hash = hashTuple(this.#salt, remoteAddress, remotePort, localPort);
    this.#link(member);
    this.#size++;
  }

  remove(member: T): void {
    const at = member.hash & (this.#heads.length - 1);
    const head = this.#heads[at];
    if (head === member) this.#heads[at] = member.next;
    else {
      let before = head;
      while (before !== null && before.next !== member) before = before.next;
      if (before === null) return;
      before.next = member.next;
    }
    member.next = null;
    this.#size--;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (const head of this.#heads) {
      for (let member = head; member !== null; member = member.next) yield member;
    }
  }

  #link(member: T): void {
    const at = member.hash & (this.#heads.length - 1);
    member.next = this.#heads[at];
    this.#heads[at] = member;
  }

  #grow(): void {
    const members = [...this];
    this.#heads = empty<T>(this.#heads.length * 2);
    for (const member of members) this.#link(member);
  }
}

/** The hash of a 4-tuple but for our own address. @returns a signed 32-bit integer */
export function hashTuple(salt: number, remote: Address, remotePort: number, localPort: number): number {
  let hash = salt ^ ((remotePort << 16) | localPort);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) ^ remote.w3;
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  if (remote.version === 6) {
    hash = Math.imul(hash ^ remote.w0 ^ (hash >>> 15), 0x9e3779b1) ^ remote.w1;
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) ^ remote.w2;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x9e3779b1);
  return hash ^ (hash >>> 14);
}

function empty<T>(length: number): (T | null)[] {
  return Array.from({ length }, () => null);
}
