import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seq, seqAdd, seqDistance, seqInWindow, seqLess, seqLessOrEqual } from './seq.ts';

const anySeq = fc.nat(0xffffffff).map(seq);
const halfRing = fc.nat(0x7fffffff);

test('a number is moved on round the ring and found again', () => {
  fc.assert(
    fc.property(anySeq, halfRing, (from, octets) => {
      const to = seqAdd(from, octets);
      expect(to).toBe((from + octets) % 2 ** 32);
      expect(seqDistance(from, to)).toBe(octets);
      expect(seqAdd(to, -octets)).toBe(from);
    }),
    { seed: 9293 },
  );
});

test('what lies less than half the ring ahead comes after, also across zero', () => {
  fc.assert(
    fc.property(anySeq, halfRing, (from, octets) => {
      const to = seqAdd(from, octets);
      expect(seqLess(from, to)).toBe(octets > 0);
      expect(seqLess(to, from)).toBe(false);
      expect(seqLessOrEqual(from, to)).toBe(true);
      expect(seqLessOrEqual(to, from)).toBe(octets === 0);
    }),
    { seed: 9293 },
  );
});

test('a window holds its left edge and not its right one', () => {
  fc.assert(
    fc.property(anySeq, fc.integer({ min: 1, max: 0x7fffffff }), (left, size) => {
      expect(seqInWindow(left, left, size)).toBe(true);
      expect(seqInWindow(seqAdd(left, size - 1), left, size)).toBe(true);
      expect(seqInWindow(seqAdd(left, size), left, size)).toBe(false);
      expect(seqInWindow(seqAdd(left, -1), left, size)).toBe(false);
      expect(seqInWindow(left, left, 0)).toBe(false);
    }),
    { seed: 9293 },
  );
});

test('any integer becomes a number of 32 bits', () => {
  expect([seq(-1), seq(2 ** 32), seq(2 ** 32 + 7), seq(0x80000000)]).toEqual([0xffffffff, 0, 7, 0x80000000]);
});
