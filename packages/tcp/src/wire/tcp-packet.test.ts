import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MisuseError } from '../misuse-error.ts';
import { checksum, pseudoHeaderSum } from './checksum.ts';
import { Ipv4Header, PROTOCOL_TCP, parseIpv4, writeIpv4 } from './ipv4.ts';
import { Segment } from './segment.ts';
import { seq } from './seq.ts';
import { parseTcpPacket, writeTcpPacket } from './tcp-packet.ts';
import { fillChecksum, parseSegment, writeSegment } from './tcp.ts';

class Packet {
  readonly ipv4 = new Ipv4Header();
  readonly segment = new Segment();
}

/** What the layers' own parsers make of a packet; null when it is malformed or not TCP over IPv4 without options. */
function parseByLayers(bytes: Uint8Array, start: number, end: number): Packet | null {
  const packet = new Packet();
  const { ipv4, segment } = packet;
  if (parseIpv4(bytes, start, end, ipv4) !== null) return null;
  const { source, destination, payloadStart, payloadEnd } = ipv4;
  if (ipv4.protocol !== PROTOCOL_TCP || payloadStart !== start + 20) return null;
  const pseudo = pseudoHeaderSum(source, destination, PROTOCOL_TCP, payloadEnd - payloadStart);
  if (checksum(bytes, payloadStart, payloadEnd, pseudo) !== 0xffff) return null;
  return parseSegment(bytes, payloadStart, payloadEnd, segment) === null ? packet : null;
}

function writeByLayers({ ipv4, segment }: Packet, into: Uint8Array, start: number): number {
  const tcp = start + 20;
  const length = writeSegment(segment, into, tcp);
  fillChecksum(into, tcp, tcp + length, pseudoHeaderSum(ipv4.source, ipv4.destination, PROTOCOL_TCP, length));
  return writeIpv4(ipv4, into, start, length) + length;
}

const word = fc.nat(0xffffffff);
const half = fc.nat(0xffff);
const octet = fc.nat(0xff);
const options = fc.record({
  mss: half,
  windowScale: fc.integer({ min: -1, max: 14 }),
  sackPermitted: fc.boolean(),
  timestamps: fc.boolean(),
  tsVal: word,
  tsEcr: word,
  sack: fc.array(fc.record({ left: word.map(seq), right: word.map(seq) }), { maxLength: 4 }),
});
const anyPacket = fc
  .record({
    ipv4: fc.record({ typeOfService: octet, id: half, dontFragment: fc.boolean(), ttl: octet }),
    addresses: fc.tuple(fc.integer(), fc.integer()),
    segment: fc.record({ sourcePort: half, destinationPort: half, flags: octet, wnd: half, up: half }),
    numbers: fc.tuple(word.map(seq), word.map(seq)),
    options: fc.option(options),
    payload: fc.uint8Array({ maxLength: 70 }),
  })
  .map(({ ipv4, addresses, segment, numbers, options: some, payload }) => {
    const packet = new Packet();
    Object.assign(packet.ipv4, ipv4, { protocol: PROTOCOL_TCP });
    [packet.ipv4.source.w3, packet.ipv4.destination.w3] = addresses;
    Object.assign(packet.segment, segment, some, { bytes: payload, payloadEnd: payload.length });
    [packet.segment.seq, packet.segment.ack] = numbers;
    return packet;
  });

test('the whole packet is written as the layers write it, octet for octet', () => {
  fc.assert(
    fc.property(anyPacket, fc.nat(5), (packet, start) => {
      const [ours, theirs] = [new Uint8Array(200), new Uint8Array(200)];
      expect(writeTcpPacket(packet.ipv4, packet.segment, ours, start)).toBe(
        writeByLayers(packet, theirs, start),
      );
      expect(ours).toEqual(theirs);
    }),
    { seed: 9293, numRuns: 2000 },
  );
});

test('the whole packet is read as the layers read it, padded or not', () => {
  fc.assert(
    fc.property(anyPacket, fc.nat(5), fc.nat(20), (packet, start, padding) => {
      const bytes = new Uint8Array(200);
      const end = start + writeByLayers(packet, bytes, start) + padding;
      const read = new Packet();
      expect(parseTcpPacket(bytes, start, end, read.ipv4, read.segment)).toBe(true);
      expect(read).toEqual(parseByLayers(bytes, start, end));
    }),
    { seed: 9293, numRuns: 1000 },
  );
});

test('a reused record keeps nothing of the packet before', () => {
  const read = new Packet();
  fc.assert(
    fc.property(anyPacket, (packet) => {
      const bytes = new Uint8Array(200);
      const end = writeByLayers(packet, bytes, 0);
      parseTcpPacket(bytes, 0, end, read.ipv4, read.segment);
      expect(read).toEqual(parseByLayers(bytes, 0, end));
    }),
    { seed: 9293 },
  );
});

/** Make the checksums of a changed packet right again, as far as its lengths allow. */
function mend(bytes: Uint8Array, start: number, end: number): void {
  const put = (at: number, sum: number) => {
    bytes[at] = ~sum >>> 8;
    bytes[at + 1] = ~sum;
  };
  put(start + 10, 0xffff);
  put(start + 10, checksum(bytes, start, start + 20, 0));
  const tcpEnd = Math.min(end, start + new DataView(bytes.buffer).getUint16(start + 2));
  if (tcpEnd < start + 40) return;
  put(start + 36, 0xffff);
  const pseudo = checksum(bytes, start + 12, start + 20, PROTOCOL_TCP + tcpEnd - start - 20);
  put(start + 36, checksum(bytes, start + 20, tcpEnd, pseudo));
}

// Proves: MUST-3
test('a damaged packet is read in one pass exactly when the layers read it', () => {
  let good = 0;
  let bad = 0;
  const damage = fc.tuple(fc.nat(85), fc.oneof(octet, fc.constantFrom(0, 1, 2, 0x40, 0x45, 0x46, 0xff)));
  fc.assert(
    fc.property(
      anyPacket,
      fc.array(damage, { maxLength: 3 }),
      fc.boolean(),
      fc.nat(60),
      (packet, damages, mended, cut) => {
        const bytes = new Uint8Array(200);
        let end = 3 + writeByLayers(packet, bytes, 3);
        for (const [at, value] of damages) bytes[3 + at] = value;
        if (mended) mend(bytes, 3, end);
        if (cut < 20) end -= cut;
        const read = new Packet();
        const wanted = parseByLayers(bytes, 3, end);
        expect(parseTcpPacket(bytes, 3, end, read.ipv4, read.segment)).toBe(wanted !== null);
        if (wanted !== null) expect(read).toEqual(wanted);
        if (wanted === null) bad += 1;
        else good += 1;
      },
    ),
    { seed: 9293, numRuns: 5000 },
  );
  // Neither answer may be so rare that this proves nothing.
  expect(Math.min(good, bad)).toBeGreaterThan(1000);
});

test('a packet that does not fit is misuse, and nothing is written', () => {
  const packet = new Packet();
  const bytes = new Uint8Array(39);
  expect(() => writeTcpPacket(packet.ipv4, packet.segment, bytes, 0)).toThrow(MisuseError);
  packet.segment.bytes = new Uint8Array(65_496);
  packet.segment.payloadEnd = 65_496;
  expect(() => writeTcpPacket(packet.ipv4, packet.segment, new Uint8Array(70_000), 0)).toThrow(MisuseError);
  expect(bytes.every((value) => value === 0)).toBe(true);
});
