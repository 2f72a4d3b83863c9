/** One run from the request to the report. */
import { formatProblem, judge, parseScenario, type Evidence, type Scenario } from '@tcblab/drill/scenario';
import { createResult, exitCode, type Result } from '@tcblab/drill/verdict';
import type { Bench } from '../bench/bench.ts';
import { netns } from '../bench/netns.ts';
import { virtual } from '../bench/virtual.ts';
import { machineFacts } from '../doctor/machine-facts.ts';
import { errno, wrongUse } from '../problem.ts';
import type { Surroundings } from '../program.ts';
import { createProgress, type Step } from '../terminal/progress.ts';
import { VERSION } from '../version.ts';
import { writeBundleFiles } from './bundle-files.ts';
import { commandOf, nextSteps } from './next-steps.ts';
import { LiveTrace } from './live-trace.ts';
import { formatReport } from './report.ts';
import type { BenchName, RunRequest } from './request.ts';
import { createRunFolder, unwritable, type RunFolder } from './run-folder.ts';
import { readScenario } from './scenario-library.ts';

const BENCHES: Readonly<Record<BenchName, Bench>> = { virtual, netns };

/**
 * @returns the exit code of the verdict; 130 when the user interrupted
 * @throws Problem when nothing could be run
 */
export async function execute(around: Surroundings, request: RunRequest): Promise<number> {
  const { out, err, signal } = around;
  const scenario = withPatience(loadScenario(request.scenario), request);
  refuseDisturbance(scenario, request);
  const bench = BENCHES[request.bench];
  const folder = createRunFolder(request.out, folderTitle(scenario, request));
  const progress = createProgress(err, [...bench.steps, 'verdict']);
  try {
    const live = new LiveTrace(folder.draft, scenario, request);
    const job = { scenario, request, folder: folder.draft, progress, signal, onRecord: live.add };
    const evidence = await bench.run(job);
    const traced = live.close();
    const step = progress.start('verdict');
    const judged = resultOf(scenario, request, evidence, signal.aborted);
    const { ladder, result } = intoFolder(folder, () =>
      writeBundleFiles({ folder: folder.draft, scenario, request, evidence, traced, result: judged }),
    );
    folder.finish();
    conclude(step, result);
    progress.close();
    const next = nextSteps({ request, scenario, verdict: result.verdict, folder: folder.final });
    out.stream.write(
      request.json
        ? `${JSON.stringify(result, null, 2)}\n`
        : formatReport({ result, ladder, folder: folder.final, next }, out),
    );
    return signal.aborted ? 130 : exitCode([result.verdict]);
  } finally {
    progress.close();
    folder.discard();
  }
}

/** What the disk refuses is the user's to know; anything else is a fault of ours. */
function intoFolder<T>({ final }: RunFolder, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw errno(error) === undefined ? error : unwritable(final, error);
  }
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

/** @throws Problem when what the scenario looks for cannot be expected on the wire that was asked for */
function refuseDisturbance({ name, undisturbed }: Scenario, request: RunRequest): void {
  if (undisturbed === null || !isHarmed(request)) return;
  throw wrongUse(
    `${name} needs an undisturbed wire: ${undisturbed}.`,
    `Run ./tcblab run ${name} without impairments, or ./tcblab run transfer with them.`,
  );
}

/** A TCP on a bad wire is right to wait, longer each time: its run may take longer too. */
const PATIENCE = 6;
/** One-way delays that a run may take: a scenario has a dozen round trips, and some go twice. */
const CROSSINGS = 40;

function withPatience(scenario: Scenario, { impairments }: RunRequest): Scenario {
  const { loss, corrupt, delay } = impairments;
  const patience = loss > 0 || corrupt > 0 ? PATIENCE : 1;
  return { ...scenario, limit: scenario.limit * patience + CROSSINGS * delay };
}

function isHarmed({ impairments }: RunRequest): boolean {
  return Object.values(impairments).some((amount) => amount > 0);
}

/** Sorts by time and says what was run. */
function folderTitle(scenario: Scenario, request: RunRequest): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '').replace('T', '-');
  return `${time}-${scenario.name}-${request.seed}`;
}

function resultOf(scenario: Scenario, request: RunRequest, evidence: Evidence, aborted: boolean): Result {
  const { node, kernel } = machineFacts();
  return createResult({
    ...judge(scenario, { ...evidence, harmed: isHarmed(request) }),
    // What was seen until then is kept, but half a run proves nothing either way.
    ...(aborted
      ? { verdict: 'inconclusive', reason: 'interrupted by you', next: `Run it again: ${commandOf(request)}` }
      : {}),
    verb: 'run',
    subject: scenario.name,
    bench: request.bench,
    pairing: { a: request.a, b: request.b },
    seed: request.seed,
    versions: { tcblab: VERSION, node, kernel },
  });
}

function conclude(step: Step, { verdict, reason }: Result): void {
  if (verdict === 'pass') step.ok(reason);
  else if (verdict === 'fail' || verdict === 'error') step.fail(reason);
  else step.warn(`${verdict}: ${reason}`);
}
