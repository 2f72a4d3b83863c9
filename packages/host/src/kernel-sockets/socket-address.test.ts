import { MisuseError } from '@tcblab/tcp';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addressBytes,
  addressText,
  readSocketAddress,
  socketAddressText,
  writeSocketAddress,
} from './socket-address.ts';
import type { SocketAddress } from './socket-address.ts';

test('an address reads back as it was written', () => {
  const port = fc.integer({ min: 0, max: 65_535 });
  const ipv4 = fc.record({ family: fc.constant('ipv4' as const), address: fc.ipV4(), port });
  const ipv6 = fc.record({
    family: fc.constant('ipv6' as const),
    address: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(addressText),
    port,
  });
  fc.assert(
    fc.property(fc.oneof(ipv4, ipv6), (address: SocketAddress) => {
      expect(readSocketAddress(writeSocketAddress(address))).toEqual(address);
    }),
  );
});

test.each([
  ['::', '00000000000000000000000000000000'],
  ['::1', '00000000000000000000000000000001'],
  ['fe80::', 'fe800000000000000000000000000000'],
  ['fd00:77::2:1', 'fd000077000000000000000000020001'],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ['::ffff:10.77.0.1', '00000000000000000000ffff0a4d0001'],
])('%s is its sixteen octets', (text, hex) => {
  expect(Buffer.from(addressBytes('ipv6', text)).toString('hex')).toBe(hex);
  expect(addressText(Buffer.from(hex, 'hex'))).toBe(text);
});

test('a link-local address keeps its interface', () => {
  const address = { family: 'ipv6', address: 'fe80::1', port: 80, scope: 2 } as const;
  expect(readSocketAddress(writeSocketAddress(address))).toEqual(address);
});

test('what is no address is refused by name', () => {
  const write = (address: SocketAddress) => () => writeSocketAddress(address);
  expect(write({ family: 'ipv4', address: '10.0.0', port: 1 })).toThrow(MisuseError);
  expect(write({ family: 'ipv4', address: '::1', port: 1 })).toThrow("'::1' is not an IPv4 address");
  expect(write({ family: 'ipv6', address: '10.0.0.1', port: 1 })).toThrow(MisuseError);
  expect(write({ family: 'ipv4', address: '10.0.0.1', port: 65_536 })).toThrow(
    'a port is 0 to 65535, not 65536',
  );
});

test('an address is shown with its port as URLs have it', () => {
  expect(socketAddressText({ family: 'ipv4', address: '10.0.0.1', port: 80 })).toBe('10.0.0.1:80');
  expect(socketAddressText({ family: 'ipv6', address: '::1', port: 80 })).toBe('[::1]:80');
});
