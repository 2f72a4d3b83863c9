/** The smaller score: everything that is the student's at once, ending in a transfer from end to end. */
import { caseId, type Lab, type LabCase } from '@tcblab/drill/lab';
import type { Functions } from '@tcblab/host/submission';
import { check } from './check.ts';
import { shortId, type TogetherScore } from './report.ts';

const TRANSFER: LabCase = {
  kind: 'transfer',
  path: '04-stream/short-transfer.yaml',
  loss: 0.02,
  duplicate: 0.02,
  reorder: 0.05,
  seed: 11,
};

/** Half of the points for the lab's cases, half for the transfer. */
export async function scoreTogether(request: {
  readonly folder: string;
  readonly lab: Lab;
  readonly own: Functions;
  readonly signal: AbortSignal;
}): Promise<TogetherScore> {
  const { lab, folder, own, signal } = request;
  const transfer = { id: 'transfer', title: 'A transfer', points: 0, after: [], cases: [TRANSFER] };
  const whole: Lab = { ...lab, tasks: [...lab.tasks, transfer] };
  const { outcomes, fault } = await check({ folder, lab: whole, functions: own, only: null, signal });
  if (fault !== null) return { points: 0, lacking: fault.what };
  const passed = outcomes.filter(({ verdict }) => verdict === 'pass');
  const arrived = passed.some(({ id }) => id === caseId(TRANSFER));
  const cases = passed.length - (arrived ? 1 : 0);
  const share = cases / (outcomes.length - 1) / 2 + (arrived ? 0.5 : 0);
  const failed = outcomes.find(({ verdict }) => verdict === 'fail');
  return {
    points: Math.round(lab.togetherPoints * share * 100) / 100,
    lacking: failed === undefined ? '' : shortId(failed.id),
  };
}
