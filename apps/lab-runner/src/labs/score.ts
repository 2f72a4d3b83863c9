/** What a folder has reached in a lab. */
import { scoreLab, type CaseOutcome, type Lab, type LabScore } from '@tcblab/drill/lab';
import type { Functions } from '@tcblab/host/submission';

export interface FolderScore extends LabScore {
  /** Functions of the lab that are the student's, of all that it asks for. */
  readonly mine: number;
  readonly asked: number;
  /** `points` for what is the student's. */
  readonly isolated: number;
}

/** What is still the reference's earns nothing. */
export function scoreFolder(lab: Lab, own: Functions, outcomes: readonly CaseOutcome[]): FolderScore {
  const score = scoreLab(lab, outcomes);
  const asked = count(lab.replaces);
  const mine = count(own);
  const share = asked === 0 ? 1 : mine / asked;
  return { ...score, mine, asked, isolated: Math.round(score.points * share * 100) / 100 };
}

export function count(functions: Functions): number {
  return Object.values(functions).reduce((sum, names) => sum + (names?.length ?? 0), 0);
}
