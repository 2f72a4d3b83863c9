import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MisuseError } from '../misuse-error.ts';
import { Address, sameAddress } from './address.ts';
import { formatAddress, parseAddress } from './address-text.ts';

test('an address reads back as it was written', () => {
  fc.assert(
    fc.property(fc.integer(), (word) => {
      const address = new Address();
      address.setIpv4(word);
      expect(parseAddress(formatAddress(address))).toEqual(address);
    }),
    { seed: 791 },
  );
  expect(formatAddress(parseAddress('255.255.255.255'))).toBe('255.255.255.255');
  expect(parseAddress('192.168.1.2').w3).toBe(0xc0a80102 | 0);
});

test('addresses are the same only when version and every word are', () => {
  const address = parseAddress('10.0.0.1');
  const other = new Address();
  other.copyFrom(address);
  expect(sameAddress(address, other)).toBe(true);
  other.version = 6;
  expect(sameAddress(address, other)).toBe(false);
  other.setIpv4(address.w3 ^ 1);
  expect(sameAddress(address, other)).toBe(false);
});

test('a record that held a longer address holds nothing of it afterwards', () => {
  const address = Object.assign(new Address(), { version: 6, w0: 1, w1: 2, w2: 3, w3: 4 });
  address.setIpv4(0x0a000001);
  expect(address).toEqual(parseAddress('10.0.0.1'));
});

test.each(['', '10.0.0', '10.0.0.0.1', '10.0.0.256', '10.0.0.01', '10.0.0.-1', 'a.b.c.d', ' 10.0.0.1'])(
  '%j is refused as an address',
  (text) => {
    expect(() => parseAddress(text)).toThrow(MisuseError);
  },
);
