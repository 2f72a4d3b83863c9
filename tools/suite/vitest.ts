/** Runs the tests and reads the counts from vitest's own report. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { root, tool } from './check.ts';
import type { Outcome } from './outcome.ts';

/** The part of vitest's JSON report that is read here. */
export interface Report {
  readonly testResults: readonly {
    /** Path of the test file. */
    readonly name: string;
    readonly status: string;
    /** Why the file could not be read as tests, when so. */
    readonly message?: string;
    readonly startTime: number;
    readonly endTime: number;
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}

/** The tests' outcomes, one for each package, and what the skipped ones say they need. */
export interface Tests {
  readonly outcomes: readonly Outcome[];
  readonly needs: readonly string[];
}

/** Run vitest with its own output in front, so that a person sees progress and the failures at the end. */
export async function runVitest(args: readonly string[]): Promise<Tests> {
  const folder = mkdtempSync(join(tmpdir(), 'tcblab-tests-'));
  const file = join(folder, 'report.json');
  const json = join(import.meta.dirname, 'json-report.ts');
  const reporters = ['--reporter=default', `--reporter=${json}`, `--outputFile.json=${file}`];
  const began = performance.now();
  const ended = await runInFront([tool('vitest/vitest.mjs'), 'run', ...reporters, ...args]);
  const seconds = (performance.now() - began) / 1000;
  let report: Report | undefined;
  try {
    report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    report = undefined;
  }
  rmSync(folder, { recursive: true, force: true });
  return readReport(report, ended, seconds);
}

/**
 * Count what the report tells, and what it hides: vitest that died, a file that never became tests, an error outside
 * of any test.
 *
 * @param report undefined when vitest left none
 * @param ended vitest's exit code, or the signal that ended it
 */
export function readReport(report: Report | undefined, ended: number | string, seconds: number): Tests {
  const crashed = (why: string): Outcome => ({
    name: `vitest (${why})`,
    passed: 0,
    failed: 1,
    skipped: 0,
    seconds,
  });
  if (report === undefined)
    return { outcomes: [crashed(`ended with ${ended}, without a report`)], needs: [] };

  const suites = new Map<string, Outcome>();
  const needs = new Set<string>();
  for (const { name: path, status, startTime, endTime, assertionResults } of report.testResults) {
    const name = suiteOf(path);
    const before = suites.get(name) ?? { passed: 0, failed: 0, skipped: 0, seconds: 0 };
    const count = (...kinds: string[]): number =>
      assertionResults.filter((one) => kinds.includes(one.status)).length;
    const failed = count('failed');
    const passed = count('passed');
    suites.set(name, {
      name,
      passed: before.passed + passed,
      // A file that fails with no failed test in it could not be loaded, or broke in a hook.
      failed: before.failed + (failed === 0 && status === 'failed' ? 1 : failed),
      skipped: before.skipped + assertionResults.length - passed - failed,
      seconds: before.seconds + Math.max(0, endTime - startTime) / 1000,
    });
    for (const { title, status: one } of assertionResults) {
      if (one !== 'passed' && one !== 'failed' && title.startsWith('needs ')) needs.add(title);
    }
  }
  const outcomes = [...suites.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  if (outcomes.length === 0) outcomes.push(crashed('found no tests'));
  else if (ended !== 0 && outcomes.every((one) => one.failed === 0))
    outcomes.push(crashed(`ended with ${ended}`));
  return { outcomes, needs: [...needs].toSorted() };
}

/** `packages/tcp` for a test file anywhere in it. */
function suiteOf(path: string): string {
  return relative(root, path).split(sep).slice(0, 2).join('/');
}

function runInFront(script: readonly string[]): Promise<number | string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, script, { cwd: root, stdio: 'inherit' });
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(signal ?? code ?? 1));
  });
}
