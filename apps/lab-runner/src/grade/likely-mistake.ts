/** Which of a lab's known mistakes fails as a submission does: found by running the broken TCPs, and kept. */
import type { CaseOutcome, Lab } from '@tcblab/drill/lab';
import { mutants } from '@tcblab/drill/mutants';
import { runScript } from '@tcblab/drill/script';
import type { LikelyMistake } from '@tcblab/grader';
import { allCases } from '../labs/check-job.ts';
import { readLabFile } from '../labs/library.ts';

interface Signature {
  readonly breaks: string;
  /** What was seen in place of what was expected, by case. */
  readonly seen: ReadonlyMap<string, string>;
}

const known = new Map<string, readonly Signature[]>();

/** @returns the mistake that has most of what was seen in common; null when none shows the first failure */
export function likelyMistake(lab: Lab, outcomes: readonly CaseOutcome[]): LikelyMistake | null {
  const failed = outcomes.filter(({ verdict, actual }) => verdict === 'fail' && actual !== null);
  const [first] = failed;
  if (first === undefined) return null;
  let best: Signature | null = null;
  let most = 0;
  for (const signature of signaturesOf(lab)) {
    if (signature.seen.get(first.id) !== first.actual) continue;
    const alike = failed.filter(({ id, actual }) => signature.seen.get(id) === actual).length;
    const likeness = alike / (failed.length + signature.seen.size - alike);
    if (likeness > most) [best, most] = [signature, likeness];
  }
  return best === null ? null : { breaks: best.breaks, seenIn: first.id };
}

function signaturesOf(lab: Lab): readonly Signature[] {
  const kept = known.get(lab.id);
  if (kept !== undefined) return kept;
  const scripts = allCases(lab).flatMap(({ one }) =>
    one.kind === 'script' ? [{ id: one.path, text: readLabFile(one.path) }] : [],
  );
  const found = mutants
    .filter(({ name }) => lab.mutants.includes(name))
    .map(({ breaks, parts, settings }) => {
      const seen = new Map<string, string>();
      for (const { id, text } of scripts) {
        const { verdict, actual } = runScript({ text, parts, settings });
        if (verdict === 'fail' && actual !== null) seen.set(id, actual);
      }
      return { breaks, seen };
    });
  known.set(lab.id, found);
  return found;
}
