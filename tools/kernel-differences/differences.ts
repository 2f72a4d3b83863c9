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
  readonly passed: number;
  /** Scripts left out, since they take long. */
  readonly tooLong: number;
  /** Failed or unsupported, sorted by file. */
  readonly others: readonly Seen[];
}

/** Why some scripts come out otherwise. It claims those of which every pattern that it has fits. */
export interface Explanation {
  readonly title: string;
  /** Who does as the RFC says. */
  readonly right: 'ours' | 'kernel' | 'both';
  /** Such as `RFC 9293 §3.10.7.2`. */
  readonly clause: string;
  readonly why: string;
  /** Regular expressions over the script's path, what it expects, and what came. */
  readonly file?: string;
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

export function summarise(seen: readonly Seen[], tooLong: number): Run {
  const others = seen.filter(({ verdict }) => verdict === 'fail' || verdict === 'unsupported').map(settled);
  return {
    kernel: release(),
    passed: seen.filter(({ verdict }) => verdict === 'pass').length,
    tooLong,
    others: others.toSorted((a, b) => (a.file < b.file ? -1 : 1)),
  };
}

/** @returns the first explanation that claims it; null = nobody does */
export function explain(seen: Seen, explanations: readonly Explanation[]): Explanation | null {
  const fits = (pattern: string | undefined, text = '') =>
    pattern === undefined || new RegExp(pattern).test(text);
  return (
    explanations.find(
      ({ file, expected, actual }) =>
        fits(file, seen.file) && fits(expected, seen.expected) && fits(actual, seen.actual),
    ) ?? null
  );
}

export function readExplanations(): Explanation[] {
  return read('explained.json') as Explanation[];
}

export function readRun(): Run {
  return read('run.json') as Run;
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8'));
}
