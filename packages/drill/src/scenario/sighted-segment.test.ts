import {
  ACK,
  FIN,
  Ipv4Header,
  PROTOCOL_TCP,
  SYN,
  Segment,
  fillChecksum,
  parseAddress,
  pseudoHeaderSum,
  seq,
  writeIpv4,
  writeSegment,
} from '@tcblab/tcp/wire';
import { expect, test } from 'vitest';
import type { HostEvidence, TappedFrame } from './evidence.ts';
import { describeSighted, sightSegments } from './sighted-segment.ts';

interface Sketch {
  readonly from?: string;
  readonly to?: string;
  readonly flags: number;
  readonly seq: number;
  readonly ack?: number;
  readonly text?: string;
}

function frame(
  index: number,
  { from = 'a', to = from === 'a' ? 'b' : 'a', flags, seq: number, ack, text = '' }: Sketch,
): TappedFrame {
  const bytes = new Uint8Array(200);
  bytes.set([0x08, 0x00], 12);
  const segment = new Segment();
  segment.sourcePort = from === 'a' ? 1000 : 80;
  segment.destinationPort = from === 'a' ? 80 : 1000;
  segment.flags = flags;
  segment.seq = seq(number);
  segment.ack = seq(ack ?? 0);
  segment.bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  segment.payloadEnd = text.length;
  const length = writeSegment(segment, bytes, 34);
  const ip = new Ipv4Header();
  ip.source.copyFrom(parseAddress(ADDRESS[from]));
  ip.destination.copyFrom(parseAddress(ADDRESS[to]));
  ip.protocol = PROTOCOL_TCP;
  ip.ttl = 64;
  writeIpv4(ip, bytes, 14, length);
  fillChecksum(bytes, 34, 34 + length, pseudoHeaderSum(ip.source, ip.destination, PROTOCOL_TCP, length));
  return { index, time: index, direction: from === 'a' ? 'out' : 'in', bytes: bytes.slice(0, 34 + length) };
}

const ADDRESS: Record<string, string> = { a: '10.0.0.1', b: '10.0.0.2', c: '10.0.0.3' };

function sight(frames: TappedFrame[]) {
  const host: HostEvidence = {
    host: 'a',
    number: 1,
    address: ADDRESS.a,
    implementation: 'x',
    frames,
    application: { role: 'x', done: true, steps: [] },
    trace: [],
  };
  return sightSegments(host, [ADDRESS.a, ADDRESS.b]);
}

function lines(...sketches: Sketch[]): string[] {
  const { segments } = sight(sketches.map((sketch, index) => frame(index + 1, sketch)));
  return segments.map(
    (segment) => `${segment.frame} ${describeSighted(segment)}${segment.again ? ' again' : ''}`,
  );
}

test('numbers count from each end’s SYN, also across zero', () => {
  expect(
    lines(
      { flags: SYN, seq: 0xffff_fffe },
      { from: 'b', flags: SYN | ACK, seq: 500, ack: 0xffff_ffff },
      { flags: ACK, seq: 0xffff_ffff, ack: 501 },
      { flags: ACK, seq: 0xffff_ffff, ack: 501, text: 'hello' },
      { from: 'b', flags: ACK, seq: 501, ack: 4 },
      { flags: FIN | ACK, seq: 4, ack: 501 },
    ),
  ).toEqual([
    '1 SYN seq 0',
    '2 SYN,ACK seq 0 ack 1',
    '3 ACK seq 1 ack 1',
    '4 ACK seq 1 ack 1 length 5',
    '5 ACK seq 1 ack 6',
    '6 FIN,ACK seq 6 ack 1',
  ]);
});

test('what was sent before is known, also in other pieces; a bare ACK never is', () => {
  expect(
    lines(
      { flags: SYN, seq: 10 },
      { flags: SYN, seq: 10 },
      { flags: ACK, seq: 11, ack: 1, text: 'hello' },
      { flags: ACK, seq: 11, ack: 1 },
      { flags: ACK, seq: 13, ack: 1, text: 'll' },
      { flags: ACK, seq: 13, ack: 1, text: 'llo!' },
    ),
  ).toEqual(
    [
      '1 SYN seq 0',
      '2 SYN seq 0 again',
      '3 ACK seq 1 ack 0 length 5',
      '4 ACK seq 1 ack 0',
      '5 ACK seq 3 ack 0 length 2 again',
      '6 ACK seq 3 ack 0 length 4',
    ].map((line) => line.replace('ack 0', 'ack 1')),
  );
});

test('a new SYN on the same ports begins a new connection, with new numbers for both ends', () => {
  expect(
    lines(
      { flags: SYN, seq: 10 },
      { from: 'b', flags: SYN | ACK, seq: 20, ack: 11 },
      { flags: SYN, seq: 5000 },
      { from: 'b', flags: SYN | ACK, seq: 9000, ack: 5001 },
      { flags: ACK, seq: 5001, ack: 9001 },
    ),
  ).toEqual([
    '1 SYN seq 0',
    '2 SYN,ACK seq 0 ack 1',
    '3 SYN seq 0',
    '4 SYN,ACK seq 0 ack 1',
    '5 ACK seq 1 ack 1',
  ]);
});

test('what is not TCP between the two hosts is passed over', () => {
  const arp: TappedFrame = { index: 1, time: 0, direction: 'in', bytes: new Uint8Array(60) };
  const other = frame(2, { from: 'c', to: 'a', flags: SYN, seq: 1 });
  const udp = frame(3, { flags: SYN, seq: 1 });
  expect(sight([arp, other, { ...udp, bytes: udp.bytes.slice(0, 40) }]).segments).toEqual([]);
});

test('a segment with a wrong checksum, and one that is malformed, are kept apart', () => {
  const good = frame(1, { flags: SYN, seq: 1 });
  const flipped = {
    ...good,
    index: 2,
    bytes: good.bytes.map((octet, at) => (at === 40 ? octet ^ 1 : octet)),
  };
  const { segments, bad } = sight([good, flipped]);
  expect(segments.length).toBe(1);
  expect(bad).toEqual([
    { frame: 2, direction: 'out', fault: { layer: 'tcp', reason: 'bad-checksum', at: 16 } },
  ]);
});
