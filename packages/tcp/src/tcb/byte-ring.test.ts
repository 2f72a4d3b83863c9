import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteRing } from './byte-ring.ts';

/** What stands at a place of the stream. */
const octet = (position: number) => (position * 7 + Math.floor(position / 256)) & 0xff;

test('octets come back from their place, wherever it wraps and however the ring grows', () => {
  const start = fc.constantFrom(0, 4000, 2 ** 31 - 100, 2 ** 32 - 100, 2 ** 33 + 5, 2 ** 45);
  const step = fc.record({ put: fc.nat(6000), take: fc.nat(6000) });
  fc.assert(
    fc.property(start, fc.array(step, { maxLength: 30 }), (first, steps) => {
      const ring = new ByteRing();
      let [from, to] = [first, first];
      for (const { put, take } of steps) {
        const source = Uint8Array.from({ length: put + 2 }, (_, i) => octet(to + i - 1));
        ring.reserve(from, to, to + put);
        ring.write(to, source, 1, 1 + put);
        to += put;
        const length = Math.min(take, to - from);
        const into = new Uint8Array(length + 1);
        ring.read(from, length, into, 1);
        expect(into.subarray(1)).toEqual(Uint8Array.from({ length }, (_, i) => octet(from + i)));
        if (length > 0 && ring.isContiguous(from, length)) {
          const at = ring.offset(from);
          expect(ring.bytes.subarray(at, at + length)).toEqual(into.subarray(1));
        }
        from += length;
        if (from === to && put % 3 === 0) ring.clear();
      }
      expect(ring.bytes.length).toBeLessThan(4 * Math.max(4096, 6000 * 30));
    }),
    { seed: 11, numRuns: 60 },
  );
});
