/** `benchmark`: figures of this machine, each beside its bar. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { SUITES } from '../benchmark/suites.ts';
import type { Measure, Suite } from '../benchmark/suite.ts';
import { machineFacts } from '../doctor/machine-facts.ts';
import { nearest } from '../nearest.ts';
import { interrupted, wrongUse } from '../problem.ts';
import type { Surroundings } from '../program.ts';
import { REPOSITORY } from '../repository.ts';
import { inBytes } from '../terminal/bytes.ts';
import { createProgress } from '../terminal/progress.ts';
import { table } from '../terminal/table.ts';

export interface BenchmarkOptions {
  readonly only?: readonly string[];
  readonly json?: boolean;
}

/** What a suite came to; its failure is a line, not the end of the others. */
type Outcome = { readonly measures: readonly Measure[] } | { readonly failure: string };

/** @returns 0 when every bar was met that could be measured, 1 when one was missed, 3 when a suite failed */
export async function benchmark(around: Surroundings, options: BenchmarkOptions): Promise<number> {
  const suites = chosen(options.only);
  const facts = machineFacts();
  const progress = createProgress(
    around.err,
    suites.map(({ name }) => name),
  );
  const outcomes = new Map<Suite, Outcome>();
  try {
    for (const suite of suites) {
      const step = progress.start(suite.name);
      step.note(suite.about);
      const outcome = await runSuite(suite, around.signal);
      outcomes.set(suite, outcome);
      if ('failure' in outcome) step.fail(outcome.failure);
      else step.ok(suite.about);
    }
  } finally {
    progress.close();
  }
  const all = [...outcomes.values()];
  const { stream, style } = around.out;
  if (options.json) {
    const entries = [...outcomes].map(([suite, outcome]) => [suite.name, outcome]);
    stream.write(`${JSON.stringify({ version: 1, facts, suites: Object.fromEntries(entries) }, null, 2)}\n`);
  } else {
    const mark = { true: style.green('ok'), false: style.red('missed'), null: '' };
    const rows = [...outcomes].flatMap(([suite, outcome]) =>
      'failure' in outcome
        ? [[suite.name, outcome.failure, '', '', style.red('failed')]]
        : outcome.measures.map((one) => [
            suite.name,
            one.what,
            one.figure,
            one.bar,
            mark[`${one.met}`],
            style.dim(one.details ?? ''),
          ]),
    );
    const header = ['suite', 'what', 'here', 'bar', ''].map((word) => style.bold(word));
    const machine = `${facts.cpu}, ${facts.cores} cores, ${inBytes(facts.memoryBytes)}, Linux ${facts.kernel}, Node ${facts.node}`;
    stream.write(`\n${table([header, ...rows])}\n\n${machine}, load ${facts.load.toFixed(1)}\n`);
  }
  if (all.some((outcome) => 'failure' in outcome)) return 3;
  return all.some((outcome) => 'measures' in outcome && outcome.measures.some(({ met }) => met === false))
    ? 1
    : 0;
}

function chosen(only: readonly string[] | undefined): readonly Suite[] {
  const names = SUITES.map(({ name }) => name);
  for (const name of only ?? []) {
    if (names.includes(name)) continue;
    const guess = nearest(name, names);
    throw wrongUse(
      `There is no benchmark "${name}". There is: ${names.join(', ')}.`,
      guess === undefined ? 'Name some of these, or none for all.' : `Did you mean --only ${guess}?`,
    );
  }
  return SUITES.filter(({ name }) => only?.includes(name) ?? true);
}

async function runSuite(suite: Suite, signal: AbortSignal): Promise<Outcome> {
  const child = join(REPOSITORY, 'apps', 'lab-runner', 'src', 'benchmark', 'child.ts');
  const running = spawn(
    process.execPath,
    ['--conditions=source', child, join(REPOSITORY, suite.module), suite.call],
    // In a group of its own: what it starts ends with it.
    { stdio: ['pipe', 'pipe', 'pipe'], detached: true },
  );
  let late = false;
  const stop = (): void => void (running.pid !== undefined && process.kill(-running.pid, 'SIGKILL'));
  const limit = setTimeout(() => {
    late = true;
    stop();
  }, suite.limit * 1000);
  signal.addEventListener('abort', stop);
  let out = '';
  let err = '';
  running.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  running.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const [code] = await once(running, 'close');
  clearTimeout(limit);
  signal.removeEventListener('abort', stop);
  if (signal.aborted)
    throw interrupted('The benchmark was interrupted.', './tcblab benchmark --only NAME is shorter');
  if (code !== 0) {
    const said =
      err
        .trim()
        .split('\n')
        .find((line) => /Error/.test(line)) ??
      err.trim().split('\n').at(-1) ??
      '';
    return { failure: late ? `not done within ${suite.limit} s` : said };
  }
  return { measures: suite.measures(JSON.parse(out.trim().split('\n').at(-1) ?? 'null') as never) };
}
