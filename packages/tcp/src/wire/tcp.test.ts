import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MisuseError } from '../misuse-error.ts';
import { parseAddress } from './address-text.ts';
import { checksum, pseudoHeaderSum } from './checksum.ts';
import { PROTOCOL_TCP } from './ipv4.ts';
import { ACK, PSH, SYN, Segment } from './segment.ts';
import { seq } from './seq.ts';
import { fillChecksum, headerLength, parseSegment, writeSegment } from './tcp.ts';

/** A SYN whose options are exactly these octets, which must be a multiple of 4. */
function withOptions(...options: number[]): Uint8Array {
  const bytes = new Uint8Array(20 + options.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(12, (bytes.length << 10) | SYN);
  bytes.set(options, 20);
  return bytes;
}

function parsed(bytes: Uint8Array): Segment {
  const segment = new Segment();
  expect(parseSegment(bytes, 0, bytes.length, segment)).toBeNull();
  return segment;
}

function verdict(bytes: Uint8Array, end = bytes.length) {
  return parseSegment(bytes, 0, end, new Segment());
}

const NO_OPTIONS = {
  mss: 0,
  windowScale: -1,
  sackPermitted: false,
  timestamps: false,
  tsVal: 0,
  tsEcr: 0,
  sack: [],
};

const word = fc.nat(0xffffffff);
const anySegment = fc
  .record({
    sourcePort: fc.nat(0xffff),
    destinationPort: fc.nat(0xffff),
    seq: word.map(seq),
    ack: word.map(seq),
    flags: fc.nat(0xff),
    wnd: fc.nat(0xffff),
    up: fc.nat(0xffff),
    mss: fc.nat(0xffff),
    windowScale: fc.integer({ min: -1, max: 14 }),
    sackPermitted: fc.boolean(),
    timestamps: fc.boolean(),
    tsVal: word,
    tsEcr: word,
    // Two blocks fit beside every other option; how more of them are cut has its own test.
    sack: fc.array(fc.record({ left: word.map(seq), right: word.map(seq) }), { maxLength: 2 }),
    bytes: fc.uint8Array({ maxLength: 60 }),
  })
  .map((fields) => {
    const segment = Object.assign(new Segment(), fields);
    if (!segment.timestamps) segment.tsVal = segment.tsEcr = 0;
    segment.payloadEnd = fields.bytes.length;
    return segment;
  });

test('what is written is what is read', () => {
  fc.assert(
    fc.property(anySegment, fc.nat(5), (segment, start) => {
      const bytes = new Uint8Array(140).fill(0xee);
      const length = writeSegment(segment, bytes, start);
      expect(length).toBe(headerLength(segment) + segment.payloadLength);
      const read = new Segment();
      expect(parseSegment(bytes, start, start + length, read)).toBeNull();
      expect(read.payload).toEqual(segment.payload);
      read.bytes = segment.bytes;
      read.payloadStart = segment.payloadStart;
      read.payloadEnd = segment.payloadEnd;
      expect(read).toEqual(segment);
      expect(bytes.subarray(0, start).every((octet) => octet === 0xee)).toBe(true);
      expect(bytes.subarray(start + length).every((octet) => octet === 0xee)).toBe(true);
    }),
    { seed: 9293, numRuns: 2000 },
  );
});

// Proves: MUST-2
test('the checksum that is filled in is the one that verifies, for odd and even payloads', () => {
  const source = parseAddress('10.0.0.1');
  const destination = parseAddress('10.0.0.2');
  fc.assert(
    fc.property(anySegment, fc.nat(5), (segment, start) => {
      const bytes = new Uint8Array(140);
      const length = writeSegment(segment, bytes, start);
      const pseudo = pseudoHeaderSum(source, destination, PROTOCOL_TCP, length);
      fillChecksum(bytes, start, start + length, pseudo);
      expect(checksum(bytes, start, start + length, pseudo)).toBe(0xffff);
      const elsewhere = pseudoHeaderSum(source, parseAddress('10.0.0.3'), PROTOCOL_TCP, length);
      expect(checksum(bytes, start, start + length, elsewhere)).not.toBe(0xffff);
    }),
    { seed: 1071 },
  );
});

// Proves: MUST-3
test('a checksum field of 0 does not mean that there is no checksum', () => {
  const bytes = new Uint8Array(20);
  const pseudo = pseudoHeaderSum(parseAddress('10.0.0.1'), parseAddress('10.0.0.2'), PROTOCOL_TCP, 20);
  writeSegment(new Segment(), bytes, 0);
  expect(checksum(bytes, 0, 20, pseudo)).not.toBe(0xffff);
});

test('the options of a SYN stand in the order of Linux', () => {
  const segment = new Segment();
  segment.sourcePort = 40_000;
  segment.destinationPort = 80;
  segment.seq = seq(0xfffffff0);
  segment.flags = SYN;
  segment.wnd = 65_535;
  segment.mss = 1460;
  segment.sackPermitted = true;
  segment.timestamps = true;
  segment.tsVal = 0x80000001;
  segment.windowScale = 7;
  const bytes = new Uint8Array(40);
  expect(writeSegment(segment, bytes, 0)).toBe(40);
  expect(Buffer.from(bytes).toString('hex')).toBe(
    '9c400050fffffff000000000' + 'a002ffff00000000' + '020405b4' + '0402080a8000000100000000' + '01030307',
  );
});

test('a header ends on a word whichever options it has', () => {
  const segment = new Segment();
  expect(headerLength(segment)).toBe(20);
  segment.timestamps = true;
  expect(headerLength(segment)).toBe(32);
  segment.sackPermitted = true;
  expect(headerLength(segment)).toBe(32);
  segment.timestamps = false;
  expect(headerLength(segment)).toBe(24);
  segment.windowScale = 0;
  expect(headerLength(segment)).toBe(28);
});

test('of four SACK blocks three fit beside timestamps, the first three', () => {
  const segment = new Segment();
  segment.sack = [1, 3, 5, 7].map((left) => ({ left: seq(left), right: seq(left + 1) }));
  segment.timestamps = true;
  const bytes = new Uint8Array(60);
  expect(writeSegment(segment, bytes, 0)).toBe(60);
  expect(parsed(bytes).sack).toEqual(segment.sack.slice(0, 3));
  segment.timestamps = false;
  expect(writeSegment(segment, bytes, 0)).toBe(56);
  expect(parsed(bytes.subarray(0, 56)).sack).toEqual(segment.sack);
});

test('a payload that lies where the header will be is moved, not lost', () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, at) => at);
  const segment = new Segment();
  segment.flags = PSH | ACK;
  segment.bytes = bytes;
  segment.payloadStart = 4;
  segment.payloadEnd = 34;
  expect(writeSegment(segment, bytes, 0)).toBe(50);
  expect(Array.from(bytes.subarray(20, 50))).toEqual(Array.from({ length: 30 }, (_, at) => at + 4));
});

test('a segment that does not fit is misuse, and nothing is written', () => {
  const segment = new Segment();
  segment.seq = seq(0xffffffff);
  const bytes = new Uint8Array(24);
  expect(() => writeSegment(segment, bytes, 5)).toThrow(MisuseError);
  expect(bytes.every((octet) => octet === 0)).toBe(true);
});

test('a reused record keeps nothing of the segment before', () => {
  const segment = parsed(withOptions(2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 3, 3, 7));
  expect(segment).toMatchObject({
    mss: 1460,
    windowScale: 7,
    sackPermitted: true,
    tsVal: 0x01020304,
    tsEcr: 0x05060708,
  });
  parseSegment(withOptions(), 0, 20, segment);
  expect(segment).toMatchObject(NO_OPTIONS);
});

test.each([
  ['no octets', new Uint8Array(0), 'truncated', 0],
  ['19 octets', new Uint8Array(19), 'truncated', 0],
  ...[0, 1, 2, 3, 4].map((words) => [
    `a data offset of ${words}`,
    withOptions().with(12, words << 4),
    'bad-length',
    12,
  ]),
  ['a data offset past the end', withOptions().with(12, 0x60), 'bad-length', 12],
  ['the largest data offset', withOptions().with(12, 0xf0), 'bad-length', 12],
] as [string, Uint8Array, string, number][])('%s is malformed', (_, bytes, reason, at) => {
  expect(verdict(bytes)).toEqual({ layer: 'tcp', reason, at });
});

// Proves: MUST-7
test.each([
  ['MSS with length 0', [2, 0, 5, 180], 20],
  ['MSS with length 1', [2, 1, 5, 180], 20],
  ['an unknown option with length 0', [1, 253, 0, 0], 21],
  ['a length past the header', [1, 1, 8, 10], 22],
  ['a length one past the header', [1, 253, 4, 0], 21],
  ['a kind without length in the last octet', [1, 1, 1, 2], 23],
  ['a length of 255', [253, 255, 0, 0], 20],
])('%s stops the reading and drops the segment', (_, options, at) => {
  expect(verdict(withOptions(...options))).toEqual({ layer: 'tcp', reason: 'bad-length', at });
});

test.each([
  ['end of list, then what would be malformed', [0, 2, 0, 255], {}],
  ['nothing but no-operations', Array.from({ length: 40 }, () => 1), {}],
  ['an unknown option, then MSS', [253, 4, 0, 0, 2, 4, 2, 24], { mss: 536 }],
  ['an unknown option of 40 octets', [254, 40, ...Array.from({ length: 38 }, () => 7)], {}],
  ['MSS away from a word boundary', [1, 2, 4, 2, 24, 0, 0, 0], { mss: 536 }],
  ['MSS of length 3', [2, 3, 5, 1], {}],
  ['MSS of length 5', [2, 5, 5, 180, 0, 1, 1, 1], {}],
  ['MSS of 0, which counts as absent', [2, 4, 0, 0], {}],
  ['MSS of 1', [2, 4, 0, 1], { mss: 1 }],
  ['the largest MSS', [2, 4, 255, 255], { mss: 65_535 }],
  ['MSS twice, of which the last counts', [2, 4, 5, 180, 2, 4, 2, 24], { mss: 536 }],
  ['a window scale of 0', [1, 3, 3, 0], { windowScale: 0 }],
  ['a window scale of 14', [1, 3, 3, 14], { windowScale: 14 }],
  ['a window scale of 15, used as 14', [1, 3, 3, 15], { windowScale: 14 }],
  ['a window scale of 255, used as 14', [1, 3, 3, 255], { windowScale: 14 }],
  ['a window scale of length 2', [1, 1, 3, 2], {}],
  ['SACK-permitted of length 3', [1, 4, 3, 0], {}],
  ['timestamps of length 8', [8, 8, 1, 2, 3, 4, 5, 6], {}],
  ['SACK without blocks', [1, 1, 5, 2], {}],
  ['SACK with half a block', [1, 1, 5, 6, 0, 0, 0, 1], {}],
  [
    'SACK with a block that runs backwards, left to the connection to judge',
    [1, 1, 5, 10, 0, 0, 0, 9, 0, 0, 0, 1],
    { sack: [{ left: 9, right: 1 }] },
  ],
  [
    'timestamps at the top of the ring',
    [1, 1, 8, 10, 255, 255, 255, 255, 128, 0, 0, 0],
    { timestamps: true, tsVal: 0xffffffff, tsEcr: 0x80000000 },
  ],
] as [string, number[], Partial<Segment>][])('options: %s', (_, options, expected) => {
  expect(parsed(withOptions(...options))).toMatchObject({ ...NO_OPTIONS, ...expected });
});
