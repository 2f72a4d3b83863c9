/** Two captures of one wire as one story: which frame is which, in what order things happened, how far the clocks differ. */
import type { Micros } from '@tcblab/tcp';
import type { CapturedPacket } from '../captured.ts';
import { frameIndex, pairPackets } from './sighting.ts';
import type { HostCapture, Pairing, Sighting } from './sighting.ts';

/** How far two clocks are apart. */
export interface ClockOffset {
  /** The second host's clock minus the first's; 0 where the frames cannot tell it from 0. */
  readonly micros: number;
  /** How far off that may be: half a round trip. Infinity when frames passed one way at most. */
  readonly error: number;
}

/** One packet in the joint order. */
export interface FrameEvent {
  /** 0 or 1: whose capture. */
  readonly host: 0 | 1;
  /** Place in that capture's packets. */
  readonly place: number;
  /** When, on the first host's clock, microseconds from the first event of all. */
  readonly time: Micros;
  /** Index in `sightings`; -1 for a packet without a direction. */
  readonly sighting: number;
}

export interface Correlation {
  /** In the order of `events`, each where it is seen first. */
  readonly sightings: readonly Sighting[];
  /** Every packet of both captures: each host's in its own order, and none received before it was sent. */
  readonly events: readonly FrameEvent[];
  readonly offset: ClockOffset;
}

/** Correlate what two hosts captured. Clocks are asked only where neither order nor causality decides. */
export function correlate(first: HostCapture, second: HostCapture): Correlation {
  const captures = [first, second] as const;
  const pairings = pairPackets(captures);
  const origin = Math.min(...captures.map(({ packets }) => packets[0]?.micros ?? Infinity));
  const times = captures.map(({ packets }) => relativeTimes(packets, origin));
  const offset = clockOffset(pairings, times);
  for (let at = 0; at < times[1].length; at++) times[1][at] -= offset.micros;
  const order = causalOrder(captures, pairings, times);

  const sightingOf = [
    new Int32Array(first.packets.length).fill(-1),
    new Int32Array(second.packets.length).fill(-1),
  ] as const;
  const pairingsOf = byPacket(captures, pairings);
  const sightings: Sighting[] = [];
  const numbered = new Map<Pairing, number>();
  const events: FrameEvent[] = [];
  const start = order.length === 0 ? 0 : times[order[0].host][order[0].place];
  for (const { host, place } of order) {
    for (const pairing of pairingsOf[host][place] ?? NO_PAIRINGS) {
      let number = numbered.get(pairing);
      if (number === undefined) {
        number = sightings.push(sighting(captures, pairing)) - 1;
        numbered.set(pairing, number);
      }
      // A packet that arrived twice is in two sightings; for its sender the first counts.
      if (sightingOf[host][place] < 0) sightingOf[host][place] = number;
    }
    events.push({ host, place, time: times[host][place] - start, sighting: sightingOf[host][place] });
  }
  return { sightings, events, offset };
}

const NO_PAIRINGS: readonly Pairing[] = [];

type Captures = readonly [HostCapture, HostCapture];
type Place = { readonly host: 0 | 1; readonly place: number };

function relativeTimes(packets: readonly CapturedPacket[], origin: Micros): Float64Array {
  return Float64Array.from(packets, ({ micros, nanos }) => micros - origin + nanos / 1000);
}

/** The least one-way times of both directions differ by twice the offset, if the wire is as quick each way. */
function clockOffset(pairings: readonly Pairing[], times: readonly Float64Array[]): ClockOffset {
  const least = [Infinity, Infinity];
  for (const { from, sent, received, fate } of pairings) {
    if (fate !== 'arrived') continue;
    least[from] = Math.min(least[from], times[1 - from][received] - times[from][sent]);
  }
  const [there, back] = least;
  if (there === Infinity || back === Infinity) {
    // One direction alone proves only that nothing arrives before it was sent.
    const late = there === Infinity ? Math.max(0, -back) : Math.min(0, there);
    return { micros: Number.isFinite(late) ? late : 0, error: Infinity };
  }
  const micros = (there - back) / 2;
  const error = Math.abs(there + back) / 2;
  return { micros: Math.abs(micros) <= error ? 0 : micros, error };
}

function causalOrder(
  captures: Captures,
  pairings: readonly Pairing[],
  times: readonly Float64Array[],
): Place[] {
  const cause = captures.map(({ packets }) => new Int32Array(packets.length).fill(-1));
  for (const { from, sent, received } of pairings) {
    if (sent >= 0 && received >= 0) cause[1 - from][received] = sent;
  }
  const order: Place[] = [];
  const next = [0, 0];
  const total = captures[0].packets.length + captures[1].packets.length;
  while (order.length < total) {
    const ready = ([0, 1] as const).filter((host) => next[host] < captures[host].packets.length);
    const free = ready.filter((host) => cause[host][next[host]] < next[1 - host]);
    // None is free only where a capture is itself out of order: then the clocks decide.
    const choices = free.length > 0 ? free : ready;
    const host = choices.length === 2 && times[1][next[1]] < times[0][next[0]] ? 1 : choices[0];
    order.push({ host, place: next[host]++ });
  }
  return order;
}

function byPacket(captures: Captures, pairings: readonly Pairing[]): (Pairing[] | undefined)[][] {
  const lists = captures.map(({ packets }) => Array.from<Pairing[] | undefined>({ length: packets.length }));
  const note = (host: number, place: number, pairing: Pairing): void => {
    if (place < 0) return;
    (lists[host][place] ??= []).push(pairing);
  };
  for (const pairing of pairings) {
    note(pairing.from, pairing.sent, pairing);
    note(1 - pairing.from, pairing.received, pairing);
  }
  return lists;
}

function sighting(captures: Captures, { from, sent, received, fate, overtaken, bits }: Pairing): Sighting {
  const sender = captures[from].packets;
  const receiver = captures[1 - from].packets;
  return {
    from: captures[from].number,
    sent: sent < 0 ? null : frameIndex(sender[sent], sent),
    received: received < 0 ? null : frameIndex(receiver[received], received),
    fate,
    ...(overtaken ? { overtaken } : {}),
    ...(bits > 0 ? { bits } : {}),
  };
}
