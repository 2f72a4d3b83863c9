import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ETHERTYPE_IPV4, EthernetHeader, parseEthernet, writeEthernet } from './ethernet.ts';
import { parseMac } from './mac-address.ts';

test('what is written is what is read', () => {
  const types = fc.integer({ min: 0x0600, max: 0xffff }).filter((type) => type !== 0x8100 && type !== 0x88a8);
  const octets = fc.tuple(fc.nat(0xffff), fc.integer());
  fc.assert(
    fc.property(octets, octets, types, fc.nat(40), fc.nat(5), (destination, source, type, length, start) => {
      const header = new EthernetHeader();
      [header.destination.high, header.destination.low] = destination;
      [header.source.high, header.source.low] = source;
      header.etherType = type;
      header.payloadStart = start + 14;
      header.payloadEnd = start + 14 + length;
      const bytes = new Uint8Array(60);
      expect(writeEthernet(header, bytes, start)).toBe(14);
      const read = new EthernetHeader();
      expect(parseEthernet(bytes, start, start + 14 + length, read)).toBeNull();
      expect(read).toEqual(header);
    }),
    { seed: 894 },
  );
});

test('the addresses and the type stand where the wire has them', () => {
  const header = new EthernetHeader();
  header.destination.copyFrom(parseMac('ff:ff:ff:ff:ff:ff'));
  header.source.copyFrom(parseMac('02:00:00:00:00:0a'));
  header.etherType = ETHERTYPE_IPV4;
  const bytes = new Uint8Array(14);
  writeEthernet(header, bytes, 0);
  expect(Buffer.from(bytes).toString('hex')).toBe('ffffffffffff02000000000a0800');
});

test('a frame shorter than its header is truncated', () => {
  const verdict = parseEthernet(new Uint8Array(20), 0, 13, new EthernetHeader());
  expect(verdict).toEqual({ layer: 'ethernet', reason: 'truncated', at: 0 });
});

test.each([
  ['an 802.1Q tag', 0x8100],
  ['an 802.1ad tag', 0x88a8],
  ['an 802.3 length', 0x05dc],
])('%s is unsupported', (_, type) => {
  const bytes = new Uint8Array(60);
  new DataView(bytes.buffer).setUint16(12, type);
  const verdict = parseEthernet(bytes, 0, 60, new EthernetHeader());
  expect(verdict).toEqual({ layer: 'ethernet', reason: 'unsupported', at: 12 });
});
