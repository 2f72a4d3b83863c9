/** Outcomes that no TCP brought about. */
import type { CaseOutcome } from '@tcblab/drill/lab';

/** The outcome of a case of which no packet was seen. */
export function notRun(id: string, verdict: CaseOutcome['verdict'], reason: string): CaseOutcome {
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
