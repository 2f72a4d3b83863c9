/** Workflow commands of GitHub Actions, which shows ten of a kind for each step. The table goes into the summary. */
import type { GradeResult } from '../grade/grade-result.ts';
import { workflow } from './escape.ts';
import { casesOf, explanation, summary } from './failed-cases.ts';

const MOST_SHOWN = 10;

export function github(results: readonly GradeResult[]): string {
  const lines = results.flatMap((result) => {
    const { grade, verdict } = result;
    const whole = `::${verdict === 'pass' ? 'notice' : 'error'} title=${workflow(`${grade.lab.id} ${grade.submission.name}`)}::${workflow(summary(result))}`;
    const failed = casesOf(result).filter(({ one }) => one.verdict === 'fail');
    return [
      whole,
      ...failed.map(
        ({ task, one }) =>
          `::error title=${workflow(`${task.title}: ${one.id}`)}::${workflow(explanation(one))}`,
      ),
    ];
  });
  return `${lines.slice(0, MOST_SHOWN).join('\n')}\n`;
}
