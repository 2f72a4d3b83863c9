import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '@tcblab/test-needs';
import { describe, expect, test } from 'vitest';
import {
  claims,
  explain,
  isOpen,
  readExplanations,
  readOpen,
  readRun,
  runAgainstKernel,
  settled,
  summarise,
  type Seen,
} from './differences.ts';
import { renderPage } from './page.ts';

const root = join(import.meta.dirname, '..', '..');
const explanations = readExplanations();
const run = readRun();
const differing = run.others.filter(({ verdict }) => verdict === 'fail');

const open = readOpen();
const isKnown = (seen: Seen) => explain(seen, explanations) !== null || isOpen(seen, open);

test('every difference that was seen is explained or listed as open, and nothing else is', () => {
  expect(differing.filter((seen) => !isKnown(seen))).toEqual([]);
  expect(open.filter((one) => !differing.some((seen) => isOpen(seen, [one])))).toEqual([]);
  expect(open.filter((one) => explain(one, explanations) !== null)).toEqual([]);
  const cases = explanations.filter(({ sometimes }) => sometimes !== true).flatMap((one) => one.cases);
  expect(cases.filter((one) => !differing.some((seen) => claims(one, seen)))).toEqual([]);
});

test('the page says what was seen', () => {
  const page = readFileSync(join(root, 'docs/kernel-differences.md'), 'utf8');
  expect(page).toBe(renderPage(run, explanations, open));
});

test('each script that was chosen is counted once', () => {
  const counted = run.passed + run.others.length + run.inconclusive.length + run.tooLong;
  expect(counted).toBe(run.scripts);
  const sums = [...renderPage(run, explanations, open).matchAll(/^- (\d+) /gm)];
  expect(sums.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(run.scripts);
});

test('a script that ends in a way which the page does not count is not passed over', () => {
  const broken = { file: 'labs/scripts/x/y.pkt', verdict: 'error' };
  expect(() => summarise([broken], 0)).toThrow('ended as error');
});

test('a known difference is not known any more when the same script fails at another line and otherwise', () => {
  const otherwise = differing.map((seen) => ({ ...seen, line: 1, expected: '> X.', actual: '> Y.' }));
  expect(otherwise.filter(isKnown)).toEqual([]);
});

describe('with a kernel at hand', () => {
  const SAMPLE = 12;
  // Those that nobody has explained are not the same in each run.
  const explained = differing.filter((seen) => explain(seen, explanations) !== null);
  const every = Math.max(1, Math.floor(explained.length / SAMPLE));
  const files = [
    'labs/scripts/teardown/simultaneous-close.pkt',
    'labs/scripts/handshake/passive-open.pkt',
    ...explained.filter((_, i) => i % every === 0).map(({ file }) => file),
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
        .filter((one) => !isKnown(one));
      expect(unexplained).toEqual([]);
    },
    60_000,
  );
});
