import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seq, seqAdd } from '../wire/seq.ts';
import { RetransmitQueue } from './retransmit-queue.ts';
import { sequence } from './sequence.ts';

test('after any use, records follow each other without a gap, and every sum is what a recount says', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('push' as const), amount: fc.integer({ min: 1, max: 1461 }) }),
    fc.record({
      kind: fc.constantFrom(
        'release' as const,
        'lose' as const,
        'sack' as const,
        'again' as const,
        'double' as const,
        'judge' as const,
        'cut' as const,
      ),
      amount: fc.nat(3000),
    }),
    fc.record({
      kind: fc.constantFrom('loseAll' as const, 'forget' as const, 'clear' as const),
      amount: fc.constant(0),
    }),
  );
  fc.assert(
    fc.property(fc.integer(), fc.array(step, { maxLength: 100 }), (start, steps) => {
      const queue = new RetransmitQueue(sequence);
      let una = seq(start);
      let nxt = una;
      for (const [now, { kind, amount }] of steps.entries()) {
        const index = queue.length > 0 ? amount % queue.length : -1;
        const record = index < 0 ? null : queue.at(index);
        if (kind === 'push') {
          queue.push(now, nxt, amount, 0);
          nxt = seqAdd(nxt, amount);
        } else if (kind === 'release') {
          una = seqAdd(una, Math.min(amount, sequence.distance(una, nxt)));
          queue.release(una);
        } else if (kind === 'lose' && record !== null) queue.markLost(index);
        else if (kind === 'sack' && record !== null) {
          const news = !record.sacked;
          expect(queue.markSacked(index)).toBe(news);
        } else if (kind === 'again' && record !== null && !record.sacked) queue.sentAgain(now, record);
        else if (kind === 'double' && record !== null) queue.markDoubled(record);
        else if (kind === 'judge') queue.markLostBefore(queue.lostBySack(1000), amount % 100);
        else if (kind === 'cut') queue.cut(Math.max(50, amount % 700), amount % 1500);
        else if (kind === 'loseAll') queue.markAllLost();
        else if (kind === 'forget') queue.forgetSacked();
        else if (kind === 'clear') {
          queue.clear();
          una = nxt;
        }
        recount(queue, una, nxt);
      }
    }),
    { seed: 12, numRuns: 300 },
  );
});

function recount(queue: RetransmitQueue, una: number, nxt: number): void {
  let next = una;
  const sums = { lost: 0, sacked: 0, doubled: 0, segments: 0 };
  let first = null;
  let last = -1;
  for (let i = 0; i < queue.length; i++) {
    const record = queue.at(i);
    expect(record.seq).toBe(next);
    expect(record.len).toBeGreaterThan(0);
    next = seqAdd(record.seq, record.len);
    expect(Number(record.lost) + Number(record.sacked) + Number(record.doubled)).toBeLessThanOrEqual(1);
    if (record.lost) sums.lost += record.len;
    if (record.lost && first === null) first = record;
    if (record.sacked) sums.sacked += record.len;
    if (record.sacked) sums.segments++;
    else last = i;
    if (record.doubled) sums.doubled += record.len;
    expect(queue.indexOf(record.seq)).toBe(i);
  }
  expect(next).toBe(nxt);
  expect(queue.indexOf(seq(nxt))).toBe(queue.length);
  expect(queue.lostOctets).toBe(sums.lost);
  expect(queue.sackedOctets).toBe(sums.sacked);
  expect(queue.sackedSegments).toBe(sums.segments);
  expect(queue.absentOctets).toBe(sums.lost + sums.sacked - sums.doubled);
  expect(queue.firstLost()).toBe(first);
  expect(queue.lastUnsacked()).toBe(last);
}

/** A queue of segments of 1000 octets, those named by `x` SACKed. */
function board(picture: string): RetransmitQueue {
  const queue = new RetransmitQueue(sequence);
  for (let i = 0; i < picture.length; i++) queue.push(0, seq(i * 1000), 1000, 0);
  for (let i = 0; i < picture.length; i++) if (picture[i] === 'x') queue.markSacked(i);
  return queue;
}

test.each([
  ['.x', 0],
  ['.xx', 0],
  ['.xxx', 1],
  ['..xxx..', 2],
  ['.x.x', 0],
  ['.x.x.x', 1],
  ['.x.xx', 1],
  ['..x.x.xx..', 4],
  ['xx', 0],
])('of the segments %s, the oldest %i lie below enough that was SACKed', (picture, lost) => {
  expect(board(picture).lostBySack(1000)).toBe(lost);
});

test('small segments need more than two full ones, or three runs', () => {
  expect(board('.xxx').lostBySack(1500)).toBe(0);
  expect(board('.xxxx').lostBySack(1500)).toBe(1);
  expect(board('.x.x.x').lostBySack(9000)).toBe(1);
});

test('what was sent again in this recovery is not taken for lost a second time', () => {
  const queue = board('..xxx');
  queue.markLostBefore(queue.lostBySack(1000), 0);
  expect(queue.lostOctets).toBe(2000);
  queue.sentAgain(50, queue.at(0));
  queue.markLostBefore(queue.lostBySack(1000), 50);
  expect(queue.firstLost()).toBe(queue.at(1));
  expect(queue.lostOctets).toBe(1000);
});

test('a hole is what has something SACKed behind it', () => {
  const queue = board('.x.x..');
  expect(queue.unsackedHole(0)).toBe(0);
  expect(queue.unsackedHole(1)).toBe(2);
  expect(queue.unsackedHole(3)).toBe(-1);
});
