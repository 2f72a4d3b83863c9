/** `diff`: where two runs first differ. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Ladder } from '@tcblab/capture';
import { wrongUse } from '../problem.ts';
import type { Surroundings } from '../program.ts';
import { RUNS_FOLDER } from '../run/run-folder.ts';
import { firstDivergence, ladderOf, type DescribedRow } from '../store/divergence.ts';

export interface DiffOptions {
  readonly json?: boolean;
}

/** @returns 0 when they are alike, 1 when they differ, as diff does */
export function diff({ out }: Surroundings, one: string, other: string, options: DiffOptions): number {
  const divergence = firstDivergence(laddersOf(one), laddersOf(other));
  const { stream, style } = out;
  if (options.json === true) stream.write(`${JSON.stringify(divergence, null, 2)}\n`);
  else if (divergence === null) stream.write(`${style.green('Alike:')} every row of both ladders.\n`);
  else {
    const { alike, before, rows } = divergence;
    stream.write(`${style.bold(`Alike in ${alike} rows, then:`)}\n`);
    for (const row of before) stream.write(`    ${style.dim(worded(row))}\n`);
    stream.write(`  ${style.red('-')} ${worded(rows[0])}   ${style.dim(one)}\n`);
    stream.write(`  ${style.green('+')} ${worded(rows[1])}   ${style.dim(other)}\n`);
  }
  return divergence === null ? 0 : 1;
}

function worded(row: DescribedRow | null): string {
  if (row === null) return 'nothing more';
  const frames = row.frames.map((frame) => frame ?? '-').join('/');
  return `${(row.time / 1000).toFixed(3).padStart(10)} ms  ${frames.padStart(9)}  ${row.text}`;
}

function laddersOf(name: string): Ladder {
  const folder = existsSync(name) ? name : join(RUNS_FOLDER, name);
  const ladder = ladderOf(folder);
  if (ladder !== null) return ladder;
  throw wrongUse(`${name} is no run: there is no whole bundle in it.`, `ls ${RUNS_FOLDER}`);
}
