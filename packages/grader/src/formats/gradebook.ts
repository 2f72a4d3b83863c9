/** A gradebook as CSV: one line for each submission and lab. No score is an empty field, never a zero. */
import type { GradeResult } from '../grade/grade-result.ts';
import { csv } from './escape.ts';
import { summary } from './failed-cases.ts';

const HEAD =
  'student_id,submission,assignment,score,max,isolated,together,verdict,reason,seed,isolation,digest';

export function gradebook(results: readonly GradeResult[]): string {
  const lines = results.map((result) => {
    const { verdict, seed, isolation, grade } = result;
    const { submission, lab, score } = grade;
    const fields = [
      submission.members.join(' ') || submission.name,
      submission.name,
      lab.id,
      score?.points ?? null,
      score?.most ?? null,
      score?.isolated ?? null,
      score?.together ?? null,
      verdict,
      summary(result),
      seed,
      isolation,
      submission.digest,
    ];
    return fields.map(csv).join(',');
  });
  return `${[HEAD, ...lines].join('\n')}\n`;
}
