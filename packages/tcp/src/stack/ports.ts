/** Ephemeral ports that a stranger cannot guess. @rfc 6056 */
import { MisuseError } from '../misuse-error.ts';
import type { FourTuple } from '../tcb/isn.ts';
import { PORT_ALGORITHMS } from '../tcb/settings.ts';
import { keyedHash } from '../tcb/syn-cookie.ts';

/** IANA's dynamic ports. @rfc 6335 6 */
const FIRST = 49_152;
const COUNT = 16_384;

/** Slots of counters that peers share. Whoever sees one of them move learns of few others. @rfc 6056 3.3.4 */
const SLOTS = 256;

/** Tell the two hashes apart. */
const OFFSET = 0x504f5254;
const SLOT = 0x534c4f54;

/** How a port is looked for. */
export interface PortSearch {
  /** One of `PORT_ALGORITHMS`. */
  readonly algorithm: number;
  /** Uniform unsigned 32-bit. */
  readonly random: () => number;
  /** 16 octets, kept for the life of the stack. */
  readonly secret: Uint8Array;
}

/**
 * Gives a connection its port: from a start that a stranger cannot tell, the next one that is free.
 *
 * @rfc 6056 3.1, 3.2-services
 */
export class EphemeralPorts {
  readonly #search: PortSearch;
  readonly #counters: Uint32Array;

  constructor(search: PortSearch) {
    this.#search = search;
    this.#counters = new Uint32Array(search.algorithm === PORT_ALGORITHMS.doubleHash ? SLOTS : 0);
  }

  /**
   * @param tuple whose `localPort` is not known yet and counts for nothing
   * @throws MisuseError `no-port-left` when every port is taken
   */
  pick(tuple: FourTuple, isFree: (port: number) => boolean): number {
    const { algorithm, random, secret } = this.#search;
    if (algorithm !== PORT_ALGORITHMS.doubleHash) return ephemeralPort(random, isFree);
    const ends = { ...tuple, localPort: 0 };
    const slot = keyedHash(ends, secret, [SLOT]) % SLOTS;
    const start = keyedHash(ends, secret, [OFFSET]) + this.#counters[slot];
    const port = ephemeralPort(() => start, isFree);
    // Past every port that was tried: the next connection to this peer begins behind it.
    this.#counters[slot] += 1 + ((port - FIRST - (start % COUNT) + COUNT) % COUNT);
    return port;
  }
}

/**
 * Pick a port: a random start, then the next one that is free.
 *
 * @param random uniform unsigned 32-bit
 * @throws MisuseError `no-port-left` when every port is taken
 * @rfc 6056 3.1, 3.2-services, 3.3.1
 */
export function ephemeralPort(random: () => number, isFree: (port: number) => boolean): number {
  const start = random() % COUNT;
  for (let i = 0; i < COUNT; i++) {
    const port = FIRST + ((start + i) % COUNT);
    if (isFree(port)) return port;
  }
  throw new MisuseError('no-port-left', `all ${COUNT} ephemeral ports to that address are in use`);
}

/** @throws MisuseError `bad-port` unless 1 to 65535 */
export function checkPort(port: number): void {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new MisuseError('bad-port', `${port} is not a port: ports are 1 to 65535`);
  }
}
