import { describe, expect, test } from 'vitest';
import { MisuseError } from '../misuse-error.ts';
import { createImpairment, isImpairable } from './impairment.ts';
import type { Fate, ImpairmentSpec } from './impairment.ts';
import { createRandom, fraction } from './random.ts';

function fates(spec: ImpairmentSpec, { seed = 1, direction = 1, count = 1000, length = 100 } = {}): Fate[] {
  const impairment = createImpairment(spec, seed, direction);
  return Array.from({ length: count }, () => ({ ...impairment.next(length) }));
}

const bad: ImpairmentSpec = { loss: 0.1, duplicate: 0.1, reorder: 0.1, corrupt: 0.1, delay: 50, jitter: 20 };

describe('the fate of frames', () => {
  test('a good wire changes nothing', () => {
    expect(new Set(fates({}).map((fate) => JSON.stringify(fate)))).toEqual(
      new Set([JSON.stringify({ drop: false, copies: 1, delay: 0, flipBit: -1 })]),
    );
  });

  test('the same seed and direction give the same fates; another seed or direction gives others', () => {
    expect(fates(bad)).toEqual(fates(bad));
    expect(fates(bad, { seed: 2 })).not.toEqual(fates(bad));
    expect(fates(bad, { direction: 2 })).not.toEqual(fates(bad));
  });

  test('a wire draws other numbers than its host', () => {
    const random = createRandom(1, 1);
    const draws = Array.from({ length: 100 }, () => [0, 0, 0, 0, 0, 0].map(() => fraction(random))[0] < 0.5);
    expect(fates({ loss: 0.5 }, { count: 100 }).map(({ drop }) => drop)).not.toEqual(draws);
  });

  test('which frames are lost does not depend on their length', () => {
    const lost = (length: number) => fates(bad, { length }).map((fate) => fate.drop);
    expect(lost(54)).toEqual(lost(1514));
  });

  test('which frames are lost does not depend on what else goes wrong', () => {
    const lost = (spec: ImpairmentSpec) => fates(spec).map((fate) => fate.drop);
    expect(lost(bad)).toEqual(lost({ loss: 0.1 }));
  });

  test('shares come out near what was asked for', () => {
    const all = fates(bad, { count: 20_000 });
    const share = (of: (fate: Fate) => boolean) => all.filter(of).length / all.length;
    expect(share((fate) => fate.drop)).toBeCloseTo(0.1, 1);
    expect(share((fate) => fate.copies === 2)).toBeCloseTo(0.09, 1);
    expect(share((fate) => fate.flipBit >= 0)).toBeCloseTo(0.1, 1);
    expect(share((fate) => fate.delay >= 2_000)).toBeCloseTo(0.1, 1);
    expect(Math.min(...all.map((fate) => fate.delay))).toBe(50);
    expect(Math.max(...all.filter((fate) => fate.delay < 2_000).map((fate) => fate.delay))).toBe(70);
    expect(Math.max(...all.map((fate) => fate.flipBit))).toBeLessThan(800);
  });

  test('a rule names single frames, counted from 1, and several may name the same', () => {
    const seen = fates(
      {
        frames: [
          { nth: 2, action: 'drop' },
          { nth: 3, action: 'duplicate' },
          { nth: 3, action: 'delay', by: 700 },
          { nth: 4, action: 'corrupt' },
        ],
      },
      { count: 5 },
    );
    expect(seen.map(({ copies, delay, flipBit }) => [copies, delay, flipBit >= 0])).toEqual([
      [1, 0, false],
      [0, 0, false],
      [2, 700, false],
      [1, 0, true],
      [1, 0, false],
    ]);
  });

  test.each([
    [{ loss: 1.5 }, 'loss is 1.5: give a share of the frames from 0 to 1, such as 0.02 for 2 %'],
    [{ loss: Number.NaN }, 'loss is NaN: give a share of the frames from 0 to 1, such as 0.02 for 2 %'],
    [{ corrupt: -0.1 }, 'corrupt is -0.1: give a share of the frames from 0 to 1, such as 0.02 for 2 %'],
    [{ delay: 0.5 }, 'delay is 0.5: give whole microseconds from 0 to 60000000 (one minute)'],
    [{ frames: [{ nth: 0, action: 'drop' }] }, 'a rule names frame 0: frames are counted from 1'],
  ] as [ImpairmentSpec, string][])('%j is refused in words', (spec, message) => {
    expect(() => createImpairment(spec, 1, 1)).toThrow(new MisuseError('impossible-impairment', message));
  });
});

test('ARP, neighbour discovery and word of groups pass untouched, TCP, errors and ping do not', () => {
  const frame = (type: number, protocol: number, at: number, message = 0) => {
    const bytes = new Uint8Array(60);
    bytes[54] = message;
    bytes[12] = type >> 8;
    bytes[13] = type & 255;
    bytes[at] = protocol;
    return isImpairable(bytes, 0, bytes.length);
  };
  expect(frame(0x0806, 6, 23)).toBe(false);
  expect([130, 131, 133, 135, 136, 143].map((type) => frame(0x86dd, 58, 20, type))).not.toContain(true);
  expect([1, 2, 3, 4, 128, 129].map((type) => frame(0x86dd, 58, 20, type))).not.toContain(false);
  expect(frame(0x0800, 2, 23)).toBe(false);
  expect(frame(0x0800, 6, 23)).toBe(true);
  expect(frame(0x0800, 1, 23)).toBe(true);
  expect(frame(0x86dd, 6, 20)).toBe(true);
  expect(isImpairable(new Uint8Array(20), 0, 20)).toBe(false);
});
