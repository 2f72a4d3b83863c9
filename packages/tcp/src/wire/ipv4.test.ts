import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MisuseError } from '../misuse-error.ts';
import { parseAddress } from './address-text.ts';
import { checksum } from './checksum.ts';
import { Ipv4Header, parseIpv4, writeIpv4 } from './ipv4.ts';

/** 40 octets: a header from 10.0.0.1 to 10.0.0.2 and 20 octets of payload. */
function packet(): Uint8Array {
  const header = new Ipv4Header();
  header.id = 0x1c46;
  header.dontFragment = true;
  header.ttl = 64;
  header.protocol = 6;
  header.source.copyFrom(parseAddress('10.0.0.1'));
  header.destination.copyFrom(parseAddress('10.0.0.2'));
  const bytes = new Uint8Array(40);
  writeIpv4(header, bytes, 0, 20);
  return bytes;
}

/** Put a 16-bit value into the header and mend its checksum. */
function altered(field: number, value: number): Uint8Array {
  const bytes = packet();
  const view = new DataView(bytes.buffer);
  view.setUint16(field, value);
  view.setUint16(10, 0);
  const headerEnd = Math.min(Math.max((bytes[0] & 0xf) * 4, 20), 40);
  view.setUint16(10, ~checksum(bytes, 0, headerEnd, 0));
  return bytes;
}

function verdict(bytes: Uint8Array, end = bytes.length) {
  return parseIpv4(bytes, 0, end, new Ipv4Header());
}

test('what is written is what is read, and padding is trimmed', () => {
  const arbitrary = fc.record({
    typeOfService: fc.nat(255),
    id: fc.nat(0xffff),
    dontFragment: fc.boolean(),
    ttl: fc.nat(255),
    protocol: fc.nat(255),
    source: fc.integer(),
    destination: fc.integer(),
    start: fc.nat(5),
    length: fc.nat(30),
    padding: fc.nat(46),
  });
  fc.assert(
    fc.property(arbitrary, ({ source, destination, start, length, padding, ...fields }) => {
      const header = Object.assign(new Ipv4Header(), fields);
      header.source.w3 = source;
      header.destination.w3 = destination;
      header.payloadStart = start + 20;
      header.payloadEnd = start + 20 + length;
      const bytes = new Uint8Array(120).fill(0x5a);
      expect(writeIpv4(header, bytes, start, length)).toBe(20);
      const read = new Ipv4Header();
      expect(parseIpv4(bytes, start, header.payloadEnd + padding, read)).toBeNull();
      expect(read).toEqual(header);
    }),
    { seed: 791, numRuns: 1000 },
  );
});

test('the header stands on the wire as RFC 791 draws it', () => {
  expect(Buffer.from(packet().subarray(0, 20)).toString('hex')).toBe(
    '450000281c4640004006' + '0a88' + '0a0000010a000002',
  );
});

// Proves: MUST-50
test('options are skipped by the header length and take part in the checksum', () => {
  const bytes = altered(0, 0x4600);
  const read = new Ipv4Header();
  expect(parseIpv4(bytes, 0, 40, read)).toBeNull();
  expect([read.payloadStart, read.payloadEnd]).toEqual([24, 40]);
  bytes[23] ^= 1;
  expect(verdict(bytes)).toEqual({ layer: 'ipv4', reason: 'bad-checksum', at: 10 });
});

test.each([
  ['a header cut short', packet(), 19, 'truncated', 0],
  ['nothing at all', packet(), 0, 'truncated', 0],
  ['version 6', altered(0, 0x6500), 40, 'unsupported', 0],
  ['a header length of 4 words', altered(0, 0x4400), 40, 'bad-length', 0],
  ['a header length of 0', altered(0, 0x4000), 40, 'bad-length', 0],
  ['a header length beyond the frame', altered(0, 0x4f00), 40, 'truncated', 0],
  ['a total length below the header', altered(2, 19), 40, 'bad-length', 2],
  ['a total length of 0', altered(2, 0), 40, 'bad-length', 2],
  ['a total length beyond the frame', altered(2, 41), 40, 'truncated', 2],
  ['more fragments to come', altered(6, 0x2000), 40, 'unsupported', 6],
  ['a last fragment', altered(6, 0x0001), 40, 'unsupported', 6],
])('%s is refused', (_, bytes, end, reason, at) => {
  expect(verdict(bytes, end)).toEqual({ layer: 'ipv4', reason, at });
});

test('any single flipped bit of the header is noticed', () => {
  for (let bit = 0; bit < 160; bit += 1) {
    const bytes = packet();
    bytes[bit >> 3] ^= 1 << (bit & 7);
    expect(verdict(bytes), `bit ${bit}`).not.toBeNull();
  }
});

test('a payload that the length field cannot hold is misuse', () => {
  const header = new Ipv4Header();
  expect(writeIpv4(header, new Uint8Array(20), 0, 65_515)).toBe(20);
  expect(() => writeIpv4(header, new Uint8Array(20), 0, 65_516)).toThrow(MisuseError);
});
