/** The Common Test Report Format, https://ctrf.io: one report for all submissions. */
import type { CheckVerdict } from '@tcblab/drill/verdict';
import type { GradeResult } from '../grade/grade-result.ts';
import { visible } from './escape.ts';
import { casesOf, explanation } from './failed-cases.ts';

const STATUS: Readonly<Record<CheckVerdict, 'passed' | 'failed' | 'skipped' | 'other'>> = {
  pass: 'passed',
  fail: 'failed',
  blocked: 'skipped',
  unsupported: 'skipped',
  error: 'other',
  inconclusive: 'other',
};

export function ctrf(results: readonly GradeResult[]): string {
  const tests = results.flatMap((result) =>
    casesOf(result).map(({ task, one, points, most }) => ({
      name: one.id,
      status: STATUS[one.verdict],
      duration: 0,
      suite: [visible(result.grade.submission.name), result.grade.lab.id, task.id],
      ...(one.verdict === 'pass' ? {} : { message: visible(one.reason), trace: visible(explanation(one)) }),
      rawStatus: one.verdict,
      type: 'conformance',
      extra: { points, maxPoints: most, clauses: one.clauses },
    })),
  );
  const of = (status: string) => tests.filter((test) => test.status === status).length;
  const report = {
    reportFormat: 'CTRF',
    specVersion: '1.0.0',
    generatedBy: 'tcblab',
    results: {
      tool: {
        name: 'tcblab',
        ...(results[0]?.versions['tcblab'] === undefined ? {} : { version: results[0].versions['tcblab'] }),
      },
      summary: {
        tests: tests.length,
        passed: of('passed'),
        failed: of('failed'),
        skipped: of('skipped'),
        pending: 0,
        other: of('other'),
        start: 0,
        stop: 0,
        extra: {
          submissions: results.map(({ verdict, reason, grade }) => ({
            name: visible(grade.submission.name),
            lab: grade.lab.id,
            verdict,
            reason: visible(reason),
            score: grade.score?.points ?? null,
          })),
        },
      },
      tests,
    },
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}
