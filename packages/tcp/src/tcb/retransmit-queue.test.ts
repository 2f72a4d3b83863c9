import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seq, seqAdd } from '../wire/seq.ts';
import { RetransmitQueue } from './retransmit-queue.ts';
import { sequence } from './sequence.ts';

test('after any use, records follow each other without a gap, and what is lost is what a recount says', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('push' as const), amount: fc.integer({ min: 1, max: 1461 }) }),
    fc.record({
      kind: fc.constantFrom('release' as const, 'lose' as const, 'again' as const),
      amount: fc.nat(3000),
    }),
    fc.record({ kind: fc.constantFrom('loseAll' as const, 'clear' as const), amount: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.integer(), fc.array(step, { maxLength: 100 }), (start, steps) => {
      const queue = new RetransmitQueue(sequence);
      let una = seq(start);
      let nxt = una;
      for (const [now, { kind, amount }] of steps.entries()) {
        const record = queue.length > 0 ? queue.at(amount % queue.length) : null;
        if (kind === 'push') {
          queue.push(now, nxt, amount, 0);
          nxt = seqAdd(nxt, amount);
        } else if (kind === 'release') {
          una = seqAdd(una, Math.min(amount, sequence.distance(una, nxt)));
          queue.release(una);
        } else if (kind === 'lose' && record !== null) queue.markLost(record);
        else if (kind === 'again' && record !== null) queue.sentAgain(now, record);
        else if (kind === 'loseAll') queue.markAllLost();
        else if (kind === 'clear') {
          queue.clear();
          una = nxt;
        }
        let [next, lost] = [una, 0];
        let first = null;
        for (let i = 0; i < queue.length; i++) {
          const { seq: at, len, lost: isLost } = queue.at(i);
          expect(at).toBe(next);
          expect(len).toBeGreaterThan(0);
          next = seqAdd(at, len);
          if (isLost) lost += len;
          if (isLost && first === null) first = queue.at(i);
        }
        expect(next).toBe(nxt);
        expect(queue.lostOctets).toBe(lost);
        expect(queue.firstLost()).toBe(first);
      }
    }),
    { seed: 12, numRuns: 100 },
  );
});
