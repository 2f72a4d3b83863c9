import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Address } from './address.ts';
import { parseAddress } from './address-text.ts';
import { checksum, foldChecksum, pseudoHeaderSum } from './checksum.ts';

/** RFC 1071 §1 word for word: pairs of octets added with the carry brought round, an odd last octet before a zero. */
function model(bytes: Uint8Array, start: number, end: number, initial: number): number {
  let sum = initial;
  for (let at = start; at < end; at += 2) {
    sum += bytes[at] * 256 + (at + 1 < end ? bytes[at + 1] : 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}

test('the sum of RFC 1071 §3 comes out as printed there', () => {
  const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
  expect(checksum(bytes, 0, 8, 0)).toBe(0xddf2);
});

test('the sum equals the plain model at any start, length and place of the array in its buffer', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 16, maxLength: 300 }),
      fc.nat(7),
      fc.nat(8),
      fc.nat(16),
      fc.nat(0xffff),
      (bytes, offset, start, short, initial) => {
        const slab = new Uint8Array(offset + bytes.length + 3).fill(0xa5);
        slab.set(bytes, offset);
        const view = slab.subarray(offset, offset + bytes.length);
        const end = Math.max(start, bytes.length - short);
        expect(checksum(view, start, end, initial)).toBe(model(bytes, start, end, initial));
      },
    ),
    { seed: 1071, numRuns: 2000 },
  );
});

test('every length from 0 to 70 is summed at every alignment', () => {
  const bytes = Uint8Array.from({ length: 80 }, (_, at) => (at * 151 + 97) & 0xff);
  for (let start = 0; start < 9; start += 1) {
    for (let length = 0; length <= 70; length += 1) {
      expect(checksum(bytes, start, start + length, 0x1234)).toBe(
        model(bytes, start, start + length, 0x1234),
      );
    }
  }
});

test('the longest packet of all ones does not overflow', () => {
  const bytes = new Uint8Array(65_535).fill(0xff);
  expect(checksum(bytes, 0, 65_535, 0xffff)).toBe(model(bytes, 0, 65_535, 0xffff));
});

test('nothing but zeros sums to 0, and no octets to the initial sum', () => {
  expect(checksum(new Uint8Array(40), 0, 40, 0)).toBe(0);
  expect(checksum(new Uint8Array(40), 7, 7, 0xbeef)).toBe(0xbeef);
});

test('a sum taken in two parts equals the sum of the whole', () => {
  const bytes = Uint8Array.from({ length: 101 }, (_, at) => (at * 89) & 0xff);
  expect(checksum(bytes, 42, 101, checksum(bytes, 0, 42, 0))).toBe(checksum(bytes, 0, 101, 0));
});

test('a shared array buffer is summed like any other', () => {
  const bytes = new Uint8Array(new SharedArrayBuffer(32)).fill(0x80);
  expect(checksum(bytes, 1, 32, 0)).toBe(model(bytes, 1, 32, 0));
});

test('more arrays in turn than are remembered each give their own sum', () => {
  const arrays = Array.from({ length: 7 }, (_, at) => new Uint8Array(20).fill(at + 1));
  for (let round = 0; round < 3; round += 1) {
    for (const bytes of arrays) expect(checksum(bytes, 0, 20, 0)).toBe(model(bytes, 0, 20, 0));
  }
});

test('the pseudo-header sum equals the sum of the pseudo-header written out', () => {
  const written = Uint8Array.of(192, 168, 255, 254, 10, 0, 0, 1, 0, 6, 0x05, 0xc8);
  const sum = pseudoHeaderSum(parseAddress('192.168.255.254'), parseAddress('10.0.0.1'), 6, 0x05c8);
  expect(foldChecksum(sum)).toBe(model(written, 0, 12, 0));
  expect(checksum(written, 0, 4, sum)).toBe(model(written, 0, 4, foldChecksum(sum)));
});

test('the pseudo-header of version 6 has all the words of its addresses', () => {
  const address = Object.assign(new Address(), { version: 6, w0: 0x20010db8, w1: -1, w2: 3, w3: 0x10002 });
  const sum = pseudoHeaderSum(address, address, 6, 20);
  const once = 0x2001 + 0x0db8 + 0xffff + 0xffff + 3 + 1 + 2;
  expect(sum).toBe(2 * once + 6 + 20);
});

test('folding carries round until 16 bits are left', () => {
  expect(foldChecksum(0x1fffe)).toBe(0xffff);
  expect(foldChecksum(0xffffffff)).toBe(0xffff);
  expect(foldChecksum(0x0001_0000)).toBe(1);
});
