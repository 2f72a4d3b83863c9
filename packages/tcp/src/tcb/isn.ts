/** Initial sequence numbers that a stranger cannot guess. @rfc 6528 */
import type { Micros, Seq } from '../units.ts';
import type { Address } from '../wire/address.ts';
import { seq } from '../wire/seq.ts';
import { sipHash } from './siphash.ts';

/** The two ends of a connection. */
export interface FourTuple {
  readonly localAddress: Address;
  readonly localPort: number;
  readonly remoteAddress: Address;
  readonly remotePort: number;
}

export interface IsnPart {
  /** The ISN of a new connection. @param secret 16 octets, kept for the life of the stack */
  initialSequence(now: Micros, tuple: FourTuple, secret: Uint8Array): Seq;
}

/**
 * ISN = M + F(4-tuple, secret): M moves on every 4 µs, so that a new incarnation of a connection starts above the old one;
 * F keeps strangers from guessing. F is SipHash-2-4 where §3 suggests MD5: any keyed pseudorandom function serves.
 *
 * @rfc 6528 3, 9293 3.4.1 MUST-8 MUST-9 SHLD-1
 */
export function initialSequence(now: Micros, tuple: FourTuple, secret: Uint8Array): Seq {
  const { localAddress: l, remoteAddress: r } = tuple;
  const ports = (tuple.localPort << 16) | tuple.remotePort;
  const f = sipHash(secret, [l.w0, l.w1, l.w2, l.w3, r.w0, r.w1, r.w2, r.w3, ports]);
  return seq(Math.floor(now / 4) + f);
}

export const isn: IsnPart = { initialSequence };
