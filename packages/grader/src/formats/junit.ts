/** JUnit's XML, in what its two dialects have in common. `failure`: a clause is not met; `error`: not the student's fault. */
import type { GradedCase, GradeResult } from '../grade/grade-result.ts';
import { xml } from './escape.ts';
import { casesOf, explanation, summary } from './failed-cases.ts';

export function junit(results: readonly GradeResult[]): string {
  const suites = results.map(suite);
  const sum = (key: 'tests' | 'failures' | 'errors' | 'skipped') =>
    suites.reduce((all, one) => all + one[key], 0);
  const counts = `tests="${sum('tests')}" failures="${sum('failures')}" errors="${sum('errors')}" skipped="${sum('skipped')}"`;
  const body = suites.map(({ text }) => text).join('\n');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="tcblab" ${counts} time="0">\n${body}\n</testsuites>\n`;
}

function suite(result: GradeResult) {
  const { grade } = result;
  const cases = casesOf(result);
  const of = (...verdicts: string[]) => cases.filter(({ one }) => verdicts.includes(one.verdict)).length;
  const name = `${grade.lab.id} ${grade.submission.name}`;
  const lines = cases.map(({ task, one, points, most }) => {
    const properties = [
      `<property name="points" value="${points}"/>`,
      `<property name="max_points" value="${most}"/>`,
      ...one.clauses.slice(0, 1).map((clause) => `<property name="rfc" value="${xml(clause)}"/>`),
    ].join('');
    const head = `<testcase name="${xml(one.id)}" classname="${xml(`${grade.lab.id}.${task.id}`)}" time="0">`;
    return `    ${head}<properties>${properties}</properties>${outcome(one)}</testcase>`;
  });
  const whole = grade.fault;
  if (whole !== null) {
    const tag = whole.blame === 'platform' ? 'error' : 'failure';
    lines.push(
      `    <testcase name="submission" classname="${xml(grade.lab.id)}" time="0"><${tag} message="${xml(summary(result))}" type="${whole.blame}"/></testcase>`,
    );
  }
  const failures = of('fail') + (whole?.blame === 'submission' ? 1 : 0);
  const errors = of('inconclusive', 'error') + (whole?.blame === 'platform' ? 1 : 0);
  const skipped = of('blocked', 'unsupported');
  const counts = `tests="${lines.length}" failures="${failures}" errors="${errors}" skipped="${skipped}"`;
  const text = [
    `  <testsuite name="${xml(name)}" ${counts} time="0" timestamp="1970-01-01T00:00:00">`,
    ...lines,
    `    <system-out>${xml(summary(result))}</system-out>`,
    '  </testsuite>',
  ].join('\n');
  return { text, tests: lines.length, failures, errors, skipped };
}

function outcome(one: GradedCase): string {
  switch (one.verdict) {
    case 'pass':
      return '';
    case 'blocked':
    case 'unsupported':
      return `<skipped message="${xml(one.reason)}"/>`;
    case 'fail':
      return `<failure message="${xml(one.reason)}" type="requirement">${xml(explanation(one))}</failure>`;
    case 'error':
    case 'inconclusive':
      return `<error message="${xml(one.reason)}" type="${one.verdict}"/>`;
  }
}
