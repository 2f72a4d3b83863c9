/** What every format tells of a case. */
import type { GradedCase, GradedTask, GradeResult } from '../grade/grade-result.ts';

export interface Told {
  readonly task: GradedTask;
  readonly one: GradedCase;
  /** Of the task's points, what this case is worth and what it earned. */
  readonly points: number;
  readonly most: number;
}

export function casesOf({ grade }: GradeResult): Told[] {
  return grade.tasks.flatMap((task) =>
    task.cases.map((one) => {
      const most = Math.round((100 * task.most) / task.cases.length) / 100;
      return { task, one, most, points: one.verdict === 'pass' ? most : 0 };
    }),
  );
}

/** In lines: clause, expected, seen, where in the script, and the packets up to there. */
export function explanation({
  reason,
  purpose,
  clauses,
  expected,
  actual,
  place,
  ladder,
}: GradedCase): string {
  const lines = [purpose, ...clauses.slice(0, 2), ''];
  if (expected === null || actual === null) lines.push(reason);
  else lines.push(`expected  ${expected}`, `seen      ${actual}`);
  if (place !== null) lines.push('', place);
  if (ladder !== '') lines.push('', ladder);
  return lines.join('\n').trim();
}

/** One sentence for the whole. */
export function summary({ verdict, reason, next, grade }: GradeResult): string {
  const { score, fault, likely } = grade;
  const points = score === null ? 'no score' : `${score.points} of ${score.most} points`;
  if (fault !== null) return `${points}: ${fault.what}${next === null ? '' : ` → ${next}`}`;
  if (verdict === 'pass') return points;
  const hint = likely === null ? '' : `; it behaves like a TCP that ${likely.breaks}`;
  return `${reason}${hint}`;
}
