import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '@tcblab/test-needs';
import { describe, expect, test } from 'vitest';
import { explain, readExplanations, readRun, runAgainstKernel, settled } from './differences.ts';
import { renderPage } from './page.ts';

const root = join(import.meta.dirname, '..', '..');
const explanations = readExplanations();
const run = readRun();
const differing = run.others.filter(({ verdict }) => verdict === 'fail');

test('every difference that was seen is explained, and every explanation is needed', () => {
  expect(differing.filter((seen) => explain(seen, explanations) === null)).toEqual([]);
  const used = new Set(differing.map((seen) => explain(seen, explanations)));
  expect(explanations.filter((one) => !used.has(one)).map(({ title }) => title)).toEqual([]);
});

test('the page says what was seen', () => {
  expect(readFileSync(join(root, 'docs/kernel-differences.md'), 'utf8')).toBe(renderPage(run, explanations));
});

test('a difference that nobody has explained is found', () => {
  const strange = {
    file: 'labs/scripts/x/y.pkt',
    verdict: 'fail',
    line: 1,
    expected: '> X.',
    actual: '> Y.',
  };
  expect(explain(strange, explanations)).toBe(null);
});

describe('with a kernel at hand', () => {
  const SAMPLE = 12;
  const every = Math.max(1, Math.floor(differing.length / SAMPLE));
  const files = [
    'labs/scripts/teardown/simultaneous-close.pkt',
    'labs/scripts/handshake/passive-open.pkt',
    ...differing.filter((_, i) => i % every === 0).map(({ file }) => file),
  ].slice(0, SAMPLE + 2);

  needs('netns').test(
    'some of the scripts pass there, or differ for a reason that the page gives',
    () => {
      const seen = runAgainstKernel(root, files, 2);
      expect(seen.map(({ file }) => file)).toEqual([...new Set(files)]);
      expect(seen.some(({ verdict }) => verdict === 'pass')).toBe(true);
      const unexplained = seen
        .filter(({ verdict }) => verdict === 'fail')
        .map(settled)
        .filter((one) => explain(one, explanations) === null);
      expect(unexplained).toEqual([]);
    },
    60_000,
  );
});
