import { expect, test } from 'vitest';
import { ACK } from '@tcblab/tcp/wire';
import { octets, tcpFrame } from '../../testing/frames.ts';
import type { CapturedPacket } from '../captured.ts';
import { INBOUND, OUTBOUND } from '../pcapng/format.ts';
import { correlate } from './correlate.ts';

/** A capture told as a list: `>x` was sent, `<x` was received, in this order, at these microseconds. */
function capture(number: number, list: readonly (readonly ['>' | '<', Uint8Array, number?])[]) {
  const packets = list.map(([way, bytes, micros], at): CapturedPacket => {
    const flags = way === '>' ? OUTBOUND : INBOUND;
    const id = { host: number, frame: at + 1 };
    return {
      interface: 0,
      micros: micros ?? at,
      nanos: 0,
      bytes,
      originalLength: bytes.length,
      flags,
      id,
      comments: [],
      at: 0,
    };
  });
  return { number, packets };
}

const data = (seq: number, length = 20) =>
  tcpFrame({ from: 1, seq, ack: 1, flags: ACK, payload: octets(length, seq) });
const ack = (number: number) => tcpFrame({ from: 2, seq: 1, ack: number, flags: ACK });
const flip = (bytes: Uint8Array, at: number) =>
  bytes.map((octet, place) => (place === at ? octet ^ 0x10 : octet));

const [one, two, three] = [data(1), data(21), data(41)];

const sightings = (...captures: Parameters<typeof correlate>) => correlate(...captures).sightings;

test('frames are paired by their bytes, whatever the clocks say', () => {
  const a = capture(1, [
    ['>', one, 9000],
    ['>', two, 9001],
    ['<', ack(41), 9002],
  ]);
  const b = capture(2, [
    ['<', one, 5],
    ['<', two, 6],
    ['>', ack(41), 7],
  ]);
  expect(sightings(a, b)).toEqual([
    { from: 1, sent: 1, received: 1, fate: 'arrived' },
    { from: 1, sent: 2, received: 2, fate: 'arrived' },
    { from: 2, sent: 3, received: 3, fate: 'arrived' },
  ]);
});

test('lost, doubled and overtaken frames are marked', () => {
  const a = capture(1, [
    ['>', one],
    ['>', two],
    ['>', three],
  ]);
  const b = capture(2, [
    ['<', three],
    ['<', one],
    ['<', one],
  ]);
  expect(sightings(a, b)).toEqual([
    { from: 1, sent: 1, received: 2, fate: 'arrived', overtaken: true },
    { from: 1, sent: 1, received: 3, fate: 'duplicated' },
    { from: 1, sent: 2, received: null, fate: 'lost' },
    { from: 1, sent: 3, received: 1, fate: 'arrived' },
  ]);
});

test('a frame with flipped bits is still the same frame', () => {
  const a = capture(1, [
    ['>', one],
    ['>', two],
  ]);
  const b = capture(2, [
    ['<', flip(one, 60)],
    ['<', two],
  ]);
  expect(sightings(a, b)[0]).toEqual({ from: 1, sent: 1, received: 1, fate: 'altered', bits: 1 });
});

test('a frame that was altered and then doubled is one frame and its copy', () => {
  const a = capture(1, [
    ['>', one],
    ['>', two],
  ]);
  const b = capture(2, [
    ['<', flip(one, 60)],
    ['<', flip(one, 60)],
    ['<', two],
  ]);
  expect(sightings(a, b)).toEqual([
    { from: 1, sent: 1, received: 1, fate: 'altered', bits: 1 },
    { from: 1, sent: 1, received: 2, fate: 'duplicated' },
    { from: 1, sent: 2, received: 3, fate: 'arrived' },
  ]);
});

test('a frame sent again arrived the second time, where nothing else decides', () => {
  const reply = ack(21);
  const a = capture(1, [
    ['>', one],
    ['>', one],
    ['<', reply],
  ]);
  const b = capture(2, [
    ['<', one],
    ['>', reply],
  ]);
  expect(sightings(a, b).map((each) => each.fate)).toEqual(['lost', 'arrived', 'arrived']);
});

test('a frame that nobody sent has appeared', () => {
  const stranger = data(9_999);
  const a = capture(1, [['>', one]]);
  const b = capture(2, [
    ['<', stranger],
    ['<', one],
  ]);
  expect(sightings(a, b)).toContainEqual({ from: 1, sent: null, received: 1, fate: 'appeared' });
  expect(sightings(a, b)).toContainEqual({ from: 1, sent: 1, received: 2, fate: 'arrived' });
});

test('of two equal sends the one whose neighbours came first arrived', () => {
  // The first `one` is lost: `two` was sent between the copies and came before the copy that arrived.
  const a = capture(1, [
    ['>', one],
    ['>', two],
    ['>', one],
  ]);
  const b = capture(2, [
    ['<', two],
    ['<', one],
  ]);
  expect(sightings(a, b)).toEqual([
    { from: 1, sent: 1, received: null, fate: 'lost' },
    { from: 1, sent: 2, received: 1, fate: 'arrived' },
    { from: 1, sent: 3, received: 2, fate: 'arrived' },
  ]);
});

test('of two equal sends the one that can have caused the answer arrived', () => {
  // `one` is overtaken by `two`; sent again, it is lost. The answer came back before that.
  const a = capture(1, [
    ['>', one],
    ['>', two],
    ['<', ack(41)],
    ['>', one],
  ]);
  const b = capture(2, [
    ['<', two],
    ['<', one],
    ['>', ack(41)],
  ]);
  expect(sightings(a, b)).toEqual([
    { from: 1, sent: 1, received: 2, fate: 'arrived', overtaken: true },
    { from: 1, sent: 2, received: 1, fate: 'arrived' },
    { from: 2, sent: 3, received: 3, fate: 'arrived' },
    { from: 1, sent: 4, received: null, fate: 'lost' },
  ]);
});

test('a short frame that the wire has filled up to 60 octets is the same frame', () => {
  const bare = ack(1);
  expect(bare).toHaveLength(54);
  const padded = new Uint8Array(60);
  padded.set(bare);
  const a = capture(1, [['<', padded]]);
  const b = capture(2, [['>', bare]]);
  expect(sightings(a, b)).toEqual([{ from: 2, sent: 1, received: 1, fate: 'arrived' }]);
  const altered = capture(1, [['<', flip(padded, 40)]]);
  expect(sightings(altered, b)[0].fate).toBe('altered');
});

test('captures without ids are known by their places, and packets without a direction are left aside', () => {
  const a = capture(1, [
    ['>', one],
    ['>', two],
  ]);
  const b = capture(2, [
    ['<', one],
    ['<', two],
  ]);
  const bare = { number: 1, packets: a.packets.map((packet) => ({ ...packet, id: null })) };
  expect(sightings(bare, b).map((each) => each.sent)).toEqual([1, 2]);
  const blind = { number: 1, packets: a.packets.map((packet) => ({ ...packet, flags: 0 })) };
  expect(sightings(blind, b).map((each) => each.fate)).toEqual(['appeared', 'appeared']);
});

test('empty captures have nothing to tell', () => {
  expect(correlate({ number: 1, packets: [] }, { number: 2, packets: [] })).toEqual({
    sightings: [],
    events: [],
    offset: { micros: 0, error: Infinity },
  });
});
