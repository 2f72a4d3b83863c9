/** From outcomes to points. */
import { caseId, type Lab, type Task } from './lab.ts';
import type { CaseOutcome } from './run-case.ts';

export interface TaskScore {
  readonly task: Task;
  readonly passed: number;
  readonly points: number;
}

export interface LabScore {
  readonly tasks: readonly TaskScore[];
  /** Of `lab.isolatedPoints`. */
  readonly points: number;
}

/** The task without which `task` is not tried, given what was seen so far; null = it is tried. */
export function blockedBy(lab: Lab, task: Task, outcomes: ReadonlyMap<string, CaseOutcome>): Task | null {
  for (const id of task.after) {
    const before = lab.tasks.find((one) => one.id === id);
    if (before === undefined) continue;
    const key = outcomes.get(caseId(before.cases[0]));
    if (key !== undefined && key.verdict !== 'pass') return before;
  }
  return null;
}

/** A task's points are shared by its cases alike. Rounded once, at the end, to two decimals. */
export function scoreLab(lab: Lab, outcomes: readonly CaseOutcome[]): LabScore {
  const passes = new Set(outcomes.filter(({ verdict }) => verdict === 'pass').map(({ id }) => id));
  const tasks = lab.tasks.map((task) => {
    const passed = task.cases.filter((one) => passes.has(caseId(one))).length;
    return { task, passed, points: round((task.points * passed) / task.cases.length) };
  });
  return { tasks, points: round(tasks.reduce((sum, { points }) => sum + points, 0)) };
}

function round(points: number): number {
  return Math.round(points * 100) / 100;
}
