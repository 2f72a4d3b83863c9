/**
 * The seam of the parts: a copy of any part can take its place and all goes on as before, and where a copy is broken,
 * the behaviour that rests on it fails by name.
 */
import { describe, expect, test } from 'vitest';
import { BEHAVIOURS } from '../../testing/part-behaviours.ts';
import type { ConnectionPart, PartialParts, Parts } from '../tcb/parts.ts';
import { referenceParts } from '../tcb/reference.ts';
import type { Seq } from '../units.ts';

/** For each part, and each function of the connection: a way to break it, and the behaviour that then fails. */
const BROKEN: { part: string; how: string; parts: PartialParts; fails: string }[] = [
  {
    part: 'checksum',
    how: 'takes every segment for good',
    parts: { checksum: { checksum: () => 0xffff } },
    fails: 'a corrupted segment is dropped',
  },
  {
    part: 'codec',
    how: 'loses the window field',
    parts: {
      codec: {
        ...referenceParts.codec,
        parseSegment(bytes, start, end, into) {
          const bad = referenceParts.codec.parseSegment(bytes, start, end, into);
          into.wnd = 65_535;
          return bad;
        },
      },
    },
    fails: 'the peer’s window is kept, and taken from the newest segment',
  },
  {
    part: 'sequence',
    how: 'compares as plain numbers',
    parts: {
      sequence: { ...referenceParts.sequence, less: (a, b) => a < b, lessOrEqual: (a, b) => a <= b },
    },
    fails: 'a long transfer over a bad wire arrives whole, with numbers that cross zero',
  },
  {
    part: 'isn',
    how: 'always starts at 0',
    parts: { isn: { initialSequence: () => 0 as Seq } },
    fails: 'initial sequence numbers of later connections are ahead',
  },
  {
    part: 'reassembler',
    how: 'drops what is out of order',
    parts: {
      reassembler: {
        create() {
          const inner = referenceParts.reassembler.create();
          return {
            get available() {
              return inner.available;
            },
            get ranges() {
              return inner.ranges;
            },
            insert: (offset, source, from, to) => (offset > 0 ? 0 : inner.insert(offset, source, from, to)),
            read: (into, from, to) => inner.read(into, from, to),
            clear: () => inner.clear(),
          };
        },
      },
    },
    fails: 'octets out of order are put in order',
  },
  {
    part: 'rtt',
    how: 'forgets the variation',
    parts: { rtt: { ...referenceParts.rtt, addSample: (_rtt, sample) => ({ srtt: sample, rttvar: 0 }) } },
    fails: 'a sample of the round trip sets the timeout',
  },
  {
    part: 'retransmission',
    how: 'is deaf to duplicate ACKs',
    parts: { retransmission: { ...referenceParts.retransmission, duplicate: () => undefined } },
    fails: 'three duplicate ACKs send the lost segment at once',
  },
  {
    part: 'sendWindow',
    how: 'ignores the peer’s window',
    parts: {
      sendWindow: {
        ...referenceParts.sendWindow,
        nextPayload: (_now, tcb, unsent) => Math.min(unsent, tcb.snd.mss),
      },
    },
    fails: 'the peer’s window is kept, and taken from the newest segment',
  },
  {
    part: 'congestion',
    how: 'starts with all it may',
    parts: {
      congestion: {
        ...referenceParts.congestion,
        create: (smss) => ({ ...referenceParts.congestion.create(smss, 0), cwnd: 1_000_000 }),
      },
    },
    fails: 'the first flight is three segments',
  },
  {
    part: 'listener',
    how: 'keeps every SYN',
    parts: { listener: { ...referenceParts.listener, synArrives: () => 'keep' } },
    fails: 'a full listener drops SYNs',
  },
  {
    part: 'path',
    how: 'believes no router',
    parts: { path: { ...referenceParts.path, tooBig: () => false } },
    fails: 'a packet that a router found too big goes out again in pieces',
  },
  connection('icmpArrives', () => false, 'a host without that port, as a router tells, ends an OPEN'),
  connection('openActive', () => undefined, 'an active open sends a SYN and acknowledges the answer'),
  connection('openPassive', () => undefined, 'a passive open answers the SYN and is established'),
  connection('send', () => null, 'sending after CLOSE is refused'),
  connection('receive', () => 'connection-closing', 'segments are processed past the security check'),
  connection('close', () => null, 'our close goes FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, CLOSED'),
  connection('finSent', () => undefined, 'the peer’s close goes CLOSE-WAIT, LAST-ACK, CLOSED'),
  connection('abort', () => undefined, 'ABORT sends a reset'),
  connection('closedArrives', () => null, 'a port that nobody listens on answers by a reset'),
  connection('listenArrives', () => undefined, 'a passive open answers the SYN and is established'),
  connection('synSentArrives', () => undefined, 'an active open sends a SYN and acknowledges the answer'),
  connection('checkSequence', () => true, 'a reset outside the window is ignored'),
  connection('isAcceptable', () => true, 'a reset outside the window is ignored'),
  connection('unacceptable', () => undefined, 'a segment wholly outside the window is refused with an ACK'),
  connection('checkReset', () => true, 'a reset at RCV.NXT ends the connection, and elsewhere is challenged'),
  connection('checkSecurity', () => false, 'segments are processed past the security check'),
  connection('checkSyn', () => true, 'a SYN on an open connection is challenged'),
  connection('checkAck', () => true, 'an ACK of what was sent frees the buffer'),
  connection('ackOfSyn', () => false, 'a passive open answers the SYN and is established'),
  connection('ackOfFin', () => true, 'our close goes FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, CLOSED'),
  connection('checkUrgent', () => true, 'the urgent pointer moves forward'),
  connection('takeText', () => true, 'segments are processed past the security check'),
  connection('checkFin', () => true, 'the peer’s close goes CLOSE-WAIT, LAST-ACK, CLOSED'),
  connection('finArrives', () => undefined, 'the peer’s close goes CLOSE-WAIT, LAST-ACK, CLOSED'),
  connection('repeatedFin', () => undefined, 'a FIN that comes again in TIME-WAIT starts two MSL anew'),
  connection(
    'retransmissionTimeout',
    () => undefined,
    'a lost segment is sent again after one RTO, and not before',
  ),
  connection('timeWaitTimeout', () => undefined, 'our close goes FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, CLOSED'),
];

function connection<K extends keyof ConnectionPart>(name: K, broken: ConnectionPart[K], fails: string) {
  return {
    part: `connection.${name}`,
    how: 'does nothing of use',
    parts: { connection: { [name]: broken } },
    fails,
  };
}

describe('a copy of', () => {
  const names = Object.keys(referenceParts) as (keyof Parts)[];
  test.each(names)('%s in its place leaves everything as it was', (name) => {
    const { copy, calls } = copied(name);
    for (const behaviour of Object.values(BEHAVIOURS)) behaviour(copy);
    const unused = [...calls].filter(([, count]) => count === 0).map(([called]) => called);
    expect(unused, 'functions of the copy that nobody called').toEqual([]);
  });

  test.each(Object.keys(referenceParts.connection) as (keyof ConnectionPart)[])(
    'connection.%s alone leaves everything as it was',
    (name) => {
      let calls = 0;
      const original = referenceParts.connection[name] as (...given: unknown[]) => unknown;
      const copy = (...given: unknown[]) => {
        calls++;
        return original(...given);
      };
      for (const behaviour of Object.values(BEHAVIOURS)) behaviour({ connection: { [name]: copy } });
      expect(calls).toBeGreaterThan(0);
    },
  );
});

describe('a broken copy fails by name:', () => {
  test.each(BROKEN)('$part that $how', ({ parts, fails }) => {
    // Not any error: a copy that throws a TypeError has shown nothing of the behaviour.
    expect(() => BEHAVIOURS[fails](parts)).toThrow(expect.objectContaining({ name: 'AssertionError' }));
  });

  test('every part and every function of the connection has one', () => {
    const parts = Object.keys(referenceParts).filter((name) => name !== 'connection');
    const functions = Object.keys(referenceParts.connection).map((name) => `connection.${name}`);
    expect(BROKEN.map(({ part }) => part).toSorted()).toEqual([...parts, ...functions].toSorted());
  });
});

/** The part's functions in an object of its own, each counting its calls. */
function copied(name: keyof Parts): { copy: PartialParts; calls: Map<string, number> } {
  const calls = new Map<string, number>();
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(referenceParts[name])) {
    const original = value as (...given: unknown[]) => unknown;
    calls.set(key, 0);
    copy[key] = (...given: unknown[]) => {
      calls.set(key, (calls.get(key) ?? 0) + 1);
      return original(...given);
    };
  }
  return { copy: { [name]: copy }, calls };
}
