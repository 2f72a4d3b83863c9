// What the project's scripts find of the kernel's TCP that is not as in ours, and which explanation each falls under.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';

/** One script, as `./tcblab script --json` tells of it. */
export interface Seen {
  readonly file: string;
  readonly verdict: string;
  readonly line?: number;
  readonly expected?: string;
  readonly actual?: string;
}

/** What was seen when all scripts were run. */
export interface Run {
  /** Linux release. */
  readonly kernel: string;
  /** All that there are. */
  readonly scripts: number;
  readonly passed: number;
  /** Scripts left out, since they take long. */
  readonly tooLong: number;
  /** Scripts that the machine was too busy to judge. */
  readonly inconclusive: readonly string[];
  /** Failed or unsupported, sorted by file. */
  readonly others: readonly Seen[];
}

/** Why some scripts come out otherwise. */
export interface Explanation {
  readonly title: string;
  /** Who does as the RFC says. */
  readonly right: 'ours' | 'kernel' | 'both';
  /** Such as `RFC 9293 §3.10.7.2`. */
  readonly clause: string;
  readonly why: string;
  /** Whether it depends on timing, so that a run may not show it. */
  readonly sometimes?: boolean;
  readonly cases: readonly Case[];
}

/** Differences that an explanation claims: those that fit all that is here. */
export interface Case {
  /** Regular expression over the whole path below labs/scripts, without its ending. */
  readonly file: string;
  /** At least one of these is there, so that a script which goes wrong elsewhere is not taken for explained. */
  readonly line?: number;
  /** Regular expressions over part of what the script expects, and of what came. */
  readonly expected?: string;
  readonly actual?: string;
}

/** Times of retransmissions by the kernel's jiffies are no difference. */
const TOLERANCE = '120ms';

/** Run scripts against this machine's kernel. @throws when the command itself fails */
export function runAgainstKernel(root: string, files: readonly string[], jobs: number): Seen[] {
  const words = ['--sut', 'kernel', '--match', 'semantic', '--tolerance', TOLERANCE, '--jobs', `${jobs}`];
  const main = join('apps', 'lab-runner', 'src', 'main.ts');
  const ended = spawnSync(
    process.execPath,
    [
      '--conditions=source',
      '--disable-warning=ExperimentalWarning',
      main,
      'script',
      ...files,
      ...words,
      '--json',
    ],
    { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  if (!ended.stdout.startsWith('{')) throw new TypeError(ended.stderr);
  return (JSON.parse(ended.stdout) as { scripts: Seen[] }).scripts;
}

/** @returns the same without what differs from run to run: clocks, windows, times */
export function settled({ file, verdict, line, expected, actual }: Seen): Seen {
  const plain = (text: string) =>
    text
      .replace(/\bTS val \d+/g, 'TS val …')
      .replace(/ win \d+/g, '')
      .replace(/ at [\d.]+$/, ' at another time')
      .replace(/^\(?[\d., ]+\)?$/, 'other numbers');
  return {
    file,
    verdict,
    ...(line === undefined ? {} : { line }),
    ...(expected === undefined ? {} : { expected }),
    ...(actual === undefined ? {} : { actual: plain(actual) }),
  };
}

const COUNTED = new Set(['pass', 'fail', 'unsupported', 'inconclusive']);

/** @throws TypeError when a script came to an end that the page does not count */
export function summarise(seen: readonly Seen[], tooLong: number): Run {
  const others = seen.filter(({ verdict }) => verdict === 'fail' || verdict === 'unsupported').map(settled);
  const odd = seen.find(({ verdict }) => !COUNTED.has(verdict));
  if (odd !== undefined) throw new TypeError(`${odd.file} ended as ${odd.verdict}: ${odd.actual ?? ''}`);
  return {
    kernel: release(),
    scripts: seen.length + tooLong,
    passed: seen.filter(({ verdict }) => verdict === 'pass').length,
    tooLong,
    inconclusive: seen
      .filter(({ verdict }) => verdict === 'inconclusive')
      .map(({ file }) => file)
      .toSorted(),
    others: others.toSorted((a, b) => (a.file < b.file ? -1 : 1)),
  };
}

/** @returns the first explanation that claims it; null = nobody does */
export function explain(seen: Seen, explanations: readonly Explanation[]): Explanation | null {
  return explanations.find(({ cases }) => cases.some((one) => claims(one, seen))) ?? null;
}

/** @returns whether the case fits what was seen */
export function claims({ file, line, expected, actual }: Case, seen: Seen): boolean {
  const fits = (pattern: string | undefined, text = '') =>
    pattern === undefined || new RegExp(pattern).test(text);
  return (
    new RegExp(`^labs/scripts/(?:${file})\\.pkt$`).test(seen.file) &&
    (line === undefined || line === seen.line) &&
    fits(expected, seen.expected) &&
    fits(actual, seen.actual)
  );
}

/** @returns whether it is one of those whose cause nobody knows yet: at the same line, and expecting the same */
export function isOpen({ file, line, expected }: Seen, open: readonly Seen[]): boolean {
  return open.some((one) => one.file === file && one.line === line && one.expected === expected);
}

export function readExplanations(): Explanation[] {
  return read('explained.json') as Explanation[];
}

/** Differences that were seen and are not explained yet. */
export function readOpen(): Seen[] {
  return read('open.json') as Seen[];
}

export function readRun(): Run {
  return read('run.json') as Run;
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8'));
}
