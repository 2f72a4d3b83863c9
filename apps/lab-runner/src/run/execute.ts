/** One run from the request to the report. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatProblem, judge, parseScenario, type Evidence, type Scenario } from '@tcblab/drill/scenario';
import { createResult, exitCode, type Result } from '@tcblab/drill/verdict';
import type { Bench } from '../bench/bench.ts';
import { netns } from '../bench/netns.ts';
import { virtual } from '../bench/virtual.ts';
import { machineFacts } from '../doctor/machine-facts.ts';
import { wrongUse } from '../problem.ts';
import type { Surroundings } from '../program.ts';
import { createProgress } from '../terminal/progress.ts';
import { VERSION } from '../version.ts';
import { nextSteps } from './next-steps.ts';
import { formatReport } from './report.ts';
import type { BenchName, RunRequest } from './request.ts';
import { createRunFolder } from './run-folder.ts';
import { readScenario } from './scenario-library.ts';

const BENCHES: Readonly<Record<BenchName, Bench>> = { virtual, netns };

/**
 * @returns the exit code of the verdict; 130 when the user interrupted
 * @throws Problem when nothing could be run
 */
export async function execute(around: Surroundings, request: RunRequest): Promise<number> {
  const scenario = loadScenario(request.scenario);
  const bench = BENCHES[request.bench];
  const folder = createRunFolder(request.out, folderTitle(scenario, request));
  const progress = createProgress(around.err, [...bench.steps, 'verdict']);
  try {
    const evidence = await bench.run({
      scenario,
      request,
      folder: folder.draft,
      progress,
      signal: around.signal,
    });
    const step = progress.start('verdict');
    const result = resultOf(scenario, request, evidence);
    const ladder = writeBundle();
    folder.finish();
    if (result.verdict === 'pass') step.ok(result.reason);
    else step.fail(result.verdict);
    progress.close();
    void ladder;
    void readFileSync;
    void writeFileSync;
    void join;
    if (request.json) around.out.stream.write(`${JSON.stringify(result, null, 2)}\n`);
    else {
      const next = nextSteps(request, result.verdict, folder.final);
      around.out.stream.write(formatReport({ result, ladder, folder: folder.final, next }, around.out.style));
    }
    return exitCode([result.verdict]);
  } finally {
    progress.close();
    folder.discard();
  }
}

function writeBundle(): string {
  return '';
}

/** @throws Problem with line and column of every fault of the file */
function loadScenario(asked: string): Scenario {
  const file = readScenario(asked);
  const parsed = parseScenario(file.name, file.text);
  if (parsed.ok) return parsed.value;
  const [first, ...others] = parsed.problems.map((problem) => formatProblem(file.path, problem));
  throw wrongUse(
    [first, ...others.map((line) => `  ${line}`)].join('\n'),
    'Correct the file and run it again; labs/scenarios/handshake.yaml is an example.',
  );
}

/** Sorts by time and says what was run. */
function folderTitle(scenario: Scenario, request: RunRequest): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '').replace('T', '-');
  return `${time}-${scenario.name}-${request.seed}`;
}

function resultOf(scenario: Scenario, request: RunRequest, evidence: Evidence): Result {
  const facts = machineFacts();
  return createResult({
    ...judge(scenario, evidence),
    verb: 'run',
    subject: scenario.name,
    bench: request.bench,
    pairing: { a: request.a, b: request.b },
    seed: request.seed,
    versions: { tcblab: VERSION, node: facts.node, kernel: facts.kernel },
  });
}
