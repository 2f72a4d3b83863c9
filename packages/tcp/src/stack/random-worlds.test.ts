/** Any two programs over any wire: what arrives is what was sent, connections end, and nothing ever hangs. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type EndPlan, type WorldPlan, runWorld } from '../soak/index.ts';

const SEED = 20_260_901;

const share = (most: number) => fc.oneof(fc.constant(0), fc.double({ min: 0, max: most, noNaN: true }));
const size = (most: number) => fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: most }));

const impairment = fc.record({
  loss: share(0.2),
  duplicate: share(0.2),
  reorder: share(0.3),
  corrupt: share(0.1),
  delay: fc.integer({ min: 0, max: 50_000 }),
  jitter: fc.integer({ min: 0, max: 5_000 }),
});

const settings = fc.record({
  sendBuffer: size(5_000),
  receiveBuffer: fc.oneof({ weight: 4, arbitrary: size(3_000) }, fc.integer({ min: 65_000, max: 300_000 })),
  nagle: fc.boolean(),
  timestamps: fc.boolean(),
  sack: fc.boolean(),
  rack: fc.boolean(),
  cubic: fc.boolean(),
  delayedAck: fc.integer({ min: 1, max: 400_000 }),
  initialRto: fc.constant(1_000_000),
  minRto: fc.constantFrom(50_000, 200_000, 1_000_000),
  maxRto: fc.constant(2_000_000),
  msl: fc.constant(5_000_000),
  retransmissionLimit: fc.constant(10_000_000_000),
  synLimit: fc.constant(10_000_000_000),
  synReceivedLimit: fc.constant(10_000_000_000),
  synAckRetries: fc.constant(1_000_000),
});

/** Rings end at 2^32: start close before it, at it, and anywhere. */
const iss = fc.oneof(fc.integer({ min: -3000, max: 3000 }), fc.integer({ min: 0, max: 0xffff_ffff }));

const end = (ways: readonly EndPlan['end'][]) =>
  fc.record({
    iss,
    mss: fc.oneof(fc.constant(1460), fc.integer({ min: 48, max: 1460 })),
    settings,
    impairment,
    gather: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 20_000 })),
    total: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 8_000 })),
    chunk: size(4_000),
    read: size(4_000),
    pause: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 100_000 })),
    end: fc.constantFrom(...ways),
    at: fc.integer({ min: 0, max: 3_000_000 }),
  });

const world = (
  first: readonly EndPlan['end'][],
  second: readonly EndPlan['end'][],
): fc.Arbitrary<WorldPlan> =>
  fc.record({
    seed: fc.integer({ min: 0, max: 1_000_000 }),
    crossing: fc.boolean(),
    ends: fc.tuple(end(first), end(second)),
  });

function holds(plan: WorldPlan): void {
  const { broken, ended } = runWorld(plan);
  expect(broken, ended).toEqual([]);
}

test('both ends send, read and close in order: every octet arrives, and both connections end', () => {
  fc.assert(fc.property(world(['close'], ['close', 'wait']), holds), { seed: SEED, numRuns: 150 });
});

test('the same holds over IPv6', () => {
  const over = (plan: WorldPlan) => holds({ ...plan, ipv6: true });
  fc.assert(fc.property(world(['close'], ['close', 'wait']), over), { seed: SEED, numRuns: 50 });
  fc.assert(fc.property(world(['abort', 'release'], ['close', 'wait', 'release', 'abort']), over), {
    seed: SEED,
    numRuns: 50,
  });
});

test('one end is cut off or left at any moment: what has arrived is a prefix, and both connections end', () => {
  fc.assert(fc.property(world(['abort', 'release'], ['close', 'wait', 'release', 'abort']), holds), {
    seed: SEED,
    numRuns: 150,
  });
});

test('the same plan gives the same frames at the same times', () => {
  const same = (plan: WorldPlan) => {
    expect(runWorld(plan)).toEqual(runWorld(plan));
  };
  fc.assert(fc.property(world(['close'], ['close', 'abort']), same), { seed: SEED, numRuns: 10 });
});
