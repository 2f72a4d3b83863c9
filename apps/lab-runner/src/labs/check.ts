/** A student's folder against the cases of a lab: every case gets an outcome, whatever the code does. */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { caseId, type CaseOutcome, type Lab } from '@tcblab/drill/lab';
import type { Functions, SubmissionFault } from '@tcblab/host/submission';
import { readLabFile } from './library.ts';
import { notRun } from './outcome.ts';
import { allCases, runCheckJob, type CheckJob, type CheckMessage } from './check-job.ts';
import { withDiagnostics } from './type-check.ts';
import { whereItIs } from './endless-loop.ts';

export interface CheckRequest {
  readonly folder: string;
  readonly lab: Lab;
  /** What of the folder stands in for the reference's. */
  readonly functions: Functions;
  /** Only this case; null = all. */
  readonly only: string | null;
  readonly signal: AbortSignal;
  /** In this thread and without a time limit, so that a debugger may stop it. */
  readonly inspect?: boolean;
  /** Told at once of each case that never ended: what is left may take as long. */
  readonly onLoop?: (id: string, what: string) => void;
}

export interface Checked {
  /** In the lab's order. Empty when the code could not even be loaded. */
  readonly outcomes: readonly CaseOutcome[];
  readonly fault: SubmissionFault | null;
}

/** One case takes milliseconds; a thread that is silent so long, and at work, will never answer. */
const PATIENCE_MS = 2_000;
/** Of a thread that is silent and idle. */
const LONGEST_MS = 30_000;
const LOOK_EVERY_MS = 250;
/** What never returns takes the whole patience each time. */
const MOST_LOOPS = 2;
const HEAP_MB = 512;

export async function check(request: CheckRequest): Promise<Checked> {
  const { folder, lab, functions, only } = request;
  const outcomes: CaseOutcome[] = [];
  const wanted = allCases(lab)
    .map(({ one }) => caseId(one))
    .filter((id) => only === null || id === only);
  const jobOf = (cases: readonly string[]): CheckJob => ({ folder, lab, functions, cases, before: outcomes });
  if (request.inspect === true) {
    let fault: SubmissionFault | null = null;
    await runCheckJob(jobOf(wanted), (message) => {
      if (message.type === 'outcome') outcomes.push(message.outcome);
      if (message.type === 'refused') ({ fault } = message);
    });
    return { outcomes, fault };
  }
  for (let loops = 0; outcomes.length < wanted.length;) {
    const left = wanted.slice(outcomes.length);
    if (loops === MOST_LOOPS) {
      outcomes.push(...left.map((id) => notRun(id, 'fail', `not tried: ${MOST_LOOPS} cases never ended`)));
      break;
    }
    const end = await inThread(jobOf(left), request.signal, (outcome) => outcomes.push(outcome));
    if (end.kind === 'refused') return { outcomes: [], fault: withDiagnostics(folder, end.fault) };
    if (end.kind === 'done') break;
    if (end.kind === 'loop') loops++;
    const ended = left.find((id) => !outcomes.some((one) => one.id === id)) ?? left[0];
    outcomes.push({ ...notRun(ended, 'fail', end.what), purpose: purposeOf(ended) });
    if (end.kind === 'loop') request.onLoop?.(ended, end.what);
  }
  return { outcomes, fault: null };
}

/** What a script says that it is for; empty for other cases. */
function purposeOf(id: string): string {
  if (!id.endsWith('.pkt')) return '';
  return /^\/\/ (.*)/.exec(readLabFile(id))?.[1] ?? '';
}

type End =
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly fault: SubmissionFault }
  /** The case that had begun ended the thread, or had to be ended with it. */
  | { readonly kind: 'loop' | 'death'; readonly what: string };

function inThread(
  job: CheckJob,
  signal: AbortSignal,
  onOutcome: (outcome: CaseOutcome) => void,
): Promise<End> {
  // The file beside this one, in the form that this one has: source or built.
  const worker = new Worker(new URL(`./check-worker${extname(import.meta.filename)}`, import.meta.url), {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    // What the student prints is for the student, beside the report.
    stdout: true,
  });
  worker.stdout.on('data', (text: Buffer) => void process.stderr.write(text));
  return new Promise((resolve) => {
    let end: End | null = null;
    const finish = (how: End): void => {
      end ??= how;
      clearTimeout(timer);
      void worker.terminate().then(() => {
        signal.removeEventListener('abort', stop);
        if (end !== null) resolve(end);
      });
    };
    const stop = (): void => finish({ kind: 'done' });
    let heard = { at: performance.now(), worked: workedMs() };
    const silent = (): void => {
      // On a busy machine a thread may have had no turn: it is its own work that counts.
      const late = performance.now() - heard.at > LONGEST_MS;
      if (!late && workedMs() - heard.worked < PATIENCE_MS * 0.8) {
        timer = setTimeout(silent, LOOK_EVERY_MS);
        return;
      }
      const limit = (late ? LONGEST_MS : PATIENCE_MS) / 1000;
      void whereItIs(job.folder).then((where) =>
        finish({ kind: 'loop', what: `it did not come back within ${limit} s${where}` }),
      );
    };
    let timer = setTimeout(silent, PATIENCE_MS);
    signal.addEventListener('abort', stop, { once: true });
    worker.on('message', (message: CheckMessage) => {
      clearTimeout(timer);
      if (message.type === 'done') return finish({ kind: 'done' });
      if (message.type === 'refused') return finish({ kind: 'refused', fault: message.fault });
      if (message.type === 'outcome') onOutcome(message.outcome);
      heard = { at: performance.now(), worked: workedMs() };
      timer = setTimeout(silent, PATIENCE_MS);
    });
    worker.once('error', (error: NodeJS.ErrnoException) => {
      const memory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      finish({
        kind: 'death',
        what: memory ? `it took more than ${HEAP_MB} MB of memory` : `it broke its thread: ${error.message}`,
      });
    });
    worker.once('exit', () =>
      finish({ kind: 'death', what: 'it ended the process, such as by process.exit()' }),
    );
  });
}

/** Processor time of this process, in which but for the student's thread little is done. */
function workedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
