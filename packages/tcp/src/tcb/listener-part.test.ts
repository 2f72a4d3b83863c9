import { expect, test } from 'vitest';
import { listener } from './listener-part.ts';
import { SYN_COOKIES, defaultSettings } from './settings.ts';

const { off, whenFull, always } = SYN_COOKIES;
const backlog = 2;

/** SYN queue and accept queue, with room or full; cookies off, when full, always. */
test.each([
  ['room', 'room', ['keep', 'keep', 'cookie']],
  ['full', 'room', ['drop', 'cookie', 'cookie']],
  ['room', 'full', ['drop', 'drop', 'drop']],
  ['full', 'full', ['drop', 'drop', 'drop']],
] as const)(
  'with %s in the SYN queue and %s in the accept queue a SYN gets %s',
  (syns, accepts, expected) => {
    const queues = { backlog, halfOpen: syns === 'full' ? 3 : 2, acceptable: accepts === 'full' ? 3 : 2 };
    const answers = [off, whenFull, always].map((synCookies) =>
      listener.synArrives(queues, { ...defaultSettings, synCookies }),
    );
    expect(answers).toEqual(expected);
  },
);

test('a full SYN queue is full at its own bound too, and may drop its oldest', () => {
  const queues = { backlog: 100, halfOpen: 8, acceptable: 0 };
  const settings = { ...defaultSettings, synBacklog: 8 };
  expect(listener.synArrives(queues, settings)).toBe('drop');
  expect(listener.synArrives(queues, { ...settings, recycleHalfOpen: true })).toBe('recycle');
  expect(listener.synArrives({ ...queues, halfOpen: 7 }, settings)).toBe('keep');
});

test.each([
  [2, false, 'open'],
  [3, false, 'drop'],
  [2, true, 'open'],
  [3, true, 'reset'],
] as const)(
  'with %i waiting of 2, abort on overflow %s, a handshake ends with %s',
  (acceptable, abort, end) => {
    const settings = { ...defaultSettings, abortOnOverflow: abort };
    expect(listener.ackArrives({ backlog, halfOpen: 1, acceptable }, settings)).toBe(end);
  },
);

test('a SYN,ACK goes out five times more, each after twice the wait, within a minute', () => {
  const settings = defaultSettings;
  let sent = { startedAt: 0, transmissions: 1, rto: settings.initialRto };
  let now = sent.rto;
  const waits: number[] = [];
  for (let wait; (wait = listener.synAckTimeout(now, sent, settings)) !== null; now += wait) {
    waits.push(wait / 1e6);
    sent = { ...sent, transmissions: sent.transmissions + 1, rto: wait };
  }
  expect(waits).toEqual([2, 4, 8, 16, 32]);
  expect(listener.synAckTimeout(59_999_999, { ...sent, transmissions: 3 }, settings)).not.toBeNull();
  expect(listener.synAckTimeout(60_000_000, { ...sent, transmissions: 3 }, settings)).toBeNull();
});
