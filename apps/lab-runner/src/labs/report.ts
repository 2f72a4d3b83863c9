/** A check, for the person who wrote the code: what holds, and the first thing that does not, explained. */
import { caseId, type CaseOutcome, type Lab, type Task } from '@tcblab/drill/lab';
import type { Style } from '../terminal/style.ts';
import { table } from '../terminal/table.ts';
import type { FolderScore } from './score.ts';

export interface CheckReport {
  readonly lab: Lab;
  readonly outcomes: readonly CaseOutcome[];
  readonly score: FolderScore;
  /** Every case was tried: of a part no points are told. */
  readonly whole: boolean;
  /** Null where it was not tried. */
  readonly together: TogetherScore | null;
  /** Words that check the same folder again, such as `./tcblab check my-lab 03`. */
  readonly command: string;
}

export interface TogetherScore {
  readonly points: number;
  /** Why it is not more; empty when nothing is missing. */
  readonly lacking: string;
}

export function formatCheck(
  { lab, outcomes, score, whole, together, command }: CheckReport,
  style: Style,
): string {
  const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
  const head = `${style.bold(lab.id)}  ${lab.title}`;
  const rows = score.tasks.map(({ task, passed, points }) => [
    `  ${sign(task, byId, style)} ${task.title}`,
    `${passed}/${task.cases.length}`,
    whole ? `${points} of ${task.points} points` : '',
    remark(task, byId),
  ]);
  const blocks = [`${head}\n\n${table(rows)}`];
  const [first, ...others] = outcomes.filter(({ verdict }) => verdict !== 'pass' && verdict !== 'blocked');
  if (first !== undefined) blocks.push(explain(first, command, style));
  if (others.length > 0) {
    const lines = others.map(({ id }) => `  ${style.red('✗')} ${shortId(id)}`);
    blocks.push([style.bold('These fail as well, maybe for the same reason:'), ...lines].join('\n'));
  }
  if (whole) blocks.push(summary(lab, score, together, style));
  return `${blocks.join('\n\n')}\n`;
}

function outcomesOf(task: Task, byId: ReadonlyMap<string, CaseOutcome>): CaseOutcome[] {
  return task.cases.flatMap((one) => byId.get(caseId(one)) ?? []);
}

function sign(task: Task, byId: ReadonlyMap<string, CaseOutcome>, style: Style): string {
  const outcomes = outcomesOf(task, byId);
  if (outcomes.every(({ verdict }) => verdict === 'pass')) return style.green('✓');
  return outcomes.every(({ verdict }) => verdict === 'blocked') ? style.yellow('-') : style.red('✗');
}

function remark(task: Task, byId: ReadonlyMap<string, CaseOutcome>): string {
  const blocked = outcomesOf(task, byId).find(({ verdict }) => verdict === 'blocked');
  return blocked === undefined ? '' : `blocked, ${blocked.reason}`;
}

/** What was wanted, by which clause, what came instead, and how to see it again. */
export function explain(outcome: CaseOutcome, command: string, style: Style): string {
  const { purpose, clauses, expected, actual, place, reason, ladder } = outcome;
  const id = shortId(outcome.id);
  const lines = [`${style.red('✗')} ${style.bold(id)}`];
  if (purpose !== '') lines.push(`  ${purpose}`);
  for (const { rfc, section, text } of clauses.slice(0, 2)) {
    lines.push(style.dim(`  RFC ${rfc} §${section}: ${text}`));
  }
  lines.push('');
  if (expected === null || actual === null) lines.push(`  ${reason}`);
  else lines.push(`  expected  ${expected}`, `  seen      ${actual}`);
  if (place !== null) {
    // Its first line repeats what stands above.
    lines.push(
      '',
      ...place
        .split('\n')
        .slice(1)
        .map((line) => `  ${line.trimEnd()}`),
    );
  }
  if (ladder !== '') lines.push('', ladder);
  lines.push('', `  again:  ${style.cyan(`${command} --only ${id}`)}`);
  // Answers are no code.
  if (/\.\w+(#|$)/.test(outcome.id))
    lines.push(`  step by step:  ${style.cyan(`${command} --inspect ${id}`)}`);
  return lines.join('\n');
}

/** As one would type it. */
export function shortId(id: string): string {
  return id.replace(/^scripts\//, '').replace(/\.pkt$/, '');
}

function summary(lab: Lab, score: FolderScore, together: TogetherScore | null, style: Style): string {
  const { isolated, mine, asked } = score;
  const lines = [`isolated  ${isolated} of ${lab.isolatedPoints} points`];
  if (mine < asked) lines[0] += `: ${mine} of the ${asked} functions are yours, the others count nothing`;
  if (together !== null) {
    lines.push(
      `together  ${together.points} of ${lab.togetherPoints} points${together.lacking === '' ? '' : `: ${together.lacking}`}`,
    );
  }
  const full = isolated === lab.isolatedPoints;
  return (full ? style.green : style.bold)(lines.join('\n'));
}
