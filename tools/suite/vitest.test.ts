import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './check.ts';
import { closingLine, tableOf } from './outcome.ts';
import { readReport, type Report } from './vitest.ts';

type File = Report['testResults'][number];

const file = (path: string, titles: Record<string, string>, more: Partial<File> = {}): File => ({
  name: join(root, path),
  status: Object.values(titles).includes('failed') ? 'failed' : 'passed',
  startTime: 1_000,
  endTime: 1_500,
  assertionResults: Object.entries(titles).map(([title, status]) => ({ title, status })),
  ...more,
});

test('outcomes are summed for each package, with the needs of what was skipped', () => {
  const testResults = [
    file('packages/tcp/src/a.test.ts', { one: 'passed', two: 'failed' }),
    file('packages/tcp/src/wire/b.test.ts', { three: 'passed' }),
    file('apps/lab-runner/src/c.test.ts', {
      'needs tshark: sudo apt install tshark': 'skipped',
      four: 'skipped',
    }),
  ];
  const { outcomes, needs } = readReport({ testResults }, 1, 3);
  expect(tableOf(outcomes)).toMatchInlineSnapshot(`
    "  suite            passed  failed  skipped   time
    ✓ apps/lab-runner       0       -        2  0.5 s
    ✗ packages/tcp          2       1        -  1.0 s"
  `);
  expect(closingLine(outcomes)).toBe('2 passed, 1 failed');
  expect(needs).toEqual(['needs tshark: sudo apt install tshark']);
});

test('vitest that dies without a report is a failure', () => {
  expect(closingLine(readReport(undefined, 'SIGKILL', 1).outcomes)).toBe('0 passed, 1 failed');
});

test('a file that could not be loaded is a failure, though it has no tests', () => {
  const testResults = [
    file('packages/tcp/src/a.test.ts', {}, { status: 'failed', message: 'no such import' }),
  ];
  expect(closingLine(readReport({ testResults }, 1, 1).outcomes)).toBe('0 passed, 1 failed');
});

test('an error outside of every test is a failure, though all tests passed', () => {
  const testResults = [file('packages/tcp/src/a.test.ts', { one: 'passed' })];
  expect(closingLine(readReport({ testResults }, 1, 1).outcomes)).toBe('1 passed, 1 failed');
  expect(closingLine(readReport({ testResults }, 0, 1).outcomes)).toBe('1 passed, 0 failed');
});

test('no tests at all is a failure', () => {
  expect(closingLine(readReport({ testResults: [] }, 0, 1).outcomes)).toBe('0 passed, 1 failed');
});
