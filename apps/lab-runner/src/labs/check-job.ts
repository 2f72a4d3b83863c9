/** What a thread is asked to try on a student's code, and what it tells. */
import { loadFunctions, openSubmission, type Functions, type SubmissionFault } from '@tcblab/host/submission';
import {
  blockedBy,
  caseId,
  runCase,
  type CaseOutcome,
  type Lab,
  type LabCase,
  type Subject,
} from '@tcblab/drill/lab';
import { adaptParts } from '@tcblab/tcp/lab';
import { judgeAnswer } from './answers.ts';
import { readLabFile } from './library.ts';
import { notRun } from './outcome.ts';

export interface CheckJob {
  readonly folder: string;
  readonly lab: Lab;
  readonly functions: Functions;
  /** Ids of the cases to be tried, in order. */
  readonly cases: readonly string[];
  /** What earlier threads found out. */
  readonly before: readonly CaseOutcome[];
}

/** What the thread tells, in order. */
export type CheckMessage =
  | { readonly type: 'refused'; readonly fault: SubmissionFault }
  /** It is about to run this case. */
  | { readonly type: 'begin'; readonly id: string }
  | { readonly type: 'outcome'; readonly outcome: CaseOutcome }
  | { readonly type: 'done' };

/** Run the job, in this thread or another. */
export async function runCheckJob(job: CheckJob, tell: (message: CheckMessage) => void): Promise<void> {
  const opened = openSubmission(job.folder);
  const loaded = opened.ok ? await loadFunctions(opened.value.folder, job.functions) : opened;
  if (!loaded.ok) return tell({ type: 'refused', fault: loaded.fault });
  const functions = loaded.value;
  const subject = { functions, parts: adaptParts(functions) };
  const outcomes = new Map(job.before.map((outcome) => [outcome.id, outcome]));
  for (const { one, task } of allCases(job.lab)) {
    const id = caseId(one);
    if (!job.cases.includes(id)) continue;
    tell({ type: 'begin', id });
    const before = blockedBy(job.lab, task, outcomes);
    const outcome = before === null ? tryCase(one, job.folder, subject) : blocked(id, before.title);
    outcomes.set(id, outcome);
    tell({ type: 'outcome', outcome });
  }
  tell({ type: 'done' });
}

export function allCases(lab: Lab): { readonly one: LabCase; readonly task: Lab['tasks'][number] }[] {
  return lab.tasks.flatMap((task) => task.cases.map((one) => ({ one, task })));
}

function tryCase(one: LabCase, folder: string, subject: Subject): CaseOutcome {
  if (one.kind === 'answers') return judgeAnswer(folder, one.path);
  return runCase(one, readLabFile(one.path), subject);
}

function blocked(id: string, before: string): CaseOutcome {
  return notRun(id, 'blocked', `first: ${before}`);
}
