/** Finds the connection of a segment by its 4-tuple. @rfc 9293 3.3.1 */
import { hashAddress, sameAddress, type Address } from '../wire/address.ts';
import type { Connection } from './connection.ts';

export class ConnectionTable {
  readonly #buckets = new Map<number, Connection[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  find(local: Address, localPort: number, remote: Address, remotePort: number): Connection | undefined {
    const bucket = this.#buckets.get(hash(remote, remotePort, localPort));
    if (bucket === undefined) return undefined;
    for (const connection of bucket) {
      const { tuple } = connection.tcb;
      if (
        tuple.remotePort === remotePort &&
        tuple.localPort === localPort &&
        sameAddress(tuple.remoteAddress, remote) &&
        sameAddress(tuple.localAddress, local)
      ) {
        return connection;
      }
    }
    return undefined;
  }

  add(connection: Connection): void {
    const key = hashOf(connection);
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) this.#buckets.set(key, [connection]);
    else bucket.push(connection);
    this.#size++;
  }

  remove(connection: Connection): void {
    const key = hashOf(connection);
    const bucket = this.#buckets.get(key);
    const at = bucket?.indexOf(connection) ?? -1;
    if (bucket === undefined || at < 0) return;
    if (bucket.length === 1) this.#buckets.delete(key);
    else bucket.splice(at, 1);
    this.#size--;
  }

  *[Symbol.iterator](): IterableIterator<Connection> {
    for (const bucket of this.#buckets.values()) yield* bucket;
  }
}

function hashOf({ tcb: { tuple } }: Connection): number {
  return hash(tuple.remoteAddress, tuple.remotePort, tuple.localPort);
}

/** A host has few addresses of its own: the far end and the ports spread connections well enough. */
function hash(address: Address, remotePort: number, localPort: number): number {
  return hashAddress(address) ^ Math.imul((remotePort << 16) | localPort, 0x85ebca6b);
}
