import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MisuseError } from '../misuse-error.ts';
import { checksum, pseudoHeaderSum } from './checksum.ts';
import { ETHERTYPE_IPV4, parseEthernet, writeEthernet } from './ethernet.ts';
import { PROTOCOL_TCP, parseIpv4, writeIpv4 } from './ipv4.ts';
import { seq } from './seq.ts';
import { TcpFrame, parseTcpFrame, writeTcpFrame } from './tcp-frame.ts';
import { fillChecksum, parseSegment, writeSegment } from './tcp.ts';

/** What the layers' own parsers make of a frame; null when it is malformed or not TCP over IPv4 without options. */
function parseByLayers(bytes: Uint8Array, start: number, end: number): TcpFrame | null {
  const frame = new TcpFrame();
  const { ethernet, ipv4, segment } = frame;
  if (parseEthernet(bytes, start, end, ethernet) !== null || ethernet.etherType !== ETHERTYPE_IPV4)
    return null;
  if (parseIpv4(bytes, ethernet.payloadStart, ethernet.payloadEnd, ipv4) !== null) return null;
  if (ipv4.protocol !== PROTOCOL_TCP || ipv4.payloadStart !== start + 34) return null;
  const length = ipv4.payloadEnd - ipv4.payloadStart;
  const pseudo = pseudoHeaderSum(ipv4.source, ipv4.destination, PROTOCOL_TCP, length);
  if (checksum(bytes, ipv4.payloadStart, ipv4.payloadEnd, pseudo) !== 0xffff) return null;
  return parseSegment(bytes, ipv4.payloadStart, ipv4.payloadEnd, segment) === null ? frame : null;
}

function writeByLayers({ ethernet, ipv4, segment }: TcpFrame, into: Uint8Array, start: number): number {
  const length = writeSegment(segment, into, start + 34);
  const pseudo = pseudoHeaderSum(ipv4.source, ipv4.destination, PROTOCOL_TCP, length);
  fillChecksum(into, start + 34, start + 34 + length, pseudo);
  writeIpv4(ipv4, into, start + 14, length);
  writeEthernet(ethernet, into, start);
  return 34 + length;
}

const word = fc.nat(0xffffffff);
const half = fc.nat(0xffff);
const octet = fc.nat(0xff);
const mac = fc.record({ high: half, low: fc.integer() });
const options = fc.record({
  mss: half,
  windowScale: fc.integer({ min: -1, max: 14 }),
  sackPermitted: fc.boolean(),
  timestamps: fc.boolean(),
  tsVal: word,
  tsEcr: word,
  sack: fc.array(fc.record({ left: word.map(seq), right: word.map(seq) }), { maxLength: 4 }),
});
const anyFrame = fc
  .record({
    macs: fc.tuple(mac, mac),
    ipv4: fc.record({ typeOfService: octet, id: half, dontFragment: fc.boolean(), ttl: octet }),
    addresses: fc.tuple(fc.integer(), fc.integer()),
    segment: fc.record({ sourcePort: half, destinationPort: half, flags: octet, wnd: half, up: half }),
    numbers: fc.tuple(word.map(seq), word.map(seq)),
    options: fc.option(options),
    payload: fc.uint8Array({ maxLength: 70 }),
  })
  .map(({ macs, ipv4, addresses, segment, numbers, options: some, payload }) => {
    const frame = new TcpFrame();
    Object.assign(frame.ethernet.source, macs[0]);
    Object.assign(frame.ethernet.destination, macs[1]);
    frame.ethernet.etherType = ETHERTYPE_IPV4;
    Object.assign(frame.ipv4, ipv4, { protocol: PROTOCOL_TCP });
    [frame.ipv4.source.w3, frame.ipv4.destination.w3] = addresses;
    Object.assign(frame.segment, segment, some, { bytes: payload, payloadEnd: payload.length });
    [frame.segment.seq, frame.segment.ack] = numbers;
    return frame;
  });

test('the whole frame is written as the layers write it, octet for octet', () => {
  fc.assert(
    fc.property(anyFrame, fc.nat(5), (frame, start) => {
      const [ours, theirs] = [new Uint8Array(200), new Uint8Array(200)];
      expect(writeTcpFrame(frame, ours, start)).toBe(writeByLayers(frame, theirs, start));
      expect(ours).toEqual(theirs);
    }),
    { seed: 9293, numRuns: 2000 },
  );
});

test('the whole frame is read as the layers read it, padded or not', () => {
  fc.assert(
    fc.property(anyFrame, fc.nat(5), fc.nat(20), (frame, start, padding) => {
      const bytes = new Uint8Array(200);
      const end = start + writeByLayers(frame, bytes, start) + padding;
      const read = new TcpFrame();
      expect(parseTcpFrame(bytes, start, end, read)).toBe(true);
      expect(read).toEqual(parseByLayers(bytes, start, end));
    }),
    { seed: 9293, numRuns: 1000 },
  );
});

test('a reused record keeps nothing of the frame before', () => {
  const read = new TcpFrame();
  fc.assert(
    fc.property(anyFrame, (frame) => {
      const bytes = new Uint8Array(200);
      const end = writeByLayers(frame, bytes, 0);
      parseTcpFrame(bytes, 0, end, read);
      expect(read).toEqual(parseByLayers(bytes, 0, end));
    }),
    { seed: 9293 },
  );
});

/** Make the checksums of a changed frame right again, as far as its lengths allow. */
function mend(bytes: Uint8Array, start: number, end: number): void {
  const put = (at: number, sum: number) => {
    bytes[at] = ~sum >>> 8;
    bytes[at + 1] = ~sum;
  };
  const view = new DataView(bytes.buffer);
  put(start + 24, 0xffff);
  put(start + 24, checksum(bytes, start + 14, start + 34, 0));
  const tcpEnd = Math.min(end, start + 14 + view.getUint16(start + 16));
  if (tcpEnd < start + 54) return;
  put(start + 50, 0xffff);
  const addresses = checksum(bytes, start + 26, start + 34, PROTOCOL_TCP + tcpEnd - start - 34);
  put(start + 50, checksum(bytes, start + 34, tcpEnd, addresses));
}

test('a damaged frame is read in one pass exactly when the layers read it', () => {
  let good = 0;
  let bad = 0;
  const damage = fc.tuple(fc.nat(99), fc.oneof(octet, fc.constantFrom(0, 1, 2, 0x40, 0x45, 0x46, 0xff)));
  fc.assert(
    fc.property(
      anyFrame,
      fc.array(damage, { maxLength: 3 }),
      fc.boolean(),
      fc.nat(60),
      (frame, damages, mended, cut) => {
        const bytes = new Uint8Array(200);
        let end = 3 + writeByLayers(frame, bytes, 3);
        for (const [at, value] of damages) bytes[3 + at] = value;
        if (mended) mend(bytes, 3, end);
        if (cut < 20) end -= cut;
        const read = new TcpFrame();
        const wanted = parseByLayers(bytes, 3, end);
        expect(parseTcpFrame(bytes, 3, end, read)).toBe(wanted !== null);
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

test('a frame that does not fit is misuse, and nothing is written', () => {
  const frame = new TcpFrame();
  const bytes = new Uint8Array(53);
  expect(() => writeTcpFrame(frame, bytes, 0)).toThrow(MisuseError);
  frame.segment.bytes = new Uint8Array(65_496);
  frame.segment.payloadEnd = 65_496;
  expect(() => writeTcpFrame(frame, new Uint8Array(70_000), 0)).toThrow(MisuseError);
  expect(bytes.every((value) => value === 0)).toBe(true);
});
