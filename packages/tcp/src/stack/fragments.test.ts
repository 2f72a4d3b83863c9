/** Fragments, whole again or dropped. @rfc 1122 3.3.2, 5722 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutAt, piece } from '../../testing/cut-packet.ts';
import { Dialogue, pattern } from '../../testing/dialogue.ts';
import { packetOf } from '../../testing/packet.ts';
import {
  ACK,
  IcmpMessage,
  Ipv4Header,
  PSH,
  Segment,
  parseIcmp,
  parseIpv4,
  seqAdd,
  seq,
} from '../wire/index.ts';
import { Fragments, type Fragment } from './fragments.ts';

const SECOND = 1_000_000;

/** Octets 1 to `length` of the peer's stream, as one packet. */
function data(d: Dialogue, length: number): Uint8Array {
  const segment = new Segment();
  segment.sourcePort = d.peerPort;
  segment.destinationPort = d.ourPort;
  segment.flags = ACK | PSH;
  segment.seq = seqAdd(seq(d.peerIss), 1);
  segment.ack = seqAdd(seq(d.iss ?? 0), 1);
  segment.wnd = 60_000;
  segment.bytes = pattern(length);
  segment.payloadEnd = length;
  return packetOf(d.peerAddress, '10.0.0.1', segment);
}

function give(d: Dialogue, ...packets: Uint8Array[]): Dialogue {
  for (const packet of packets) {
    const bytes = packet.slice();
    d.stack.onPacket(d.now, bytes, 0, bytes.length);
    bytes.fill(0xdd);
  }
  return d;
}

const drops = (d: Dialogue) => Object.fromEntries(d.stack.counters.dropped);
const text = (length: number) => String.fromCharCode(...pattern(length));

// Proves: RFC1122-3.3.2-reassemble RFC5722-4 RFC1122-3.3.2-timeout
describe('a segment in fragments', () => {
  test('is taken once the last of them is here, in any order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.array(fc.integer({ min: 1, max: 376 }), { maxLength: 20 }),
        fc.infiniteStream(fc.nat()),
        (length, places, random) => {
          const d = new Dialogue().established();
          const packet = data(d, length);
          const cuts = [...new Set(places.map((place) => place * 8))]
            .filter((cut) => cut < packet.length - 20)
            .toSorted((a, b) => a - b);
          const pieces = cutAt(packet, cuts);
          for (let i = pieces.length - 1; i > 0; i--) {
            const [j] = [...random.take(1)].map((n) => n % (i + 1));
            [pieces[i], pieces[j]] = [pieces[j], pieces[i]];
          }
          give(d, ...pieces.slice(0, -1));
          expect(d.it.readable).toBe(0);
          // Doubled by the network: no harm.
          give(d, ...pieces.slice(0, -1), ...pieces.slice(-1));
          expect(d.receive()).toBe(text(length));
          expect(drops(d)).toEqual({});
        },
      ),
      { seed: 1122, numRuns: 100 },
    );
  });

  test('keeps apart from another of the same sender', () => {
    const d = new Dialogue().established();
    const packet = data(d, 100);
    give(d, piece(packet, { from: 0, to: 64, id: 1 }), piece(packet, { from: 64, to: 120, id: 2 })).silent();
    expect(d.it.readable).toBe(0);
    give(d, piece(packet, { from: 64, to: 120, id: 1 }));
    expect(d.receive()).toBe(text(100));
  });

  test.each([
    ['a later piece over the end of an earlier one', { from: 48, to: 120 }],
    ['an earlier piece over the begin of a later one', { from: 0, to: 72, more: true }],
    ['a piece within another', { from: 8, to: 16, more: true }],
    ['the same piece with other octets', { from: 0, to: 64, more: true, bytes: new Uint8Array(64) }],
    ['a second end', { from: 128, to: 136, more: false, bytes: new Uint8Array(8) }],
    ['a piece beyond the end', { from: 128, to: 136, more: true, bytes: new Uint8Array(8) }],
  ])('is dropped whole when fragments contradict each other: %s', (_, wrong) => {
    const d = new Dialogue().established();
    const packet = data(d, 100);
    const [first, last] = [piece(packet, { from: 0, to: 64 }), piece(packet, { from: 64, to: 120 })];
    // Every order in which the wrong one comes before the packet is whole.
    for (const order of [
      [first, piece(packet, wrong), last],
      [last, piece(packet, wrong), first],
      [piece(packet, wrong), first, last],
      [piece(packet, wrong), last, first],
    ]) {
      give(d, ...order);
      // A minute forgets all.
      d.pass(60 * SECOND);
    }
    expect(d.it.readable).toBe(0);
    // Though it is said again, it is not begun anew before its time is over.
    give(d, first, piece(packet, { ...wrong, id: 0 }), first, last);
    expect(d.stack.counters.dropped.get('ipv4: fragment overlaps')).toBeGreaterThan(4);
  });

  test.each([
    ['a piece that more follow, and is no multiple of 8', { from: 0, to: 63, more: true }],
    ['a piece of nothing', { from: 8, to: 8, more: true }],
    ['a piece that goes beyond 65,535', { from: 65_528, to: 65_536, more: false, bytes: new Uint8Array(8) }],
  ])('has no piece such as %s', (_, wrong) => {
    const d = new Dialogue().established();
    give(d, piece(data(d, 100), wrong));
    expect(drops(d)).toEqual({ 'ipv4: fragment bad-length': 1 });
    expect(d.stack.pollTimeout()).toBe(Infinity);
  });

  test('is given up after a minute, and its sender is told when the first piece was here', () => {
    const d = new Dialogue().established();
    const packet = data(d, 100);
    give(d, piece(packet, { from: 0, to: 64 }));
    expect(d.stack.pollTimeout()).toBe(d.now + 60 * SECOND);
    d.quietFor(60 * SECOND - 1);
    d.now += 1;
    d.stack.onTimeout(d.now);
    const out = new Uint8Array(1500);
    const length = d.stack.pollTransmit(d.now, out, 0);
    const [ip, icmp] = [new Ipv4Header(), new IcmpMessage()];
    expect(parseIpv4(out, 0, length, ip)).toBeNull();
    expect(parseIcmp(out, ip.payloadStart, ip.payloadEnd, icmp)).toBeNull();
    expect(icmp).toMatchObject({ type: 11, code: 1 });
    expect(icmp.quote.source.w3).toBe(ip.destination.w3);
    d.silent();
    give(d, piece(packet, { from: 64, to: 120 })).silent();
    expect(d.it.readable).toBe(0);
    d.quietFor(120 * SECOND);
    expect(d.stack.pollTimeout()).toBe(Infinity);
  });
});

describe('a flood of fragments', () => {
  const fragment = (fields: Partial<Fragment>): Fragment => {
    const bytes = new Uint8Array(1500);
    return {
      key: 'k',
      offset: 0,
      more: true,
      bytes,
      header: null,
      headerLength: 20,
      payloadStart: 20,
      end: 1500,
      ...fields,
    };
  };

  test('of different packets holds a bounded number, the latest, and octets', () => {
    const fragments = new Fragments();
    for (let i = 0; i < 100_000; i++) {
      fragments.take(i, fragment({ key: `${i}` }));
      expect(fragments.size).toBeLessThanOrEqual(64);
    }
    expect(fragments.octets).toBe(64 * 1480);
    expect(fragments.pollTimeout()).toBe(99_936 + 60 * SECOND);
    for (let offset = 0; offset < 60_000; offset += 1480) {
      for (let i = 0; i < 64; i++) fragments.take(100_000, fragment({ key: `${i}`, offset: offset + 1480 }));
      expect(fragments.octets).toBeLessThanOrEqual(262_144);
    }
    fragments.onTimeout(200 * SECOND);
    expect(fragments.size).toBe(0);
    expect(fragments.octets).toBe(0);
  });

  test('of one packet in tiny pieces is dropped', () => {
    const fragments = new Fragments();
    const taken = Array.from({ length: 200 }, (_, i) =>
      fragments.take(0, fragment({ offset: i * 16, end: 28 })),
    );
    expect(taken.findIndex(({ kind }) => kind === 'dropped')).toBe(128);
    expect(taken[128]).toEqual({ kind: 'dropped', reason: 'too many pieces' });
    expect(fragments.octets).toBe(0);
  });

  test('that spoils packets is forgotten, too', () => {
    const fragments = new Fragments();
    fragments.take(0, fragment({}));
    fragments.take(0, fragment({ offset: 8 }));
    expect([fragments.size, fragments.octets]).toEqual([1, 0]);
    expect(fragments.onTimeout(60 * SECOND)).toEqual([]);
    expect(fragments.size).toBe(0);
  });
});
