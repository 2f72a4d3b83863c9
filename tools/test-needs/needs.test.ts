import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { debianPackages, has, needs } from '@tcblab/test-needs';

/** Run the fixture where socat is hidden, and report what became of its tests. */
function fixture(env: Record<string, string>) {
  const vitest = join(import.meta.dirname, '..', '..', 'node_modules', 'vitest', 'vitest.mjs');
  const args = [vitest, 'run', '--config', join(import.meta.dirname, 'fixture', 'vitest.config.ts')];
  const folder = mkdtempSync(join(tmpdir(), 'tcblab-needs-'));
  const output = join(folder, 'report.json');
  const { status } = spawnSync(process.execPath, [...args, '--reporter=json', `--outputFile=${output}`], {
    stdio: 'ignore',
    env: { PATH: '/nowhere', ...env },
  });
  const report = JSON.parse(readFileSync(output, 'utf8'));
  rmSync(folder, { recursive: true });
  const tests = report.testResults[0].assertionResults.map(
    (one: { title: string; status: string }) => `${one.status}: ${one.title}`,
  );
  return { status, tests };
}

const line = 'needs socat: sudo apt install socat';
const skipped = ['skipped: never runs', 'skipped: never runs either'];

test('at home a missing program skips the test and says how to get it', () => {
  expect(fixture({})).toEqual({ status: 0, tests: [`skipped: ${line}`, ...skipped] });
});

test('in CI a missing program fails', () => {
  expect(fixture({ CI: 'true' })).toEqual({ status: 1, tests: [`failed: ${line}`, ...skipped] });
});

test('in CI a need that the job leaves out on purpose only skips', () => {
  const excused = 'skipped: needs socat: left out by TCBLAB_TEST_WITHOUT';
  expect(fixture({ CI: 'true', TCBLAB_TEST_WITHOUT: 'socat' })).toEqual({
    status: 0,
    tests: [excused, ...skipped],
  });
});

test('a need that is met gives the test itself', () => {
  const always = process.platform === 'linux' ? needs('linux').test : test;
  expect(always).toBe(test);
  expect(has('linux')).toBe(process.platform === 'linux');
});

test('CI installs the package of every program that a test may need', () => {
  const installed = readFileSync(join(import.meta.dirname, '..', '..', '.ci', 'packages'), 'utf8').split(
    /[\s()]+/,
  );
  expect(debianPackages.filter((name) => !installed.includes(name))).toEqual([]);
});
