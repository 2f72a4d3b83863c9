import { expect, test } from 'vitest';
import { createRandom } from '../sim/random.ts';
import { ephemeralPort } from './ports.ts';

// Proves: RFC6056-3.1 RFC6056-3.3.1
test('ports come from the whole pool, in no order, and only free ones', () => {
  const random = createRandom(1);
  const taken = new Set<number>();
  for (let i = 0; i < 4_000; i++) {
    const port = ephemeralPort(random, (one) => !taken.has(one));
    expect(taken.has(port)).toBe(false);
    taken.add(port);
  }
  const drawn = [...taken];
  expect(Math.min(...drawn)).toBeLessThan(49_152 + 100);
  expect(Math.max(...drawn)).toBeGreaterThan(65_535 - 100);
  // Neighbours in time are neighbours in number as seldom as chance has it.
  expect(drawn.filter((port, i) => Math.abs(port - (drawn[i - 1] ?? 0)) === 1).length).toBeLessThan(10);
});

// Proves: RFC6056-3.2-services
test('a port that a service holds is passed over, and none is left when all are held', () => {
  expect(
    ephemeralPort(
      () => 7,
      (port) => port !== 49_152 + 7,
    ),
  ).toBe(49_152 + 8);
  expect(
    ephemeralPort(
      () => 16_383,
      (port) => port === 49_152,
    ),
  ).toBe(49_152);
  expect(() => ephemeralPort(createRandom(1), () => false)).toThrow(
    expect.objectContaining({ code: 'no-port-left' }),
  );
});
