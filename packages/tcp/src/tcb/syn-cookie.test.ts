import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAddress } from '../wire/address-text.ts';
import { seq } from '../wire/seq.ts';
import { COOKIE_LIFETIME, makeCookie, readCookie, readStamp, stampOptions } from './syn-cookie.ts';

const secret = Uint8Array.from({ length: 16 }, (_, i) => i * 7);
const tuple = {
  localAddress: parseAddress('10.0.0.1'),
  localPort: 80,
  remoteAddress: parseAddress('10.0.0.2'),
  remotePort: 5000,
};
const u32 = fc.integer({ min: 0, max: 0xffff_ffff }).map(seq);
const time = fc.integer({ min: 0, max: 2 ** 46 });

test('a cookie is read back for 64 s at least and 128 s at most, with a segment size no larger than was announced', () => {
  fc.assert(
    fc.property(time, u32, fc.integer({ min: 48, max: 65_535 }), fc.nat(64_000_000), (now, irs, mss, age) => {
      const cookie = makeCookie(now, tuple, irs, mss, secret);
      const read = readCookie(now + age, tuple, irs, cookie, secret);
      expect(read).toBeLessThanOrEqual(mss);
      expect(read).toBeGreaterThan(mss >= 8940 ? 8939 : mss / 12);
      expect(readCookie(now + COOKIE_LIFETIME, tuple, irs, cookie, secret)).toBeNull();
    }),
    { seed: 1 },
  );
});

test.each([
  [47, 48],
  [536, 536],
  [1219, 536],
  [1220, 1220],
  [1459, 1440],
  [1460, 1460],
  [9000, 8940],
])('of a segment size of %i it remembers %i', (announced, remembered) => {
  const irs = seq(77);
  expect(readCookie(5, tuple, irs, makeCookie(5, tuple, irs, announced, secret), secret)).toBe(remembered);
});

test('a cookie is good for one peer, one port, one SYN and one secret', () => {
  const irs = seq(123_456);
  const cookie = makeCookie(0, tuple, irs, 1460, secret);
  const other = parseAddress('10.0.0.3');
  expect(readCookie(0, tuple, irs, cookie, secret)).toBe(1460);
  expect(readCookie(0, { ...tuple, remoteAddress: other }, irs, cookie, secret)).toBeNull();
  expect(readCookie(0, { ...tuple, localAddress: other }, irs, cookie, secret)).toBeNull();
  expect(readCookie(0, { ...tuple, remotePort: 5001 }, irs, cookie, secret)).toBeNull();
  expect(readCookie(0, { ...tuple, localPort: 81 }, irs, cookie, secret)).toBeNull();
  expect(readCookie(0, tuple, seq(123_457), cookie, secret)).toBeNull();
  expect(readCookie(0, tuple, irs, cookie, new Uint8Array(16))).toBeNull();
});

test('a guess is right once in millions', () => {
  const irs = seq(5);
  let right = 0;
  for (let guess = 0; guess < 200_000; guess++) {
    if (readCookie(0, tuple, irs, seq(Math.imul(guess, 0x9e37_79b1)), secret) !== null) right++;
  }
  expect(right).toBeLessThanOrEqual(2);
});

test('a timestamp remembers window scale and SACK, and lies at most 64 ms before the clock', () => {
  const u32 = fc.integer({ min: 64, max: 0xffff_ffff });
  fc.assert(
    fc.property(u32, fc.integer({ min: -1, max: 14 }), fc.boolean(), (clock, windowScale, sackPermitted) => {
      const marked = stampOptions(clock, windowScale, sackPermitted);
      expect(clock - marked).toBeGreaterThanOrEqual(0);
      expect(clock - marked).toBeLessThan(64);
      expect(readStamp(marked)).toEqual({ windowScale, sackPermitted });
    }),
    { seed: 1 },
  );
});
