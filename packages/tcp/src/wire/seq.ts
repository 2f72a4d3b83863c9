/** Sequence number arithmetic on the ring of 2^32. The only file that compares sequence numbers. @rfc 9293 3.4 */
import type { Octets, Seq } from '../units.ts';

/** Any integer as a sequence number, modulo 2^32. */
export function seq(value: number): Seq {
  return (value >>> 0) as Seq;
}

/** `from` moved on by `octets`, which may be negative. @rfc 9293 3.4 */
export function seqAdd(from: Seq, octets: Octets): Seq {
  return ((from + octets) >>> 0) as Seq;
}

/** How far `to` lies ahead of `from`, going round the ring: -2^31 to 2^31 - 1, negative when behind. @rfc 9293 3.4 */
export function seqDistance(from: Seq, to: Seq): number {
  return (to - from) | 0;
}

/** `a` comes before `b`. @rfc 9293 3.4 */
export function seqLess(a: Seq, b: Seq): boolean {
  return ((a - b) | 0) < 0;
}

/** `a` comes before `b` or is `b`. @rfc 9293 3.4 */
export function seqLessOrEqual(a: Seq, b: Seq): boolean {
  return ((a - b) | 0) <= 0;
}

/** `left` =< `value` < `left + size`; `size` is 0 to 2^31 - 1. @rfc 9293 3.4 */
export function seqInWindow(value: Seq, left: Seq, size: Octets): boolean {
  // One unsigned comparison covers both edges, also where the window crosses zero.
  return (value - left) >>> 0 < size;
}
