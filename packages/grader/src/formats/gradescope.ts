/** Gradescope's `results.json`. The first is told: Gradescope grades one submission at a time. */
import type { GradeResult } from '../grade/grade-result.ts';
import { visible } from './escape.ts';
import { casesOf, explanation, summary } from './failed-cases.ts';

export function gradescope([result]: readonly GradeResult[]): string {
  const { grade, isolation, seed, versions, verdict } = result;
  const { score, lab, submission } = grade;
  const tests = casesOf(result).map(({ task, one, points, most }, i) => ({
    name: visible(`${task.title}: ${one.id}`),
    name_format: 'text',
    number: `${i + 1}`,
    score: points,
    max_score: most,
    status: one.verdict === 'pass' ? 'passed' : 'failed',
    output: one.verdict === 'pass' ? '' : visible(explanation(one)),
    output_format: 'text',
    tags: [one.verdict],
    visibility: 'visible',
  }));
  return json({
    // A score that is not known must not look like none: Gradescope shows the sentence, and staff run it again.
    score: score?.points ?? 0,
    output: visible(score === null ? `This is not your fault. ${summary(result)}` : summary(result)),
    output_format: 'text',
    visibility: 'visible',
    stdout_visibility: 'hidden',
    tests,
    extra_data: {
      lab: lab.id,
      verdict,
      digest: submission.digest,
      isolation,
      seed,
      versions,
      integrity: grade.integrity,
    },
  });
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
