import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MisuseError } from '../misuse-error.ts';
import { checksum, pseudoHeaderSum } from './checksum.ts';
import { PROTOCOL_TCP } from './ipv4.ts';
import { Ipv6Header, parseIpv6, writeIpv6 } from './ipv6.ts';
import { Segment } from './segment.ts';
import { seq } from './seq.ts';
import { parseTcpIpv6Packet, writeTcpIpv6Packet } from './tcp-packet.ts';
import { fillChecksum, parseSegment, writeSegment } from './tcp.ts';

class Packet {
  readonly ipv6 = new Ipv6Header();
  readonly segment = new Segment();
}

/** What the layers' own parsers make of a packet; null when it is malformed or not TCP right behind the IPv6 header. */
function parseByLayers(bytes: Uint8Array, start: number, end: number): Packet | null {
  const packet = new Packet();
  const { ipv6, segment } = packet;
  if (parseIpv6(bytes, start, end, ipv6) !== null) return null;
  const { source, destination, payloadStart, payloadEnd } = ipv6;
  if (ipv6.protocol !== PROTOCOL_TCP || payloadStart !== start + 40) return null;
  const pseudo = pseudoHeaderSum(source, destination, PROTOCOL_TCP, payloadEnd - payloadStart);
  if (checksum(bytes, payloadStart, payloadEnd, pseudo) !== 0xffff) return null;
  return parseSegment(bytes, payloadStart, payloadEnd, segment) === null ? packet : null;
}

function writeByLayers({ ipv6, segment }: Packet, into: Uint8Array, start: number): number {
  const tcp = start + 40;
  const length = writeSegment(segment, into, tcp);
  fillChecksum(into, tcp, tcp + length, pseudoHeaderSum(ipv6.source, ipv6.destination, PROTOCOL_TCP, length));
  return writeIpv6(ipv6, into, start, length) + length;
}

const word = fc.nat(0xffffffff);
const half = fc.nat(0xffff);
const octet = fc.nat(0xff);
const address = fc.tuple(fc.integer(), fc.integer(), fc.integer(), fc.integer());
const anyPacket = fc
  .record({
    ipv6: fc.record({ trafficClass: octet, flowLabel: fc.nat(0xfffff), hopLimit: octet }),
    addresses: fc.tuple(address, address),
    segment: fc.record({ sourcePort: half, destinationPort: half, flags: octet, wnd: half, up: half }),
    numbers: fc.tuple(word.map(seq), word.map(seq)),
    options: fc.option(fc.record({ mss: half, timestamps: fc.boolean(), tsVal: word, tsEcr: word })),
    payload: fc.uint8Array({ maxLength: 70 }),
  })
  .map(({ ipv6, addresses: [from, to], segment, numbers, options, payload }) => {
    const packet = new Packet();
    Object.assign(packet.ipv6, ipv6, { protocol: PROTOCOL_TCP });
    packet.ipv6.source.setIpv6(...from);
    packet.ipv6.destination.setIpv6(...to);
    Object.assign(packet.segment, segment, options, { bytes: payload, payloadEnd: payload.length });
    [packet.segment.seq, packet.segment.ack] = numbers;
    return packet;
  });

test('the whole packet is written and read as the layers do it, octet for octet, padded or not', () => {
  const read = new Packet();
  fc.assert(
    fc.property(anyPacket, fc.nat(5), fc.nat(20), (packet, start, padding) => {
      const [ours, theirs] = [new Uint8Array(220), new Uint8Array(220)];
      const length = writeByLayers(packet, theirs, start);
      expect(writeTcpIpv6Packet(packet.ipv6, packet.segment, ours, start)).toBe(length);
      expect(ours).toEqual(theirs);
      const end = start + length + padding;
      expect(parseTcpIpv6Packet(ours, start, end, read.ipv6, read.segment)).toBe(true);
      expect(read).toEqual(parseByLayers(ours, start, end));
    }),
    { seed: 8200, numRuns: 2000 },
  );
});

test('a damaged packet is read in one pass exactly when the layers read it', () => {
  let good = 0;
  let bad = 0;
  const damage = fc.tuple(fc.nat(85), fc.oneof(octet, fc.constantFrom(0, 6, 0x40, 0x60, 0xff)));
  fc.assert(
    fc.property(
      anyPacket,
      fc.array(damage, { maxLength: 2 }),
      fc.boolean(),
      fc.nat(60),
      (packet, damages, mended, cut) => {
        const bytes = new Uint8Array(220);
        let end = 3 + writeByLayers(packet, bytes, 3);
        for (const [at, value] of damages) bytes[3 + at] = value;
        if (mended) {
          bytes[3 + 56] = bytes[3 + 57] = 0;
          const pseudo = checksum(bytes, 3 + 8, 3 + 40, PROTOCOL_TCP + end - 43);
          fillChecksum(bytes, 43, end, pseudo);
        }
        if (cut < 20) end -= cut;
        const read = new Packet();
        const wanted = parseByLayers(bytes, 3, end);
        expect(parseTcpIpv6Packet(bytes, 3, end, read.ipv6, read.segment)).toBe(wanted !== null);
        if (wanted !== null) expect(read).toEqual(wanted);
        if (wanted === null) bad += 1;
        else good += 1;
      },
    ),
    { seed: 8200, numRuns: 5000 },
  );
  // Neither answer may be so rare that this proves nothing.
  expect(Math.min(good, bad)).toBeGreaterThan(1000);
});

test('a packet that does not fit is misuse, and nothing is written', () => {
  const packet = new Packet();
  const bytes = new Uint8Array(59);
  expect(() => writeTcpIpv6Packet(packet.ipv6, packet.segment, bytes, 0)).toThrow(MisuseError);
  packet.segment.bytes = new Uint8Array(65_516);
  packet.segment.payloadEnd = 65_516;
  expect(() => writeTcpIpv6Packet(packet.ipv6, packet.segment, new Uint8Array(70_000), 0)).toThrow(
    MisuseError,
  );
  expect(bytes.every((value) => value === 0)).toBe(true);
});
