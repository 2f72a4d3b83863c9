import { readCapture } from '@tcblab/capture';
import { expect, test } from 'vitest';
import { readRun, writeRun, type Action } from './action.ts';
import { captureOf } from './capture.ts';
import { sentenceOf } from '../trace/words.ts';
import { readFrame } from './flight.ts';
import { pictureOf } from './picture.ts';
import { World } from './world.ts';

function rows(world: World): string[] {
  return pictureOf(world).recording.ladder.rows.map((row) => sentenceOf(row, ['A', 'B']));
}

/** Whatever is on the wire, oldest first: what it says. */
function wire(world: World): string[] {
  return world.flights.map(({ from, seen }) =>
    seen.kind === 'tcp' ? `${'AB'[from]} ${seen.flags.toString(16)} ${seen.length}` : seen.text,
  );
}

function lengthOf(frame: Uint8Array): number {
  const seen = readFrame(frame);
  return seen.kind === 'tcp' ? seen.length : 0;
}

function open(seed = 1): World {
  const world = new World(seed);
  world.act({ kind: 'listen', side: 1, port: 80, backlog: 5 });
  world.act({ kind: 'open', side: 0, port: 80, localPort: 0 });
  return world;
}

test('a connection opens step by step, each segment on the wire for as long as the wire takes', () => {
  const world = open();
  expect(wire(world)).toEqual(['A 2 0']);
  expect([...world.hosts[1].states()]).toEqual([['LISTEN', 1]]);
  expect(pictureOf(world).underway.size).toBe(1);
  world.step();
  expect([world.now, wire(world)]).toEqual([50_000, ['B 12 0']]);
  world.step();
  world.step();
  expect(world.hosts.map((host) => host.current?.state)).toEqual(['ESTABLISHED', 'ESTABLISHED']);
  expect(world.hosts[1].edge).toEqual({ old: 'SYN-RECEIVED', new: 'ESTABLISHED', trigger: 'check-ack' });
});

test('a segment that is taken off the wire is sent again by its timer', () => {
  const world = open();
  world.advance(1_000_000);
  world.act({ kind: 'send', side: 0, text: 'hello' });
  world.act({ kind: 'drop', flight: world.flights[0].id });
  expect(wire(world)).toEqual([]);
  world.advance(3_000_000);
  expect(world.hosts[1].received).toBe('hello');
  expect(
    rows(world)
      .filter((row) => row.includes('len 5'))
      .map((row) => row.replace(/^.*?: /, '')),
  ).toEqual([
    'A to B: PSH,ACK  seq 1  ack 1  len 5  win 65535, lost',
    'A to B: PSH,ACK  seq 1  ack 1  len 5  win 65535, again',
  ]);
});

test('while the third ACK is withheld, the listener’s side stays in SYN-RECEIVED and sends its SYN,ACK again', () => {
  const world = new World(1);
  world.act({ kind: 'hold', side: 0, hold: 'third-ack' });
  world.act({ kind: 'listen', side: 1, port: 80, backlog: 5 });
  world.act({ kind: 'open', side: 0, port: 80, localPort: 0 });
  world.advance(1_500_000);
  expect(world.hosts[0].current?.state).toBe('ESTABLISHED');
  expect(world.hosts[1].states().get('SYN-RECEIVED')).toBe(1);
  expect(wire(world)).toEqual(['A 10 0', 'A 10 0']);
  world.act({ kind: 'deliver', flight: world.flights[0].id });
  expect(world.hosts[1].states().get('ESTABLISHED')).toBe(1);
});

test('an edited segment carries the new numbers and a checksum that fits them', () => {
  const world = open();
  world.advance(1_000_000);
  world.act({ kind: 'send', side: 0, text: 'hello' });
  const [{ id, seen }] = world.flights;
  if (seen.kind !== 'tcp') throw new TypeError('no segment');
  const { seq, ack, flags } = seen;
  world.act({ kind: 'edit', flight: id, seq: seq + 1, ack, flags, wnd: 7 });
  expect(world.flights[0].seen).toMatchObject({ seq: seq + 1, wnd: 7, sound: true });
  world.step();
  // Its first octet is missing: it waits, and the receiver says what it waits for.
  expect(world.hosts[1].received).toBe('');
  expect(rows(world).some((row) => row.includes('altered'))).toBe(true);
  world.advance(5_000_000);
  expect(world.hosts[1].received).toHaveLength(6);
});

test('a copy arrives as well, and a delayed segment is overtaken', () => {
  const world = open();
  world.advance(1_000_000);
  world.act({ kind: 'send', side: 0, text: 'hello' });
  const [{ id }] = world.flights;
  world.act({ kind: 'duplicate', flight: id });
  world.act({ kind: 'delay', flight: id, by: 30_000 });
  expect(world.flights.map(({ arrives }) => arrives - world.now)).toEqual([80_000, 50_000]);
  world.advance(2_000_000);
  expect(world.hosts[1].received).toBe('hello');
  const came = pictureOf(world).recording.hosts[1].packets.filter(({ bytes }) => lengthOf(bytes) === 5);
  expect(came).toHaveLength(2);
  expect(rows(world).filter((row) => row.includes('duplicate'))).toHaveLength(1);
});

test('a flood fills the listener’s queue, and cookies let a client through all the same', () => {
  const reached = [false, true].map((cookies) => {
    const world = new World(3, cookies);
    world.act({ kind: 'listen', side: 1, port: 80, backlog: 4 });
    world.act({ kind: 'flood', side: 0, port: 80, count: 12 });
    world.advance(200_000);
    expect(world.hosts[1].states().get('SYN-RECEIVED')).toBe(5);
    // Those who knock are nobody: their side of the ladder shows no state.
    expect(rows(world).filter((row) => row.includes('A is now'))).toEqual([]);
    world.act({ kind: 'open', side: 0, port: 80, localPort: 0 });
    world.advance(600_000);
    return world.hosts[0].current?.state;
  });
  expect(reached).toEqual(['SYN-SENT', 'ESTABLISHED']);
});

test('a call that TCP refuses says why, and changes nothing', () => {
  const world = new World(1);
  world.act({ kind: 'send', side: 0, text: 'x' });
  expect(world.hosts[0].refusal).toBe('there is no connection');
  expect([...world.hosts[0].states()]).toEqual([['CLOSED', 1]]);
});

test('a link replays to the same ladder, and to the same captures', () => {
  const world = open(7);
  world.advance(333_333);
  world.act({ kind: 'send', side: 0, text: 'Grüße. ~ 1/2' });
  world.act({ kind: 'duplicate', flight: world.flights[0].id });
  world.act({ kind: 'drop', flight: world.flights[0].id });
  world.step();
  world.step();
  world.act({ kind: 'close', side: 0 });
  world.act({ kind: 'read', side: 1, on: false });
  world.act({ kind: 'close', side: 1 });
  world.advance(2_000_000);
  const link = writeRun(world.record);
  expect(link).toMatch(/^[A-Za-z0-9.~%_!'()*-]+$/);
  const record = readRun(`#${link}`);
  expect(record).toEqual(world.record);
  if (record === null) throw new TypeError('not read');
  const again = World.replay(record);
  expect(rows(again)).toEqual(rows(world));
  expect(captureOf(again.hosts[1])).toEqual(captureOf(world.hosts[1]));
  const capture = readCapture(captureOf(world.hosts[1]));
  expect([capture.fault, capture.packets.length]).toEqual([null, world.hosts[1].frames.length]);
});

test('every action survives its way through a link', () => {
  const actions: Action[] = [
    { kind: 'listen', side: 1, port: 65_535, backlog: 0 },
    { kind: 'stop-listening', side: 1 },
    { kind: 'open', side: 0, port: 80, localPort: 40_000 },
    { kind: 'send', side: 1, text: '' },
    { kind: 'send-octets', side: 0, octets: 20_000 },
    { kind: 'close', side: 0 },
    { kind: 'abort', side: 1 },
    { kind: 'read', side: 0, on: true },
    { kind: 'hold', side: 1, hold: 'everything' },
    { kind: 'flood', side: 0, port: 80, count: 200 },
    { kind: 'deliver', flight: 1 },
    { kind: 'drop', flight: 36 },
    { kind: 'duplicate', flight: 3 },
    { kind: 'delay', flight: 4, by: 1_000_000 },
    { kind: 'edit', flight: 5, seq: 4_294_967_295, ack: 0, flags: 255, wnd: 65_535 },
  ];
  const deeds = actions.map((action, steps) => ({ steps, time: steps * 1_000_003, action }));
  const record = { seed: 123_456, cookies: true, deeds, steps: 99, time: 99_000_000 };
  expect(readRun(writeRun(record))).toEqual(record);
});

test.each([
  '',
  '#',
  '1~',
  '2~1~0.0',
  '1~1~0.0.l1.zzzzzz.5~0.0',
  '1~1~zzzzzz.0',
  '1~1~0.0.s0.%E0~0.0',
  '1~1~0.0.k~0.0',
])('junk in the place of a link, such as %j, is no run', (text) => {
  expect(readRun(text)).toBe(null);
});
