/** Sequence arithmetic as a part: the same functions that `wire/seq.ts` holds, so that a student's can stand in. @rfc 9293 3.4 */
import type { Octets, Seq } from '../units.ts';
import { seqAdd, seqDistance, seqInWindow, seqLess, seqLessOrEqual } from '../wire/seq.ts';

export interface SequencePart {
  /** `from` moved on by `octets`, modulo 2^32. */
  add(from: Seq, octets: Octets): Seq;
  /** How far `to` lies ahead of `from`: -2^31 to 2^31 - 1. */
  distance(from: Seq, to: Seq): number;
  less(a: Seq, b: Seq): boolean;
  lessOrEqual(a: Seq, b: Seq): boolean;
  /** `left` =< `value` < `left + size`. */
  inWindow(value: Seq, left: Seq, size: Octets): boolean;
}

export const sequence: SequencePart = {
  add: seqAdd,
  distance: seqDistance,
  less: seqLess,
  lessOrEqual: seqLessOrEqual,
  inWindow: seqInWindow,
};
