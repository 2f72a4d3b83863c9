import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MisuseError } from '../misuse-error.ts';
import { formatAddress, joinAddressAndPort, parseAddress } from './address-text.ts';
import { Address, isHostAddress } from './address.ts';

const anyIpv6 = fc
  .tuple(
    ...Array.from({ length: 4 }, () =>
      fc.oneof(fc.integer(), fc.constantFrom(0, 0, 0xffff, 1, 0x10000, 0x0db80000)),
    ),
  )
  .map(([w0, w1, w2, w3]) => {
    const address = new Address();
    address.setIpv6(w0, w1, w2, w3);
    return address;
  });

test('an IPv6 address reads back as it was written', () => {
  fc.assert(
    fc.property(anyIpv6, (address) => {
      expect(parseAddress(formatAddress(address))).toEqual(address);
    }),
    { seed: 4291, numRuns: 2000 },
  );
});

// The examples of RFC 5952 §4 and §5, and of RFC 4291 §2.2.
test.each([
  ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:DB8::', '2001:db8::'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['FE80::0:ff:FE00:0001', 'fe80::ff:fe00:1'],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
  ['::FFFF:c000:201', '::ffff:192.0.2.1'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
  ['0010::2', '10::2'],
])('%s is shown as %s', (text, shown) => {
  expect(formatAddress(parseAddress(text))).toBe(shown);
});

test.each([
  ':',
  ':::',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1::2::3',
  '1:2:3:4:5:6:7:8::',
  '::12345',
  '::g',
  '1.2.3.4::',
  '::1.2.3',
  '::1.2.3.4:5',
  'fe80::1%eth0',
  ' ::1',
  ':1::2',
])('%j is refused as an address', (text) => {
  expect(() => parseAddress(text)).toThrow(MisuseError);
});

test('an address with a port stands in brackets where its colons would be taken for the port', () => {
  expect(joinAddressAndPort('10.0.0.1', 80)).toBe('10.0.0.1:80');
  expect(joinAddressAndPort('fd00::1', 80)).toBe('[fd00::1]:80');
});

test.each([
  ['::', false],
  ['::1', false],
  ['::2', true],
  ['ff02::1', false],
  ['ffff::1', false],
  ['::ffff:10.0.0.1', false],
  ['fe80::1', true],
  ['fd00::1', true],
  ['0.0.0.1', false],
  ['127.0.0.1', false],
  ['224.0.0.1', false],
  ['10.0.0.1', true],
])('whether %s can be one host: %s', (text, is) => {
  expect(isHostAddress(parseAddress(text))).toBe(is);
});
