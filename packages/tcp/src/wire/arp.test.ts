import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAddress } from './address-text.ts';
import { ARP_REPLY, ARP_REQUEST, ArpPacket, parseArp, writeArp } from './arp.ts';
import { parseMac } from './mac-address.ts';

function request(): ArpPacket {
  const packet = new ArpPacket();
  packet.operation = ARP_REQUEST;
  packet.senderMac.copyFrom(parseMac('02:00:00:00:00:0a'));
  packet.senderIp.copyFrom(parseAddress('10.0.0.1'));
  packet.targetIp.copyFrom(parseAddress('10.0.0.2'));
  return packet;
}

test('what is written is what is read, padding or not', () => {
  const arbitrary = fc.record({
    operation: fc.constantFrom(ARP_REQUEST, ARP_REPLY),
    high: fc.nat(0xffff),
    words: fc.tuple(fc.integer(), fc.integer(), fc.integer(), fc.integer()),
    start: fc.nat(5),
    padding: fc.nat(18),
  });
  fc.assert(
    fc.property(arbitrary, ({ operation, high, words, start, padding }) => {
      const packet = new ArpPacket();
      packet.operation = operation;
      packet.senderMac.high = high;
      packet.targetMac.high = high ^ 0xffff;
      [packet.senderMac.low, packet.senderIp.w3, packet.targetMac.low, packet.targetIp.w3] = words;
      const bytes = new Uint8Array(60);
      expect(writeArp(packet, bytes, start)).toBe(28);
      const read = new ArpPacket();
      expect(parseArp(bytes, start, start + 28 + padding, read)).toBeNull();
      expect(read).toEqual(packet);
    }),
    { seed: 826 },
  );
});

test('a request stands on the wire as RFC 826 draws it', () => {
  const bytes = new Uint8Array(28);
  writeArp(request(), bytes, 0);
  expect(Buffer.from(bytes).toString('hex')).toBe(
    '0001080006040001' + '02000000000a' + '0a000001' + '000000000000' + '0a000002',
  );
});

test.each([
  ['cut short', 27, 0, 1, 'truncated', 0],
  ['another hardware', 28, 0, 6, 'unsupported', 0],
  ['another protocol', 28, 2, 0x86dd, 'unsupported', 2],
  ['other address lengths', 28, 4, 0x0610, 'bad-length', 4],
  ['operation 0', 28, 6, 0, 'unsupported', 6],
  ['a reverse request', 28, 6, 3, 'unsupported', 6],
])('%s is refused', (_, length, field, value, reason, at) => {
  const bytes = new Uint8Array(28);
  writeArp(request(), bytes, 0);
  new DataView(bytes.buffer).setUint16(field, value);
  expect(parseArp(bytes, 0, length, new ArpPacket())).toEqual({ layer: 'arp', reason, at });
});
