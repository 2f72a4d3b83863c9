/** What became of one suite, and the table of all. */
export interface Outcome {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
}

/** A table of suites with their counts and times, the failed ones marked. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ name, passed, failed, skipped, seconds }) => [
    `${failed > 0 ? '✗' : '✓'} ${name}`,
    String(passed),
    failed > 0 ? String(failed) : '-',
    skipped > 0 ? String(skipped) : '-',
    `${seconds.toFixed(1)} s`,
  ]);
  const all = [['  suite', 'passed', 'failed', 'skipped', 'time'], ...rows];
  const widths = all[0].map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i] + 2))).join('');
  return all.map(line).join('\n');
}

/** The line that closes every run, read by people and by CI. */
export function closingLine(outcomes: readonly Outcome[]): string {
  const sum = (count: (outcome: Outcome) => number): number =>
    outcomes.reduce((total, one) => total + count(one), 0);
  return `${sum((one) => one.passed)} passed, ${sum((one) => one.failed)} failed`;
}
