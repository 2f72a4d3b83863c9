import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAddress } from './address-text.ts';
import { checksum } from './checksum.ts';
import {
  ICMP_ECHO,
  ICMP_ECHO_REPLY,
  ICMP_FRAGMENTATION_NEEDED,
  ICMP_PORT_UNREACHABLE,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  IcmpMessage,
  parseIcmp,
  writeIcmp,
} from './icmp.ts';
import { Ipv4Header, writeIpv4 } from './ipv4.ts';

/** A TCP packet from 10.0.0.1 to 10.0.0.2, ports 40000 to 80, sequence number 0x01020304, and 60 more octets. */
function packet(): Uint8Array {
  const bytes = new Uint8Array(88);
  const header = new Ipv4Header();
  header.protocol = 6;
  header.source.copyFrom(parseAddress('10.0.0.1'));
  header.destination.copyFrom(parseAddress('10.0.0.2'));
  writeIpv4(header, bytes, 0, 68);
  const view = new DataView(bytes.buffer);
  view.setUint16(20, 40_000);
  view.setUint16(22, 80);
  view.setUint32(24, 0x01020304);
  return bytes;
}

function error(type: number, code: number, mtu = 0): Uint8Array {
  const message = new IcmpMessage();
  message.type = type;
  message.code = code;
  message.mtu = mtu;
  message.bytes = packet();
  message.bodyEnd = 88;
  const bytes = new Uint8Array(100);
  return bytes.subarray(0, writeIcmp(message, bytes, 0));
}

function withChecksum(bytes: Uint8Array): Uint8Array {
  bytes[2] = bytes[3] = 0;
  const sum = ~checksum(bytes, 0, bytes.length, 0);
  bytes[2] = sum >>> 8;
  bytes[3] = sum;
  return bytes;
}

test('an echo reads back as it was written', () => {
  const arbitrary = fc.record({
    type: fc.constantFrom(ICMP_ECHO, ICMP_ECHO_REPLY),
    id: fc.nat(0xffff),
    sequence: fc.nat(0xffff),
  });
  fc.assert(
    fc.property(arbitrary, fc.uint8Array({ maxLength: 80 }), fc.nat(5), (fields, data, start) => {
      const message = Object.assign(new IcmpMessage(), fields, { bytes: data, bodyEnd: data.length });
      const bytes = new Uint8Array(100);
      const length = writeIcmp(message, bytes, start);
      expect(length).toBe(8 + data.length);
      const read = new IcmpMessage();
      expect(parseIcmp(bytes, start, start + length, read)).toBeNull();
      expect(read).toMatchObject(fields);
      expect(bytes.subarray(read.bodyStart, read.bodyEnd)).toEqual(data);
    }),
    { seed: 792 },
  );
});

test('a parsed echo becomes its own answer, in the same bytes, when its type is changed', () => {
  const bytes = withChecksum(Uint8Array.of(8, 0, 0, 0, 0x12, 0x34, 0, 1, 0x61, 0x62, 0x63));
  const message = new IcmpMessage();
  expect(parseIcmp(bytes, 0, 11, message)).toBeNull();
  message.type = ICMP_ECHO_REPLY;
  expect(writeIcmp(message, bytes, 0)).toBe(11);
  expect(bytes).toEqual(withChecksum(Uint8Array.of(0, 0, 0, 0, 0x12, 0x34, 0, 1, 0x61, 0x62, 0x63)));
});

test.each(Array.from({ length: 16 }, (_, code) => code))('unreachable keeps its code %i', (code) => {
  const bytes = error(ICMP_UNREACHABLE, code);
  const read = new IcmpMessage();
  expect(parseIcmp(bytes, 0, bytes.length, read)).toBeNull();
  expect(read).toMatchObject({ type: ICMP_UNREACHABLE, code, id: 0, sequence: 0, mtu: 0 });
});

test('an error quotes the header and 8 octets, and says which packet it is about', () => {
  const bytes = error(ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE);
  expect(bytes.length).toBe(8 + 20 + 8);
  expect(bytes.subarray(8)).toEqual(packet().subarray(0, 28));
  const read = new IcmpMessage();
  expect(parseIcmp(bytes, 0, 36, read)).toBeNull();
  expect(read.quote).toMatchObject({ protocol: 6, totalLength: 88, payloadStart: 28 });
  expect(read.quote.source).toEqual(parseAddress('10.0.0.1'));
  expect(read.quote.destination).toEqual(parseAddress('10.0.0.2'));
});

test('fragmentation needed carries the MTU of the next hop, other errors do not', () => {
  const read = new IcmpMessage();
  parseIcmp(error(ICMP_UNREACHABLE, ICMP_FRAGMENTATION_NEEDED, 1400), 0, 36, read);
  expect(read.mtu).toBe(1400);
  parseIcmp(error(ICMP_TIME_EXCEEDED, 0, 1400), 0, 36, read);
  expect(read).toMatchObject({ type: ICMP_TIME_EXCEEDED, mtu: 0 });
});

test('a quotation is read though its total length and checksum are those of the whole packet', () => {
  const bytes = error(ICMP_UNREACHABLE, 1);
  bytes[8 + 10] ^= 0xff;
  expect(parseIcmp(withChecksum(bytes), 0, bytes.length, new IcmpMessage())).toBeNull();
});

const CUT = 'truncated';
test.each<[string, Uint8Array, string, number]>([
  ['a header cut short', new Uint8Array(7), CUT, 0],
  ['a wrong checksum', Uint8Array.of(8, 0, 1, 2, 0, 0, 0, 0), 'bad-checksum', 2],
  ['all zeros', new Uint8Array(8), 'bad-checksum', 2],
  ['a router advertisement', withChecksum(error(9, 0)), 'unsupported', 0],
  ['a redirect', withChecksum(error(5, 0)), 'unsupported', 0],
  ['an error that quotes nothing', withChecksum(error(3, 3).slice(0, 8)), CUT, 8],
  ['a quotation of the header alone', withChecksum(error(3, 3).slice(0, 28)), CUT, 8],
  ['a quotation of 7 octets', withChecksum(error(3, 3).slice(0, 35)), CUT, 8],
  ['a quotation of version 6', withChecksum(error(3, 3).with(8, 0x60)), 'unsupported', 8],
  ['a quoted header length of 0', withChecksum(error(3, 3).with(8, 0x40)), 'unsupported', 8],
  ['a quoted header length past the end', withChecksum(error(3, 3).with(8, 0x4f)), CUT, 8],
  ['a quotation of a later fragment', withChecksum(error(3, 3).with(8 + 7, 1)), 'unsupported', 8],
])('%s is refused', (_, bytes, reason, at) => {
  expect(parseIcmp(bytes, 0, bytes.length, new IcmpMessage())).toEqual({ layer: 'icmp', reason, at });
});
