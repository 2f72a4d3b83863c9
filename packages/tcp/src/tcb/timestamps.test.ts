import { expect, test } from 'vitest';
import { parseAddress } from '../wire/address-text.ts';
import { timestampOffset } from './timestamps.ts';

const tuple = {
  localAddress: parseAddress('10.0.0.1'),
  localPort: 80,
  remoteAddress: parseAddress('10.0.0.2'),
  remotePort: 5000,
};

// Proves: RFC7323-5.4-offset
test('each pair of ends adds its own to the clock, and the same each time', () => {
  const secret = new Uint8Array(16).fill(7);
  const offset = timestampOffset(tuple, secret);
  expect(timestampOffset({ ...tuple }, secret)).toBe(offset);
  expect(timestampOffset({ ...tuple, remotePort: 5001 }, secret)).not.toBe(offset);
  expect(timestampOffset(tuple, new Uint8Array(16))).not.toBe(offset);
});
