/** A table of tasks and the first failure of each submission, as Markdown: for a summary of GitHub Actions, or a mail. */
import type { GradeResult } from '../grade/grade-result.ts';
import { fenced, markdown as md } from './escape.ts';
import { casesOf, explanation, summary } from './failed-cases.ts';

/** What GitHub shows of a summary. */
const MOST_OCTETS = 1 << 20;

export function markdown(results: readonly GradeResult[]): string {
  const text = results.map(one).join('\n');
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= MOST_OCTETS) return text;
  const cut = '\n\nCut here: more than can be shown.\n';
  return `${new TextDecoder().decode(bytes.subarray(0, MOST_OCTETS - 100))}${cut}`;
}

function one(result: GradeResult): string {
  const { grade, isolation, seed } = result;
  const lines = [
    `## ${md(grade.submission.name)}: ${grade.lab.id}`,
    '',
    md(summary(result)),
    '',
    '| Task | Cases | Points |',
    '| --- | --- | --- |',
    ...grade.tasks.map(({ title, cases, points, most }) => {
      const passed = cases.filter(({ verdict }) => verdict === 'pass').length;
      return `| ${md(title)} | ${passed} of ${cases.length} | ${points} of ${most} |`;
    }),
    '',
  ];
  const first = casesOf(result).find(({ one: each }) => each.verdict === 'fail')?.one;
  if (first !== undefined)
    lines.push(`### First to fail: ${md(first.id)}`, '', fenced(explanation(first)), '');
  lines.push(`Seed ${seed}, isolation ${isolation}.`, '');
  return lines.join('\n');
}
