import { expect, test } from 'vitest';
import { parseAddress } from '../wire/address-text.ts';
import { initialSequence } from './isn.ts';
import { sipHash } from './siphash.ts';

const key = Uint8Array.from({ length: 16 }, (_, i) => i);

// Appendix A of the SipHash paper and its reference vectors: the message is 00 01 02 …; low halves of the 64-bit hashes.
test.each([
  [[], 0xdd0e0e31],
  [[0x03020100], 0x277187b7],
  [[0x03020100, 0x07060504], 0x9a932462],
])('SipHash-2-4 of %j is as published', (words, low) => {
  expect(sipHash(key, words)).toBe(low);
});

const tuple = (remotePort: number) => ({
  localAddress: parseAddress('10.0.0.1'),
  localPort: 80,
  remoteAddress: parseAddress('10.0.0.2'),
  remotePort,
});

// Proves: MUST-8 RFC6528-3
test('the numbers of one pair of ends move on by one in 4 µs', () => {
  const first = initialSequence(1_000_000, tuple(5000), key);
  expect(initialSequence(1_000_004, tuple(5000), key)).toBe((first + 1) >>> 0);
  expect(initialSequence(5_000_000, tuple(5000), key)).toBe((first + 1_000_000) >>> 0);
});

// Proves: MUST-9 SHLD-1 RFC6528-3-secret RFC6528-3-key
test('another port or another secret gives unrelated numbers', () => {
  const first = initialSequence(0, tuple(5000), key);
  expect(Math.abs((initialSequence(0, tuple(5001), key) - first) | 0)).toBeGreaterThan(1_000_000);
  expect(initialSequence(0, tuple(5000), key.toReversed())).not.toBe(first);
});
