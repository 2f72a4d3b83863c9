import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reassembler } from './reassembler.ts';

test('octets in any order, twice over and overlapping come out once and in order', () => {
  const piece = fc.record({ at: fc.nat(300), length: fc.integer({ min: 1, max: 60 }), read: fc.nat(40) });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const subject = reassembler.create();
      const here = new Map<number, number>();
      let next = 0;
      let read = 0;
      const into = new Uint8Array(64);
      for (const [n, { at, length, read: most }] of pieces.entries()) {
        // Every copy of a position differs, so that it shows whether the first one stayed.
        const from = Math.max(at, next);
        const bytes = Uint8Array.from({ length }, (_, i) => (at + i + n) & 0xff);
        for (let i = from; i < at + length; i++) if (!here.has(i)) here.set(i, bytes[i - at]);
        const before = next;
        while (here.has(next)) next++;
        const moved = from < at + length ? subject.insert(from - before, bytes, from - at, length) : 0;
        expect(moved).toBe(next - before);
        const got = subject.read(into, 0, most);
        expect(got).toBe(Math.min(most, next - read));
        for (let i = 0; i < got; i++) expect(into[i]).toBe(here.get(read + i));
        read += got;
        expect(subject.available).toBe(next - read);
        const beyond = [...here.keys()].filter((position) => position >= next).length;
        const inRanges = subject.ranges.reduce((sum, { start, end }) => sum + end - start, 0);
        expect(inRanges).toBe(beyond);
      }
    }),
    { seed: 42, numRuns: 300 },
  );
});

test('ranges are sorted, apart from each other, and counted from the next octet expected', () => {
  const subject = reassembler.create();
  const bytes = new Uint8Array(10);
  subject.insert(30, bytes, 0, 10);
  subject.insert(10, bytes, 0, 10);
  expect(subject.ranges).toEqual([
    { start: 10, end: 20 },
    { start: 30, end: 40 },
  ]);
  subject.insert(20, bytes, 0, 10);
  expect(subject.ranges).toEqual([{ start: 10, end: 40 }]);
  subject.insert(0, bytes, 0, 5);
  expect(subject.ranges).toEqual([{ start: 5, end: 35 }]);
});

test('holes without end cost bounded memory: the one too many is not taken', () => {
  const subject = reassembler.create();
  const octet = new Uint8Array(1);
  for (let i = 1; i < 10_000; i++) subject.insert(2 * i, octet, 0, 1);
  expect(subject.ranges.length).toBeLessThanOrEqual(256);
});
