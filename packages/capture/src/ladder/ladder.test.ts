import { needs } from '@tcblab/test-needs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ACK, FIN, PSH, SYN } from '@tcblab/tcp/wire';
import { tell } from '../../testing/conversation.ts';
import type { Story, Told } from '../../testing/conversation.ts';
import { dialogue } from '../../testing/dialogue.ts';
import type { Line } from '../../testing/dialogue.ts';
import { tcpFrame } from '../../testing/frames.ts';
import { fields } from '../../testing/tools.ts';
import type { CapturedPacket } from '../captured.ts';
import { INBOUND, OUTBOUND } from '../pcapng/format.ts';
import type { TraceRecord } from '../trace/trace-file.ts';
import { buildLadder } from './build.ts';
import type { Ladder } from './rows.ts';
import { writeLadder } from './text.ts';
import type { LadderTextOptions } from './text.ts';

/** Host A tells of itself, host B is seen from outside only, unless both tell. */
function ladderOf({ captures, records }: Told, telling: readonly number[] = [1]): Ladder {
  return buildLadder({
    hosts: [
      { number: 1, name: 'host-a', implementation: 'reference', packets: captures[0].packets },
      { number: 2, name: 'host-b', implementation: 'Linux kernel', packets: captures[1].packets },
    ],
    trace: records.filter((record) => telling.includes(record.host)),
  });
}

const draw = (story: Story, options: LadderTextOptions = {}, telling?: readonly number[]) =>
  writeLadder(ladderOf(tell(story), telling), options);

/** As a snapshot likes it. */
const picture = (
  lines: readonly Line[],
  options: LadderTextOptions = {},
  notes: readonly TraceRecord[] = [],
) => `\n${writeLadder(buildLadder(dialogue(lines, notes)), options)}`;

const call = (time: number, name: 'OPEN' | 'CLOSE'): TraceRecord => {
  return { host: 1, event: { name: 'app_call', time, connection: 1, call: name, result: 'ok' } };
};

const OPTIONS = { mss: 1460, windowScale: 7, sackPermitted: true };
const OPEN: readonly Line[] = [
  { at: 0, from: 1, flags: SYN, options: OPTIONS },
  { at: 520, from: 2, flags: SYN | ACK, ack: 1, options: OPTIONS },
  { at: 1050, from: 1, flags: ACK, seq: 1, ack: 1, wnd: 512 },
];
const CONNECTION: readonly Line[] = [
  ...OPEN,
  { at: 1100, from: 1, flags: PSH | ACK, seq: 1, ack: 1, length: 1000, wnd: 512 },
  { at: 1700, from: 2, flags: ACK, seq: 1, ack: 1001, wnd: 501 },
  { at: 1800, from: 2, flags: PSH | ACK, seq: 1, ack: 1001, length: 100, wnd: 501 },
  { at: 2400, from: 1, flags: FIN | ACK, seq: 1001, ack: 101, wnd: 511 },
  { at: 2950, from: 2, flags: FIN | ACK, seq: 101, ack: 1002, wnd: 501 },
  { at: 3500, from: 1, flags: ACK, seq: 1002, ack: 102, wnd: 511 },
];

test('a whole connection: handshake, bytes both ways, close', () => {
  expect(picture(CONNECTION, {}, [call(-1, 'OPEN'), call(2390, 'CLOSE')])).toMatchInlineSnapshot(`
    "
    host-a · reference                                                           host-b · Linux kernel ~
    10.77.0.1:40000                                                                         10.77.0.2:80

       ms  #  state                                                                     state          #
    0.000  1  SYN-SENT     ─── SYN  seq 0  win 65535 ────────────────────────────────▶  ~SYN-RECEIVED  1
                           mss 1460 · wscale 7 · sack permitted
    0.520  2  ESTABLISHED  ◀───────────────────── SYN,ACK  seq 0  ack 1  win 65535 ───  ~SYN-RECEIVED  2
                           mss 1460 · wscale 7 · sack permitted
    1.050  3  ESTABLISHED  ─── ACK  seq 1  ack 1  win 512 ───────────────────────────▶  ~ESTABLISHED   3
    1.100  4  ESTABLISHED  ─── PSH,ACK  seq 1  ack 1  len 1000  win 512 ─────────────▶  ~ESTABLISHED   4
    1.700  5  ESTABLISHED  ◀──────────────────────── ACK  seq 1  ack 1001  win 501 ───  ~ESTABLISHED   5
    1.800  6  ESTABLISHED  ◀─────────── PSH,ACK  seq 1  ack 1001  len 100  win 501 ───  ~ESTABLISHED   6
    2.390     ESTABLISHED  ● CLOSE
    2.400  7  FIN-WAIT-1   ─── FIN,ACK  seq 1001  ack 101  win 511 ──────────────────▶  ~CLOSE-WAIT    7
    2.950  8  TIME-WAIT    ◀────────────────── FIN,ACK  seq 101  ack 1002  win 501 ───  ~LAST-ACK      8
    3.500  9  TIME-WAIT    ─── ACK  seq 1002  ack 102  win 511 ──────────────────────▶  ~CLOSED        9

    ~  inferred from the segments at that host's own interface
    "
  `);
});

test('the same in ASCII', () => {
  const text = picture(CONNECTION, { ascii: true }, [call(2390, 'CLOSE')]);
  expect(text).toMatch(/^[\n\u0020-\u007e]*$/);
  expect(text).toMatchInlineSnapshot(`
    "
    host-a | reference                                                           host-b | Linux kernel ~
    10.77.0.1:40000                                                                         10.77.0.2:80

       ms  #  state                                                                     state          #
    0.000  1  SYN-SENT     --- SYN  seq 0  win 65535 -------------------------------->  ~SYN-RECEIVED  1
                           mss 1460 | wscale 7 | sack permitted
    0.520  2  ESTABLISHED  <--------------------- SYN,ACK  seq 0  ack 1  win 65535 ---  ~SYN-RECEIVED  2
                           mss 1460 | wscale 7 | sack permitted
    1.050  3  ESTABLISHED  --- ACK  seq 1  ack 1  win 512 --------------------------->  ~ESTABLISHED   3
    1.100  4  ESTABLISHED  --- PSH,ACK  seq 1  ack 1  len 1000  win 512 ------------->  ~ESTABLISHED   4
    1.700  5  ESTABLISHED  <------------------------ ACK  seq 1  ack 1001  win 501 ---  ~ESTABLISHED   5
    1.800  6  ESTABLISHED  <----------- PSH,ACK  seq 1  ack 1001  len 100  win 501 ---  ~ESTABLISHED   6
    2.390     ESTABLISHED  * CLOSE
    2.400  7  FIN-WAIT-1   --- FIN,ACK  seq 1001  ack 101  win 511 ------------------>  ~CLOSE-WAIT    7
    2.950  8  TIME-WAIT    <------------------ FIN,ACK  seq 101  ack 1002  win 501 ---  ~LAST-ACK      8
    3.500  9  TIME-WAIT    --- ACK  seq 1002  ack 102  win 511 ---------------------->  ~CLOSED        9

    ~  inferred from the segments at that host's own interface
    "
  `);
});

test('on a bad wire: lost, sent again, doubled, overtaken, altered', () => {
  const data = { from: 1, flags: ACK, ack: 1, length: 1460, wnd: 512 } as const;
  const lines: Line[] = [
    { at: 0, from: 1, flags: SYN, options: { mss: 1460 }, arrives: [] },
    { at: 1_000_000, from: 1, flags: SYN, options: { mss: 1460 } },
    { at: 1_000_600, from: 2, flags: SYN | ACK, ack: 1, options: { mss: 1460 } },
    { at: 1_001_200, ...data, seq: 1, arrives: [2000] },
    { at: 1_001_210, ...data, seq: 1461, arrives: [500, 700] },
    { at: 1_001_220, ...data, seq: 2921, arrives: [] },
    { at: 1_003_300, from: 2, flags: ACK, seq: 1, ack: 2921, wnd: 501 },
    { at: 1_203_900, ...data, seq: 2921, altered: true },
    { at: 1_604_500, ...data, seq: 2921 },
    { at: 1_605_100, from: 2, flags: ACK, seq: 1, ack: 4381, wnd: 501 },
  ];
  expect(picture(lines)).toMatchInlineSnapshot(`
    "
    host-a · reference                                                           host-b · Linux kernel ~
    10.77.0.1:40000                                                                         10.77.0.2:80

          ms   #  state                                                                 state          #
       0.000   1  SYN-SENT     ─── SYN  seq 0  win 65535 ─────────────────✗
                               mss 1460
    1000.000   2  SYN-SENT     ─── again SYN  seq 0  win 65535 ──────────────────────▶  ~SYN-RECEIVED  1
                               mss 1460
    1000.600   3  ESTABLISHED  ◀───────────────── SYN,ACK  seq 0  ack 1  win 65535 ───  ~SYN-RECEIVED  2
                               mss 1460
    1001.200   4  ESTABLISHED  ─── ACK  seq 1  ack 1  len 1460  win 512 ─────────────▶  ~ESTABLISHED   5
                               overtaken by a later one
    1001.210   5  ESTABLISHED  ─── ACK  seq 1461  ack 1  len 1460  win 512 ──────────▶  ~ESTABLISHED   3
    1001.220   6  ESTABLISHED  ─ ACK  seq 2921  ack 1  len 1460  win 512 ─✗
    1001.910                   ┄┄┄ copy ACK  seq 1461  ack 1  len 1460  win 512 ─────▶  ~ESTABLISHED   4
    1003.300   7  ESTABLISHED  ◀──────────────────── ACK  seq 1  ack 2921  win 501 ───  ~ESTABLISHED   6
    1203.900   8  ESTABLISHED  ─── again ACK  seq 2921  ack 1  len 1460  win 512 ────▶  ~ESTABLISHED   7
                               altered on the wire
    1604.500   9  ESTABLISHED  ─── again ACK  seq 2921  ack 1  len 1460  win 512 ────▶  ~ESTABLISHED   8
    1605.100  10  ESTABLISHED  ◀──────────────────── ACK  seq 1  ack 4381  win 501 ───  ~ESTABLISHED   9

    ~  inferred from the segments at that host's own interface
    ─┄  still under way when the next row happens
    "
  `);
});

test('FINs that cross have rows of their own, so that each column shows its states in order', () => {
  const lines: Line[] = [
    ...OPEN,
    { at: 5000, from: 1, flags: FIN | ACK, seq: 1, ack: 1, wnd: 512 },
    { at: 5010, from: 2, flags: FIN | ACK, seq: 1, ack: 1, wnd: 501 },
    { at: 5520, from: 1, flags: ACK, seq: 2, ack: 2, wnd: 512 },
    { at: 5530, from: 2, flags: ACK, seq: 2, ack: 2, wnd: 501 },
  ];
  expect(picture(lines, {}, [call(4990, 'CLOSE')])).toMatchInlineSnapshot(`
    "
    host-a · reference                                                           host-b · Linux kernel ~
    10.77.0.1:40000                                                                         10.77.0.2:80

       ms  #  state                                                                     state          #
    0.000  1  SYN-SENT     ─── SYN  seq 0  win 65535 ────────────────────────────────▶  ~SYN-RECEIVED  1
                           mss 1460 · wscale 7 · sack permitted
    0.520  2  ESTABLISHED  ◀───────────────────── SYN,ACK  seq 0  ack 1  win 65535 ───  ~SYN-RECEIVED  2
                           mss 1460 · wscale 7 · sack permitted
    1.050  3  ESTABLISHED  ─── ACK  seq 1  ack 1  win 512 ───────────────────────────▶  ~ESTABLISHED   3
    4.990     ESTABLISHED  ● CLOSE
    5.000  4  FIN-WAIT-1   ─── FIN,ACK  seq 1  ack 1  win 512 ────────────────────┄┄┄┄
    5.010  5  CLOSING      ◀─────────────────────── FIN,ACK  seq 1  ack 1  win 501 ───  ~FIN-WAIT-1    4
    5.500                  ┄┄┄ FIN,ACK  seq 1  ack 1  win 512 ───────────────────────▶  ~CLOSING       5
    5.520  6  CLOSING      ─── ACK  seq 2  ack 2  win 512 ────────────────────────┄┄┄┄
    5.530  7  TIME-WAIT    ◀─────────────────────────── ACK  seq 2  ack 2  win 501 ───  ~CLOSING       6
    6.020                  ┄┄┄ ACK  seq 2  ack 2  win 512 ───────────────────────────▶  ~TIME-WAIT     7

    ~  inferred from the segments at that host's own interface
    ─┄  still under way when the next row happens
    "
  `);
});

const TRANSFER: readonly Line[] = Array.from({ length: 60 }, (_, at): Line => {
  const seq = 1 + 1460 * at;
  return at % 3 === 2
    ? { at: 2000 + 100 * at, from: 2, flags: ACK, seq: 1, ack: seq, wnd: 501 }
    : { at: 2000 + 100 * at, from: 1, flags: ACK, seq, ack: 1, length: 1460, wnd: 512 };
});

test('a long transfer is folded, and shown whole when asked for', () => {
  expect(picture([...OPEN, ...TRANSFER])).toMatchInlineSnapshot(`
    "
    host-a · reference                                                           host-b · Linux kernel ~
    10.77.0.1:40000                                                                         10.77.0.2:80

       ms   #  state                                                                   state           #
    0.000   1  SYN-SENT     ─── SYN  seq 0  win 65535 ──────────────────────────────▶  ~SYN-RECEIVED   1
                            mss 1460 · wscale 7 · sack permitted
    0.520   2  ESTABLISHED  ◀─────────────────── SYN,ACK  seq 0  ack 1  win 65535 ───  ~SYN-RECEIVED   2
                            mss 1460 · wscale 7 · sack permitted
    1.050   3  ESTABLISHED  ─── ACK  seq 1  ack 1  win 512 ─────────────────────────▶  ~ESTABLISHED    3
    2.000   4  ESTABLISHED  ─── ACK  seq 1  ack 1  len 1460  win 512 ───────────────▶  ~ESTABLISHED    5
    2.100   5  ESTABLISHED  ─── ACK  seq 1461  ack 1  len 1460  win 512 ────────────▶  ~ESTABLISHED    7
                            ⋮ 38 segments, 55,480 bytes → · 19 acks ←
    7.900  63  ESTABLISHED  ◀───────────────────── ACK  seq 1  ack 86141  win 501 ───  ~ESTABLISHED   60

    ~  inferred from the segments at that host's own interface
    "
  `);
  const whole = picture([...OPEN, ...TRANSFER], { all: true });
  expect(whole.split('\n').length).toBeGreaterThan(63);
  expect(whole).not.toContain('⋮');
});

test('however bad the wire, the ladder of a long transfer stays short', () => {
  const bad = { loss: 0.04, duplicate: 0.02, reorder: 0.02 };
  const text = draw({ fromA: 1_500_000, impairA: bad, impairB: bad });
  expect(text.split('\n').length).toBeLessThan(80);
  expect(text).toMatch(/\d+ lost · \d+ again · \d+ duplicate/);
});

test('a segment that was lost before the tap is told by the trace alone', () => {
  const { captures, records } = tell({ fromA: 10 });
  // The host's own impairment drops the SYN,ACK of B's first try: the frame is in no capture.
  const isFirst = ({ host, event }: TraceRecord) =>
    host === 2 && event.name === 'segment_sent' && event.segment.flags === (SYN | ACK);
  const at = records.findIndex(isFirst);
  const { frame: _, ...dropped } = records[at];
  const { time } = dropped.event;
  const bench = {
    name: 'bench_event',
    time,
    connection: 0,
    event: 'impairment',
    detail: 'frame 1 of this direction dropped',
  } as const;
  const trace = [...records.slice(0, at), { host: 2, event: bench }, dropped, ...records.slice(at)];
  const ladder = ladderOf(
    { captures, records: trace, files: [new Uint8Array(), new Uint8Array()], wire: [] },
    [1, 2],
  );
  const lost = ladder.rows.filter((row) => row.kind === 'segment' && row.marks.includes('lost'));
  expect(lost).toHaveLength(1);
  expect(lost[0]).toMatchObject({
    from: 1,
    segment: { flags: SYN | ACK, seq: 0, ack: 1 },
    ends: [
      { frame: null, state: null },
      { frame: null, state: 'SYN-RECEIVED' },
    ],
  });
  // What is sent after it has been sent before.
  expect(ladder.rows.filter((row) => row.kind === 'segment' && row.marks.includes('again'))).toHaveLength(1);
});

test('what the bench did behind the receiver’s tap is noted, and a frame dropped there is lost', () => {
  const told = tell({ fromA: 10 });
  const bench = {
    name: 'bench_event',
    time: 0,
    connection: 0,
    event: 'impairment',
    detail: 'frame 1 of this direction dropped',
  } as const;
  const ladder = ladderOf(
    { ...told, records: [...told.records, { host: 2, frame: 3, event: bench }] },
    [1, 2],
  );
  const row = ladder.rows.find((each) => each.kind === 'segment');
  expect(row).toMatchObject({ marks: ['lost'], notes: ['frame 1 of this direction dropped'] });
});

test('columns stay in their width, whatever is drawn', () => {
  const text = draw({ fromA: 900_000, impairA: { loss: 0.05 }, impairB: { duplicate: 0.05 } }, { all: true });
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  for (const width of [60, 72, 80]) {
    const story = { fromA: 900_000, impairA: { loss: 0.05 }, impairB: { duplicate: 0.05 } };
    for (const line of draw(story, { width }).split('\n')) expect(line.length).toBeLessThanOrEqual(width);
  }
});

test('what has no room is left out of all rows alike, and never the flags or the numbers', () => {
  const told = (width: number) =>
    [...picture(CONNECTION, { width }).matchAll(/[A-Z,]+ +seq \d+( +ack \d+)?( +len \d+)?( +win \d+)?/g)].map(
      ([text]) => text.replaceAll(/ +/g, ' '),
    );
  const all = told(100);
  expect(all[3]).toBe('PSH,ACK seq 1 ack 1 len 1000 win 512');
  for (const width of [72, 80]) expect(told(width)).toEqual(all.map((text) => text.replace(/ win \d+/, '')));
});

test('at 60 columns states are short and the numbers stand beneath the arrows', () => {
  expect(picture(CONNECTION.slice(0, 4), { width: 60 })).toMatchInlineSnapshot(`
    "
    host-a · reference                   host-b · Linux kernel ~
    10.77.0.1:40000                                 10.77.0.2:80

       ms  #  state                                    state   #
    0.000  1  SYN-S  ─── SYN ───────────────────────▶  ~SYN-R  1
                     seq 0
                     mss 1460 · wscale 7 · sack permitted
    0.520  2  ESTAB  ◀─────────────────── SYN,ACK ───  ~SYN-R  2
                     seq 0 ack 1
                     mss 1460 · wscale 7 · sack permitted
    1.050  3  ESTAB  ─── ACK ───────────────────────▶  ~ESTAB  3
                     seq 1 ack 1
    1.100  4  ESTAB  ─── PSH,ACK ───────────────────▶  ~ESTAB  4
                     seq 1 ack 1 len 1000

    ~  inferred from the segments at that host's own interface
    "
  `);
});

test('a style changes colours and nothing else', () => {
  const story = { fromA: 50_000, impairA: { loss: 0.1 } };
  const styled = draw(story, { style: (role, text) => `<${role}>${text}</${role}>` });
  expect(styled.replaceAll(/<[^>]*>/g, '')).toBe(draw(story));
  for (const role of ['host', 'time', 'frame', 'state', 'new-state', 'arrow', 'segment', 'lost']) {
    expect(styled).toContain(`<${role}>`);
  }
});

test('a call or timer that made a segment stands before it, whether or not the record names the frame', () => {
  const close = call(2390, 'CLOSE');
  const bare = picture(CONNECTION, {}, [close]);
  expect(picture(CONNECTION, {}, [{ ...close, frame: 7 }])).toBe(bare);
  expect(bare).toMatch(/● CLOSE\n.*─ FIN,ACK/);
});

test('a change that no frame brought about does not show at the frame before it', () => {
  const closing: TraceRecord = {
    host: 1,
    event: {
      name: 'state_updated',
      time: 2390,
      connection: 1,
      old: 'ESTABLISHED',
      new: 'FIN-WAIT-1',
      trigger: 'close',
      rfc: '3.10.4',
    },
  };
  const { rows } = buildLadder(dialogue(CONNECTION, [closing, call(2395, 'CLOSE')]));
  const told = rows.map((row) =>
    row.kind === 'segment' ? row.ends[0].state : row.kind === 'note' ? row.state : null,
  );
  expect(told.slice(5, 8)).toEqual(['ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-1']);
});

test('two connections have a ladder each', () => {
  const frame = (from: 1 | 2, port: number, flags: number) =>
    tcpFrame({ from, seq: port, flags, ports: [port, 80] });
  const sent = [frame(1, 1000, SYN), frame(1, 2000, SYN)];
  const packets = (flags: number, host: number) =>
    sent.map((bytes, at): CapturedPacket => {
      const id = { host, frame: at + 1 };
      return {
        interface: 0,
        micros: at,
        nanos: 0,
        bytes,
        originalLength: bytes.length,
        flags,
        id,
        comments: [],
        at: 0,
      };
    });
  const ladder = buildLadder({
    hosts: [
      { number: 1, name: 'a', packets: packets(OUTBOUND, 1) },
      { number: 2, name: 'b', packets: packets(INBOUND, 2) },
    ],
  });
  expect(ladder.connections).toEqual([
    { left: '10.77.0.1:1000', right: '10.77.0.2:80' },
    { left: '10.77.0.1:2000', right: '10.77.0.2:80' },
  ]);
  expect(writeLadder(ladder).match(/SYN {2}seq 0/g)).toHaveLength(2);
  expect(writeLadder(ladder, { connections: 1 })).toContain('and 1 more connection\n');
});

test('nothing captured is nothing drawn', () => {
  const hosts = [1, 2].map((number) => ({ number, name: 'x', packets: [] }));
  expect(writeLadder(buildLadder({ hosts: [hosts[0], hosts[1]] }))).toBe('');
});

test('text from elsewhere cannot steer a terminal', () => {
  const ladder = ladderOf(tell({}));
  const hostile = {
    ...ladder,
    rows: ladder.rows.map((row) => (row.kind === 'other' ? { ...row, text: 'x\u001b[2J' } : row)),
  };
  expect(writeLadder(hostile)).not.toContain('\u001b');
});

test('captures full of junk are drawn without a throw', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc
      .tuple(fc.nat(53), fc.nat(255))
      .map(([at, octet]) => tcpFrame({ from: 1, seq: 1, flags: SYN }).with(at, octet)),
  );
  const packets = fc.array(fc.tuple(bytes, fc.nat(3), fc.nat(1000)), { maxLength: 12 }).map((list) =>
    list.map(([octets, flags, micros]): CapturedPacket => {
      return {
        interface: 0,
        micros,
        nanos: 0,
        bytes: octets,
        originalLength: 80,
        flags,
        id: null,
        comments: [],
        at: 0,
      };
    }),
  );
  fc.assert(
    fc.property(packets, packets, (left, right) => {
      const hosts = [
        { number: 1, name: 'a', packets: left },
        { number: 2, name: 'b', packets: right },
      ] as const;
      writeLadder(buildLadder({ hosts }));
    }),
    { numRuns: 500 },
  );
});

const { test: withTshark } = needs('tshark');

withTshark.each([1, 2, 3])(
  'rows say of sequence, acknowledgement and flags what tshark says (seed %d)',
  (seed) => {
    const bad = { loss: 0.04, duplicate: 0.04, reorder: 0.05 };
    const told = tell({ fromA: 60_000, fromB: 40_000, impairA: bad, impairB: bad, seed });
    const { rows } = ladderOf(told);
    for (const side of [0, 1] as const) {
      const shark = new Map(
        fields(
          told.files[side],
          'frame.number',
          'tcp.seq',
          'tcp.ack',
          'tcp.flags',
          'tcp.len',
          'tcp.window_size_value',
        )
          .filter((row) => row[1] !== '')
          .map(([frame, ...rest]) => [Number(frame), rest.map(Number)]),
      );
      const ours = new Map(
        rows.flatMap((row) => {
          if (row.kind !== 'segment' || row.ends[side].frame === null) return [];
          const { seq, ack, flags, length, wnd } = row.segment;
          return [[row.ends[side].frame, [seq, ack, flags, length, wnd]]];
        }),
      );
      expect(ours).toEqual(shark);
    }
  },
);
