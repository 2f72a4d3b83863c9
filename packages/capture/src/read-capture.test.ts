import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ACK, SYN } from '@tcblab/tcp/wire';
import { packet, tcpFrame } from '../testing/frames.ts';
import { INBOUND, OUTBOUND } from './pcapng/format.ts';
import { PcapngWriter } from './pcapng/writer.ts';
import { readCapture } from './read-capture.ts';

const syn = tcpFrame({ from: 1, seq: 100, flags: SYN, mss: 1460 });
const answer = tcpFrame({ from: 2, seq: 300, ack: 101, flags: SYN | ACK });

function file(packets = 3): Uint8Array<ArrayBuffer> {
  const writer = new PcapngWriter({
    section: { application: 'tcblab', comment: 'for a test' },
    interfaces: [
      { host: 1, name: 'a:eth0', mac: '02:00:00:00:00:01', ipv4: '10.0.0.1/24', speed: 1e9, filter: 'tcp' },
    ],
    names: [{ address: '10.0.0.1', names: ['a', 'left'] }],
  });
  for (let at = 1; at <= packets; at++) {
    const frame = at % 2 === 1 ? syn : answer;
    writer.begin(
      packet(frame, {
        micros: 1_000_000 * at,
        nanos: at,
        flags: at % 2 === 1 ? OUTBOUND : INBOUND,
        frame: at,
      }),
    );
    writer.comment(`packet ${at}`);
    writer.end();
  }
  writer.statistics(0, {
    start: { micros: 5, nanos: 6 },
    end: { micros: 7, nanos: 8 },
    received: 9,
    dropped: 1,
    osDropped: 2,
  });
  return writer.take().slice();
}

const time = fc.record({
  micros: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  nanos: fc.integer({ min: 0, max: 999 }),
});
const text = fc.string({ unit: 'grapheme', maxLength: 40 }).map((raw) => raw.replaceAll('\0', ''));
const anyPacket = fc.record({
  index: fc.integer({ min: 0, max: 1 }),
  time,
  bytes: fc.uint8Array({ maxLength: 200 }),
  more: fc.integer({ min: 0, max: 2000 }),
  flags: fc.integer({ min: 0, max: 0xffff_ffff }),
  frame: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  comments: fc.array(text, { maxLength: 3 }),
});

test('what the writer writes the reader reads, whatever it is', () => {
  fc.assert(
    fc.property(
      fc.array(anyPacket, { maxLength: 12 }),
      text,
      fc.integer({ min: 0, max: 7 }),
      (packets, name, pad) => {
        const writer = new PcapngWriter({
          section: { comment: name },
          interfaces: [
            { host: 1, name },
            { host: 255, name: 'b', description: name },
          ],
          batch: 64,
        });
        for (const { index, time: when, bytes, more, flags, frame, comments } of packets) {
          const padded = new Uint8Array([...new Uint8Array(pad), ...bytes]);
          writer.begin(
            packet(padded, {
              interface: index,
              ...when,
              start: pad,
              originalLength: bytes.length + more,
              flags,
              frame,
            }),
          );
          for (const comment of comments) writer.comment(comment);
          writer.end();
        }
        const read = readCapture(writer.take());
        expect(read.fault).toBeNull();
        expect(read.sections).toEqual([{ comments: [name] }]);
        expect(read.interfaces.map((on) => on.name)).toEqual([name, 'b']);
        expect(
          read.packets.map((kept) => ({
            ...kept,
            at: 0,
            bytes: [...kept.bytes],
            comments: [...kept.comments],
          })),
        ).toEqual(
          packets.map(({ index, time: when, bytes, more, flags, frame, comments }) => ({
            interface: index,
            ...when,
            bytes: [...bytes],
            originalLength: bytes.length + more,
            flags,
            id: { host: index === 0 ? 1 : 255, frame },
            at: 0,
            comments,
          })),
        );
      },
    ),
  );
});

test('what is known of the file and its interface comes back', () => {
  const read = readCapture(file());
  expect(read).toMatchObject({
    format: 'pcapng',
    fault: null,
    sections: [{ application: 'tcblab', comments: ['for a test'] }],
    interfaces: [
      {
        section: 0,
        linkType: 1,
        snapLength: 262_144,
        name: 'a:eth0',
        mac: '02:00:00:00:00:01',
        ipv4: '10.0.0.1/24',
        speed: 1e9,
        filter: 'tcp',
        timeResolution: 9,
        statistics: {
          start: { micros: 5, nanos: 6 },
          end: { micros: 7, nanos: 8 },
          received: 9,
          dropped: 1,
          osDropped: 2,
        },
      },
    ],
  });
  expect([...read.names]).toEqual([['10.0.0.1', ['a', 'left']]]);
});

test('a file cut anywhere gives the packets before the cut, and says that it was cut', () => {
  const whole = file();
  const ends = readCapture(whole).packets.map(
    ({ at }) => at + new DataView(whole.buffer).getUint32(at + 4, true),
  );
  let complete = 0;
  for (let length = 0; length <= whole.length; length++) {
    const { packets, fault } = readCapture(whole.subarray(0, length));
    expect(packets).toHaveLength(ends.filter((end) => end <= length).length);
    if (fault === null) complete++;
    else expect(fault.reason).toBe(length < 12 ? 'not-a-capture' : 'truncated');
  }
  // Only a cut between two blocks goes unseen, and there are seven blocks.
  expect(complete).toBe(7);
});

test('ten thousand damaged files are read without a throw', () => {
  const whole = file(6);
  let state = 0x5eed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let round = 0; round < 10_000; round++) {
    const damaged = whole.slice(0, round % 4 === 0 ? random(whole.length) : whole.length);
    for (let count = 1 + random(8); count > 0 && damaged.length > 0; count--)
      damaged[random(damaged.length)] = random(256);
    const read = readCapture(damaged);
    expect(read.packets.length).toBeLessThanOrEqual(10);
    if (read.fault !== null) expect(read.fault.at).toBeLessThanOrEqual(damaged.length);
  }
});

/** A block of 32-bit words of either byte order, its lengths filled in. */
function block(little: boolean, type: number, ...words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(12 + words.length * 4);
  const view = new DataView(bytes.buffer);
  [type, bytes.length, ...words, bytes.length].forEach((word, at) => view.setUint32(at * 4, word, little));
  return bytes;
}
const join = (...blocks: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(blocks));
const section = (little = true) =>
  block(little, 0x0a0d0d0a, 0x1a2b3c4d, little ? 1 : 0x0001_0000, 0xffff_ffff, 0xffff_ffff);
const ethernet = (little = true, ...options: readonly number[]) =>
  block(little, 1, little ? 1 : 0x0001_0000, 65_535, ...options);
const enhanced = (index: number, ...options: readonly number[]) =>
  block(true, 6, index, 0, 1_000_000, 4, 4, 0xddccbbaa, ...options);

test('a big-endian file is read', () => {
  const resolution = [0x0009_0001, 0x0900_0000, 0x0002_0002, 0x6869_0000, 0];
  const packet = block(false, 6, 0, 0x1_0000, 0x0000_03e9, 4, 60, 0xaabb_ccdd, 0x0001_0002, 0x6869_0000, 0);
  const read = readCapture(join(section(false), ethernet(false, ...resolution), packet));
  expect(read.fault).toBeNull();
  expect(read.interfaces[0]).toMatchObject({ name: 'hi', linkType: 1, timeResolution: 9 });
  expect(read.packets[0]).toMatchObject({ originalLength: 60, comments: ['hi'] });
  expect(BigInt(read.packets[0].micros) * 1000n + BigInt(read.packets[0].nanos)).toBe(0x1_0000_0000_03e9n);
  expect([...read.packets[0].bytes]).toEqual([0xaa, 0xbb, 0xcc, 0xdd]);
});

test('times are microseconds unless the interface says otherwise, powers of two and offsets included', () => {
  const at = (...options: readonly number[]) => {
    const { micros, nanos } = readCapture(join(section(), ethernet(true, ...options), enhanced(0)))
      .packets[0];
    return { micros, nanos };
  };
  const resolution = (value: number) => [9 | (1 << 16), value];
  expect(at()).toEqual({ micros: 1_000_000, nanos: 0 });
  expect(at(...resolution(9))).toEqual({ micros: 1000, nanos: 0 });
  expect(at(...resolution(3))).toEqual({ micros: 1_000_000_000, nanos: 0 });
  expect(at(...resolution(12))).toEqual({ micros: 1, nanos: 0 });
  expect(at(...resolution(0x80 | 20))).toEqual({ micros: 953_674, nanos: 316 });
  expect(at(14 | (8 << 16), 10, 0)).toEqual({ micros: 11_000_000, nanos: 0 });
  expect(at(...resolution(255)).micros).toBe(0);
});

test('interfaces are counted anew in each section', () => {
  const read = readCapture(
    join(section(), ethernet(), enhanced(0), section(), ethernet(), ethernet(), enhanced(1)),
  );
  expect(read.fault).toBeNull();
  expect(read.packets.map((each) => each.interface)).toEqual([0, 2]);
  expect(read.interfaces.map((each) => each.section)).toEqual([0, 1, 1]);
});

test('old and simple packet blocks are read, unknown blocks are passed over', () => {
  const old = block(true, 2, 0xffff_0000, 0, 7, 4, 4, 1);
  const simple = block(true, 3, 4, 2);
  const read = readCapture(
    join(section(), ethernet(), old, block(true, 0xbad, 32_473), block(true, 10, 1, 2), simple),
  );
  expect(read.fault).toBeNull();
  expect(read.packets.map((each) => [...each.bytes])).toEqual([
    [1, 0, 0, 0],
    [2, 0, 0, 0],
  ]);
});

test.each([
  ['a packet before any interface', [section(), enhanced(0)], 'unknown-interface'],
  ['an interface that was not described', [section(), ethernet(), enhanced(1)], 'unknown-interface'],
  ['an interface of another section', [section(), ethernet(), section(), enhanced(0)], 'unknown-interface'],
  [
    'more octets than the block holds',
    [section(), ethernet(), block(true, 6, 0, 0, 0, 99, 99, 1)],
    'bad-length',
  ],
  ['a packet block too small for its header', [section(), ethernet(), block(true, 6, 0, 0)], 'bad-length'],
  ['flags of three octets', [section(), ethernet(), enhanced(0, 2 | (3 << 16), 1, 0)], 'bad-option'],
  [
    'an option that runs past its block',
    [section(), ethernet(), enhanced(0, 1 | (40 << 16), 1)],
    'bad-option',
  ],
  ['a version from the future', [block(true, 0x0a0d0d0a, 0x1a2b3c4d, 2, 0, 0)], 'unsupported'],
  ['an unknown byte order', [block(true, 0x0a0d0d0a, 0x11223344, 1, 0, 0)], 'bad-magic'],
  ['a file of something else', [new TextEncoder().encode('GET / HTTP/1.1\r\n')], 'not-a-capture'],
  ['an empty file', [], 'not-a-capture'],
] as const)('%s ends the reading with a reason', (_, blocks, reason) => {
  const bytes = join(...blocks);
  const { fault } = readCapture(bytes);
  expect(fault?.reason).toBe(reason);
  expect(fault?.at).toBeLessThanOrEqual(bytes.length);
});

test('lengths that disagree, or are no multiple of 4, end the reading; what came before is kept', () => {
  const good = join(section(), ethernet(), enhanced(0));
  for (const [field, value] of [
    [4, 45],
    [4, 8],
    [good.length, 40],
  ]) {
    const next = enhanced(0);
    const bytes = join(good, next);
    new DataView(bytes.buffer).setUint32(field === 4 ? good.length + 4 : bytes.length - 4, value, true);
    const read = readCapture(bytes);
    expect(read.packets).toHaveLength(1);
    expect(read.fault?.reason).toBe('bad-length');
  }
});

test('what other readers forgive is forgiven: no end of options, a later minor version, less on the wire than captured', () => {
  const later = block(true, 0x0a0d0d0a, 0x1a2b3c4d, 0x0002_0001, 0xffff_ffff, 0xffff_ffff);
  const short = block(true, 6, 0, 0, 7, 4, 2, 1, 1 | (2 << 16), 0x6968);
  const read = readCapture(join(later, ethernet(), short));
  expect(read.fault).toBeNull();
  expect(read.packets[0]).toMatchObject({ originalLength: 2, comments: ['hi'] });
});

/** A classic capture with one packet. */
function classic(little: boolean, magic: number, fraction: number): Uint8Array {
  const bytes = new Uint8Array(24 + 16 + 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, little);
  view.setUint16(4, 2, little);
  view.setUint16(6, 4, little);
  view.setUint32(16, 65_535, little);
  view.setUint32(20, 1, little);
  [10, fraction, 4, 60].forEach((word, at) => view.setUint32(24 + at * 4, word, little));
  bytes.set([1, 2, 3, 4], 40);
  return bytes;
}

test.each([
  [true, 0xa1b2c3d4, 123_456, { micros: 10_123_456, nanos: 0 }],
  [false, 0xa1b2c3d4, 123_456, { micros: 10_123_456, nanos: 0 }],
  [true, 0xa1b23c4d, 123_456_789, { micros: 10_123_456, nanos: 789 }],
  [false, 0xa1b23c4d, 123_456_789, { micros: 10_123_456, nanos: 789 }],
])('classic pcap is read: little-endian %s, magic %d', (little, magic, fraction, when) => {
  const bytes = classic(little, magic, fraction);
  const read = readCapture(bytes);
  expect(read).toMatchObject({
    format: 'pcap',
    fault: null,
    interfaces: [{ linkType: 1, snapLength: 65_535 }],
  });
  expect(read.packets).toEqual([
    {
      interface: 0,
      ...when,
      bytes: Uint8Array.of(1, 2, 3, 4),
      originalLength: 60,
      flags: 0,
      id: null,
      comments: [],
      at: 24,
    },
  ]);
  expect(readCapture(bytes.subarray(0, 43))).toMatchObject({
    packets: [],
    fault: { at: 24, reason: 'truncated' },
  });
  expect(readCapture(bytes.subarray(0, 30))).toMatchObject({
    packets: [],
    fault: { at: 24, reason: 'truncated' },
  });
  expect(readCapture(bytes.subarray(0, 10))).toMatchObject({
    packets: [],
    fault: { at: 0, reason: 'truncated' },
  });
});
