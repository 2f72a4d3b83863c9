import { expect, test } from 'vitest';
import { formatPacketId, parsePacketId } from './packet-id.ts';

test('the host is the top 8 bits and the frame the 56 below, in the decimal that Wireshark shows', () => {
  expect(formatPacketId({ host: 1, frame: 17 })).toBe('72057594037927953');
  expect(formatPacketId({ host: 255, frame: 1 })).toBe('18374686479671623681');
});

test('a packet id survives being written and read, also where a float would lose bits', () => {
  for (const id of [
    { host: 0, frame: 0 },
    { host: 2, frame: 4_294_967_297 },
    { host: 255, frame: Number.MAX_SAFE_INTEGER },
  ]) {
    expect(parsePacketId(formatPacketId(id))).toEqual(id);
  }
});

test('what is no packet id is null', () => {
  for (const text of [
    '',
    '-1',
    '1.5',
    '18446744073709551616',
    '99999999999999999999',
    '72057594037927935',
    'x',
  ]) {
    expect(parsePacketId(text)).toBeNull();
  }
});
