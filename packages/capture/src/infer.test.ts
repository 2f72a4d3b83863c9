import { expect, test } from 'vitest';
import { ACK, FIN, RST, SYN } from '@tcblab/tcp/wire';
import { tell } from '../testing/conversation.ts';
import type { Story } from '../testing/conversation.ts';
import { dissect } from './dissect.ts';
import { inferStates } from './infer.ts';
import type { EndpointSegment } from './infer.ts';
import { INBOUND } from './pcapng/format.ts';

type Step = Partial<EndpointSegment> & Pick<EndpointSegment, 'direction' | 'flags'>;
const states = (...steps: readonly Step[]) =>
  inferStates(steps.map((step) => ({ seq: 0, ack: 0, wnd: 65_535, length: 0, windowScale: -1, ...step })));

/** As the endpoint sees it: its own ISN is 100, the peer's 300. */
const out = (flags: number, seq: number, ack = 0, length = 0): Step => ({
  direction: 'out',
  flags,
  seq,
  ack,
  length,
});
const into = (flags: number, seq: number, ack = 0, length = 0): Step => ({
  direction: 'in',
  flags,
  seq,
  ack,
  length,
});

const ACTIVE = [out(SYN, 100), into(SYN | ACK, 300, 101), out(ACK, 101, 301)];
const PASSIVE = [into(SYN, 300), out(SYN | ACK, 100, 301), into(ACK, 301, 101)];

test('an active open goes from SYN-SENT to ESTABLISHED', () => {
  expect(states(...ACTIVE)).toEqual(['SYN-SENT', 'ESTABLISHED', 'ESTABLISHED']);
});

test('a passive open goes through SYN-RECEIVED', () => {
  expect(states(...PASSIVE)).toEqual(['SYN-RECEIVED', 'SYN-RECEIVED', 'ESTABLISHED']);
});

test('a simultaneous open goes through SYN-RECEIVED at each end', () => {
  expect(states(out(SYN, 100), into(SYN, 300), out(SYN | ACK, 100, 301), into(SYN | ACK, 300, 101))).toEqual([
    'SYN-SENT',
    'SYN-RECEIVED',
    'SYN-RECEIVED',
    'ESTABLISHED',
  ]);
});

test('who closes first waits at the end', () => {
  expect(
    states(
      ...ACTIVE,
      out(FIN | ACK, 101, 301),
      into(ACK, 301, 102),
      into(FIN | ACK, 301, 102),
      out(ACK, 102, 302),
    ).slice(3),
  ).toEqual(['FIN-WAIT-1', 'FIN-WAIT-2', 'TIME-WAIT', 'TIME-WAIT']);
});

test('a FIN that acknowledges ours leads straight to TIME-WAIT', () => {
  expect(states(...ACTIVE, out(FIN | ACK, 101, 301), into(FIN | ACK, 301, 102)).at(-1)).toBe('TIME-WAIT');
});

test('who is closed upon goes through CLOSE-WAIT and LAST-ACK', () => {
  expect(
    states(
      ...PASSIVE,
      into(FIN | ACK, 301, 101),
      out(ACK, 101, 302),
      out(FIN | ACK, 101, 302),
      into(ACK, 302, 102),
    ).slice(3),
  ).toEqual(['CLOSE-WAIT', 'CLOSE-WAIT', 'LAST-ACK', 'CLOSED']);
});

test('FINs that cross lead through CLOSING', () => {
  expect(
    states(
      ...ACTIVE,
      out(FIN | ACK, 101, 301),
      into(FIN | ACK, 301, 101),
      out(ACK, 102, 302),
      into(ACK, 302, 102),
    ).slice(3),
  ).toEqual(['FIN-WAIT-1', 'CLOSING', 'CLOSING', 'TIME-WAIT']);
});

test('a FIN ahead of missing data does not count before the data is there', () => {
  expect(
    states(
      ...PASSIVE,
      into(FIN | ACK, 311, 101, 10),
      out(ACK, 101, 301),
      into(ACK, 301, 101, 10),
      out(ACK, 101, 322),
    ).slice(3),
  ).toEqual(['ESTABLISHED', 'ESTABLISHED', 'CLOSE-WAIT', 'CLOSE-WAIT']);
});

test('a reset ends a connection, but only with the very number that is expected', () => {
  expect(states(...ACTIVE, into(RST, 305), into(RST, 301)).slice(3)).toEqual(['ESTABLISHED', 'CLOSED']);
  expect(states(...ACTIVE, out(RST, 101)).at(-1)).toBe('CLOSED');
  expect(states(...PASSIVE.slice(0, 2), into(RST, 301)).at(-1)).toBe('LISTEN');
});

test('a SYN that is refused leaves both ends CLOSED', () => {
  expect(states(out(SYN, 100), into(RST | ACK, 0, 101))).toEqual(['SYN-SENT', 'CLOSED']);
  expect(states(into(SYN, 300), out(RST | ACK, 0, 301))).toEqual(['CLOSED', 'CLOSED']);
});

test('in SYN-SENT an old acknowledgement is answered by a reset, and the open goes on', () => {
  expect(
    states(out(SYN, 100), into(ACK, 300, 55), out(RST, 55), out(SYN, 100), into(SYN | ACK, 300, 101)),
  ).toEqual(['SYN-SENT', 'SYN-SENT', 'SYN-SENT', 'SYN-SENT', 'ESTABLISHED']);
});

test('a new connection may begin where the last one ended', () => {
  const ended = [...ACTIVE, out(FIN | ACK, 101, 301), into(FIN | ACK, 301, 102), out(ACK, 102, 302)];
  expect(
    states(...ended, into(SYN, 9000), out(SYN | ACK, 5000, 9001), into(ACK, 9001, 5001)).slice(-4),
  ).toEqual(['TIME-WAIT', 'SYN-RECEIVED', 'SYN-RECEIVED', 'ESTABLISHED']);
});

test('numbers that pass zero are nothing special', () => {
  expect(
    states(
      out(SYN, 0xffff_ffff),
      into(SYN | ACK, 0xffff_fffe, 0),
      out(ACK, 0, 0xffff_ffff),
      into(FIN | ACK, 0xffff_ffff, 0, 5),
    ),
  ).toEqual(['SYN-SENT', 'ESTABLISHED', 'ESTABLISHED', 'CLOSE-WAIT']);
});

test('a capture that begins in the middle shows a connection that is open, and its end', () => {
  expect(states(out(ACK, 500, 700, 10), into(ACK, 700, 510), into(FIN | ACK, 700, 510))).toEqual([
    'ESTABLISHED',
    'ESTABLISHED',
    'CLOSE-WAIT',
  ]);
  expect(states(into(SYN, 5))).toEqual([null]);
});

const STORIES: Story[] = [
  {},
  { fromA: 40_000, fromB: 20_000 },
  { fromA: 100, close: 'both-at-once' },
  { fromA: 3000, fromB: 3000, close: 'abort' },
  { closed: true },
];
const IMPAIRED = { loss: 0.08, duplicate: 0.08, reorder: 0.1 };

test.each(
  STORIES.flatMap((story) =>
    [1, 2, 3, 4].map((seed) => ({ ...story, seed, impairA: IMPAIRED, impairB: IMPAIRED })),
  ),
)('what is inferred is what our TCP says of itself: %o', (story) => {
  const { captures, records } = tell(story);
  for (const host of [1, 2]) {
    const { packets } = captures[host - 1];
    const segments: EndpointSegment[] = [];
    const frames: number[] = [];
    for (const packet of packets) {
      const seen = dissect(packet);
      if (seen.kind !== 'tcp') continue;
      segments.push({ ...seen, direction: (packet.flags & 3) === INBOUND ? 'in' : 'out' });
      frames.push(packet.id?.frame ?? 0);
    }
    const told = toldAfter(records.filter((record) => record.host === host));
    inferStates(segments).forEach((state, at) => {
      const said = told(frames[at]);
      const finUnsent = !segments
        .slice(0, at + 1)
        .some(({ direction, flags }) => direction === 'out' && flags & FIN);
      // A CLOSE shows on the wire only when its FIN does.
      const hidden = finUnsent
        ? {
            'FIN-WAIT-1': 'ESTABLISHED',
            'FIN-WAIT-2': 'ESTABLISHED',
            'LAST-ACK': 'CLOSE-WAIT',
            CLOSING: 'CLOSE-WAIT',
          }
        : {};
      const expected = (hidden as Record<string, string>)[said ?? ''] ?? said;
      if (said !== null) expect([frames[at], state]).toEqual([frames[at], expected]);
    });
  }
});

/** The state of a host's connection by its own trace after each of its frames. */
function toldAfter(records: ReturnType<typeof tell>['records']): (frame: number) => string | null {
  // A listener's answer to what is no SYN has a TCB for a moment, and never a connection.
  const started = new Set(
    records.flatMap(({ event }) => (event.name === 'connection_started' ? [event.connection] : [])),
  );
  const after = new Map<number, string>();
  let state: string | null = null;
  for (const { frame, event } of records) {
    if (!started.has(event.connection)) continue;
    if (event.name === 'state_updated') state = event.new;
    if (frame !== undefined && state !== null) after.set(frame, state);
  }
  return (frame) => after.get(frame) ?? null;
}
