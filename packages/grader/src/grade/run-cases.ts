/** The cases of a lab on one submission, in one process behind walls, and in another when that one has ended. */
import { blockedBy, caseId, type CaseOutcome, type Lab, type LabCase, type Task } from '@tcblab/drill/lab';
import { JudgedEnd, type JudgedProcess } from '../judged/judged-process.ts';
import { tryCase } from './try-case.ts';

export interface CaseRun {
  readonly lab: Lab;
  readonly seed: number;
  /** Text of a file below `labs`. */
  readonly read: (path: string) => string;
  /** Judges what is no code; the files are data. */
  readonly answers: (path: string) => CaseOutcome;
  /** A process with the submission in it, behind its walls. */
  readonly start: () => JudgedProcess;
  /** The same for the reference, which stands in when the submission gives no answer that could be judged. */
  readonly startReference: () => JudgedProcess;
  /** A process for each case: a program of another language is told once where it stands. */
  readonly fresh: boolean;
  readonly signal: AbortSignal;
}

export interface TriedCase {
  readonly outcome: CaseOutcome;
  readonly retries: number;
}

const MOST_RETRIES = 2;
/** What runs into a limit takes that long each time. */
const MOST_LIMITS = 2;

/** @returns one for each case, in order; fewer when `signal` stopped it */
export async function runCases(run: CaseRun): Promise<TriedCase[]> {
  const cell = new Cell(run);
  const tried: TriedCase[] = [];
  const outcomes = new Map<string, CaseOutcome>();
  try {
    for (const { one, task } of casesOf(run.lab)) {
      if (run.signal.aborted) break;
      const id = caseId(one);
      const before = blockedBy(run.lab, task, outcomes);
      const next =
        before === null
          ? await cell.try(one)
          : { outcome: untried(id, 'blocked', `first: ${before.title}`), retries: 0 };
      outcomes.set(id, next.outcome);
      tried.push(next);
    }
    return tried;
  } finally {
    await cell.close();
  }
}

export function casesOf(lab: Lab): { readonly one: LabCase; readonly task: Task }[] {
  return lab.tasks.flatMap((task) => task.cases.map((one) => ({ one, task })));
}

/** The outcome of a case of which no packet was seen. */
export function untried(id: string, verdict: CaseOutcome['verdict'], reason: string): CaseOutcome {
  return {
    id,
    verdict,
    reason,
    purpose: '',
    clauses: [],
    expected: null,
    actual: null,
    place: null,
    ladder: '',
  };
}

class Cell {
  readonly #run: CaseRun;
  #judged: JudgedProcess | null = null;
  #limits = 0;

  constructor(run: CaseRun) {
    this.#run = run;
  }

  async try(one: LabCase): Promise<TriedCase> {
    const { read, answers, seed } = this.#run;
    if (one.kind === 'answers') return { outcome: answers(one.path), retries: 0 };
    const text = read(one.path);
    let last = '';
    for (let retries = 0; retries <= MOST_RETRIES; retries++) {
      if (this.#limits >= MOST_LIMITS) {
        return {
          outcome: untried(caseId(one), 'fail', `not tried: it ran into its limits ${MOST_LIMITS} times`),
          retries: 0,
        };
      }
      try {
        this.#judged ??= this.#run.start();
        const outcome = await tryCase(one, text, this.#judged, seed);
        await this.#look(this.#judged.end);
        if (this.#run.fresh) await this.close();
        return { outcome, retries };
      } catch (error) {
        if (!(error instanceof JudgedEnd)) throw error;
        last = error.message;
        await this.close();
      }
    }
    return { outcome: await this.#settle(one, text, last), retries: MOST_RETRIES };
  }

  async close(): Promise<void> {
    await this.#judged?.close();
    this.#judged = null;
  }

  /** A process that has ended is replaced for the next case. */
  async #look(end: JudgedEnd | null): Promise<void> {
    if (end === null) return;
    if (end.limit) this.#limits++;
    await this.close();
  }

  /** Three times the machine may be to blame. If the reference answers there and now, it is not. */
  async #settle(one: LabCase, text: string, last: string): Promise<CaseOutcome> {
    const reference = this.#run.startReference();
    try {
      const { verdict } = await tryCase(one, text, reference, this.#run.seed);
      if (verdict === 'pass') {
        this.#limits++;
        return untried(
          caseId(one),
          'fail',
          `${last}, ${MOST_RETRIES + 1} times; the reference passes there and then`,
        );
      }
    } catch (error) {
      if (!(error instanceof JudgedEnd)) throw error;
    } finally {
      await reference.close();
    }
    return untried(caseId(one), 'inconclusive', `${last}, and the reference does no better`);
  }
}
