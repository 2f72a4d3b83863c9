import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TraceEvent } from '@tcblab/tcp/trace';
import {
  readTrace,
  readTraceRecord,
  TRACE_VERSION,
  writeTraceHeader,
  writeTraceRecord,
} from './trace-file.ts';
import type { TraceHeader, TraceRecord } from './trace-file.ts';

const header: TraceHeader = {
  title: '握手',
  hosts: [
    { number: 1, name: 'a', implementation: 'reference' },
    { number: 2, name: 'b' },
  ],
  origin: 1_793_793_600_000_000,
};

const segment = { seq: 4_294_967_295, ack: 1, flags: 0x12, wnd: 65_535, length: 0, mss: 1460, wscale: 7 };
const at = (micros: number) => ({ time: header.origin + micros, connection: 3 });
const records: TraceRecord[] = [
  { host: 1, event: { ...at(0), name: 'app_call', call: 'OPEN', result: 'ok' } },
  {
    host: 1,
    event: {
      ...at(1),
      name: 'connection_started',
      local: '10.0.0.1',
      local_port: 40_000,
      remote: '10.0.0.2',
      remote_port: 80,
      passive: false,
    },
  },
  { host: 1, frame: 1, event: { ...at(2), name: 'segment_sent', segment, again: false } },
  { host: 2, frame: 7, event: { ...at(1003), name: 'segment_received', segment } },
  { host: 2, frame: 7, event: { ...at(1004), name: 'segment_dropped', trigger: 'tcp: bad-checksum' } },
  { host: 1, event: { ...at(1005), name: 'timer_updated', timer: 'rto', event: 'set', delta: 1_000_000 } },
  { host: 1, frame: 2, event: { ...at(1006), name: 'tcb_updated', variables: { snd_una: 5, rcv_nxt: 6 } } },
  { host: 1, frame: 2, event: { ...at(1007), name: 'recovery_updated', srtt: 1000, cwnd: 14_600 } },
  {
    host: 1,
    frame: 2,
    event: {
      ...at(1008),
      name: 'state_updated',
      old: 'SYN-SENT',
      new: 'ESTABLISHED',
      trigger: 'check-ack',
      rfc: '3.10.7.3',
    },
  },
  { host: 0, event: { ...at(1009), name: 'bench_event', event: 'impairment', detail: 'frame 3 dropped' } },
];

const file = (head: TraceHeader, list: readonly TraceRecord[]) =>
  writeTraceHeader(head) + list.map((record) => writeTraceRecord(head, record)).join('');

test('every kind of event is read as it was written, and records count from 1', () => {
  const read = readTrace(file(header, records));
  expect(read).toEqual({
    header,
    records: records.map((record, index) => ({ number: index + 1, ...record })),
    faults: [],
  });
});

test('every microsecond survives, since 1970 or since zero', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4_000_000_000_000_000 }),
      fc.integer({ min: 0, max: 100_000_000_000 }),
      (origin, later) => {
        const head = { ...header, origin };
        const event: TraceEvent = { name: 'bench_event', time: origin + later, connection: 0, event: 'x' };
        expect(readTrace(file(head, [{ host: 0, event }])).records[0].event.time).toBe(origin + later);
      },
    ),
  );
});

test('a file is a sequence of JSON texts with lower-case names, and its packet ids are those of the captures', () => {
  const texts = file(header, records).split('\n');
  expect(texts.pop()).toBe('');
  for (const text of texts) {
    expect(text[0]).toBe('\x1e');
    const names: string[] = [];
    JSON.parse(text.slice(1), function (this: unknown, name: string, value: unknown) {
      names.push(name);
      return value;
    });
    expect(names.filter((name) => name !== name.toLowerCase())).toEqual([]);
  }
  expect(JSON.parse(texts[0].slice(1))).toMatchObject({
    file_schema: 'urn:ietf:params:qlog:file:sequential',
    serialization_format: 'application/qlog+json-seq',
    version: 1,
  });
  expect(JSON.parse(texts[3].slice(1))).toMatchObject({
    time: 0.002,
    name: 'tcblab_tcp:segment_sent',
    host: 1,
    packet_id: '72057594037927937',
  });
});

test('a trace from the future is refused with a sentence that says so', () => {
  const future = file(header, records).replace(`"version":${TRACE_VERSION}`, '"version":2');
  expect(readTrace(future)).toEqual({
    header: null,
    records: [],
    faults: [
      {
        record: 0,
        reason: 'newer-version',
        detail: 'the trace is version 2, and this program reads up to version 1: update it',
      },
    ],
  });
});

test.each([
  '',
  'hello',
  '{"version":1}\n',
  '\x1enull\n',
  '\x1e{"file_schema":"x"}\n',
  '\x1e{',
  '\x1e\x1e\x1e',
])('%j is not a trace', (text) => {
  expect(readTrace(text)).toMatchObject({
    header: null,
    records: [],
    faults: [{ record: 0, reason: 'not-a-trace' }],
  });
});

test('a damaged record is told of by its number, and the others are read', () => {
  const good = records.map((record) => writeTraceRecord(header, record));
  const damaged = [
    good[0],
    '\x1e{"time":1\n',
    good[2].replace('"seq":4294967295,', ''),
    good[3],
    good[4].slice(0, -2),
  ];
  const read = readTrace(writeTraceHeader(header) + damaged.join(''));
  expect(read.records.map((record) => record.number)).toEqual([1, 4]);
  expect(read.faults).toEqual([
    { record: 2, reason: 'bad-json', detail: 'the record is not a JSON object' },
    { record: 3, reason: 'bad-record', detail: 'segment_sent: segment.seq is missing' },
    { record: 5, reason: 'truncated', detail: 'the record was cut short' },
  ]);
});

test('events and fields that are not known yet are passed over', () => {
  const known = writeTraceRecord(header, records[0]).replace('"data":{', '"colour":"red","data":{"more":1,');
  const unknown = known.replace('app_call', 'path_updated');
  const read = readTrace(writeTraceHeader(header) + unknown + known);
  expect(read.faults).toEqual([]);
  expect(read.records.map((record) => record.number)).toEqual([2]);
});

test('names that every object has are no events', () => {
  const text = writeTraceRecord(header, records[0]).replace('app_call', 'constructor');
  expect(readTraceRecord(header, 1, text)).toBeNull();
});

test('no damage makes the reader throw', () => {
  const whole = file(header, records);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.string({ unit: 'binary', maxLength: 3 })), {
        maxLength: 6,
      }),
      (changes) => {
        let text = whole;
        for (const [place, piece] of changes) text = text.slice(0, place) + piece + text.slice(place + 2);
        const read = readTrace(text);
        expect(read.records.length + read.faults.length).toBeLessThanOrEqual(40);
      },
    ),
    { numRuns: 2000 },
  );
});
