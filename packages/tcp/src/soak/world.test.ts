/** Random worlds hold, and notice a TCP that does not. */
import { expect, test } from 'vitest';
import type { PartialParts } from '../tcb/parts.ts';
import { referenceParts } from '../tcb/reference.ts';
import { planOf } from './plan.ts';
import { runWorld } from './world.ts';

const { connection, sendWindow, retransmission, path, reassembler } = referenceParts;

test.each(Array.from({ length: 8 }, (_, i) => 1 + 20 * i))('worlds %i to 19 more hold', (first) => {
  for (let seed = first; seed < first + 20; seed++) {
    const { broken, ended } = runWorld(planOf(seed));
    expect(broken, `world ${seed}, ${ended}`).toEqual([]);
  }
});

test('a seed gives the same world every time', () => {
  expect(planOf(5)).toEqual(planOf(5));
  expect(runWorld(planOf(5))).toEqual(runWorld(planOf(5)));
  expect(planOf(5)).not.toEqual(planOf(6));
});

const BROKEN: Record<string, PartialParts> = {
  'sends beyond the window': {
    sendWindow: { ...sendWindow, nextPayload: (_now, tcb, unsent) => Math.min(unsent, tcb.snd.mss) },
  },
  'never sends again': { retransmission: { ...retransmission, timeout: () => true, next: () => null } },
  'gives octets to its user twice': {
    reassembler: {
      create() {
        const inner = reassembler.create();
        let last = 0;
        return {
          get available() {
            return inner.available;
          },
          get ranges() {
            return inner.ranges;
          },
          insert: (offset, source, from, to) => inner.insert(offset, source, from, to),
          read(into, from, to) {
            const length = inner.read(into, from, to);
            if (length > 0) into[from] = last;
            last = into[from + length - 1] ?? 0;
            return length;
          },
          clear: () => inner.clear(),
        };
      },
    },
  },
  'believes no router': { path: { ...path, tooBig: () => false } },
  'ends on what a stranger says': {
    connection: {
      icmpArrives(now, tcb, report) {
        if (report.kind !== 'too-big') connection.abort(now, tcb);
        return connection.icmpArrives(now, tcb, report);
      },
    },
  },
  'throws at an old segment': {
    connection: {
      checkSequence(now, tcb, segment) {
        const good = connection.checkSequence(now, tcb, segment);
        if (!good && segment.fin) throw new RangeError('old');
        return good;
      },
    },
  },
};

test.each(Object.keys(BROKEN))('a TCP that %s is noticed', (name) => {
  const noticed = Array.from({ length: 120 }, (_, i) => planOf(1 + i)).some(
    (plan) => runWorld(plan, BROKEN[name]).broken.length > 0,
  );
  expect(noticed).toBe(true);
});
