import { expect, test } from 'vitest';
import { MisuseError } from '../misuse-error.ts';
import { BROADCAST_MAC, formatMac, isGroupMac, parseMac, sameMac } from './mac-address.ts';

test('an Ethernet address reads back as it was written', () => {
  for (const text of ['02:00:00:00:00:01', 'ff:ff:ff:ff:ff:ff', '00:00:00:00:00:00', 'fe:dc:ba:98:76:54']) {
    expect(formatMac(parseMac(text))).toBe(text);
  }
  expect(formatMac(parseMac('0A:1B:2C:3D:4E:5F'))).toBe('0a:1b:2c:3d:4e:5f');
});

test('addresses are the same only when all six octets are', () => {
  const mac = parseMac('02:00:00:00:00:01');
  expect(sameMac(mac, parseMac('02:00:00:00:00:01'))).toBe(true);
  expect(sameMac(mac, parseMac('02:00:00:00:00:02'))).toBe(false);
  expect(sameMac(mac, parseMac('02:01:00:00:00:01'))).toBe(false);
});

test('multicast and broadcast are groups, a host is not', () => {
  expect(isGroupMac(BROADCAST_MAC)).toBe(true);
  expect(isGroupMac(parseMac('01:00:5e:00:00:01'))).toBe(true);
  expect(isGroupMac(parseMac('02:00:00:00:00:01'))).toBe(false);
});

test.each(['', '02:00:00:00:00', '02:00:00:00:00:0g', '02-00-00-00-00-01', '02:00:00:00:00:01:02'])(
  '%j is refused as an Ethernet address',
  (text) => {
    expect(() => parseMac(text)).toThrow(MisuseError);
  },
);
