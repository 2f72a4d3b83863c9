/**
 * What students and strangers try on a grader, each put before the starter or the solution of lab 02, behind walls.
 * `attacks/NN-name` holds what is tried and what must come of it: points, and the words that say why.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '@tcblab/test-needs';
import { expect } from 'vitest';
import { gradePath, LABS, submission } from './grading.fixture.ts';

const { test } = needs('linux', 'bwrap');
const ATTACKS = join(import.meta.dirname, '..', '..', 'attacks');

interface Attack {
  readonly attempt: string;
  /** What the rest of the file is: a forger has nothing to show, and everyone else has it all. */
  readonly before: 'starter' | 'solution';
  readonly points: number;
  /** Words that the reasons must hold. */
  readonly seen: string;
}

test.for(readdirSync(ATTACKS).toSorted())('%s', { timeout: 120_000 }, async (name) => {
  const { before, points, seen } = JSON.parse(
    readFileSync(join(ATTACKS, name, 'attack.json'), 'utf8'),
  ) as Attack;
  const attack = readFileSync(join(ATTACKS, name, 'before.ts.txt'), 'utf8');
  const starter = readFileSync(join(LABS, '02-sequence', 'starter', 'sequence.ts'), 'utf8');
  const folder = submission('02', {
    'sequence.ts': (solution) => attack + (before === 'starter' ? starter : solution),
  });
  const { grade } = await gradePath(folder, '02');
  expect(grade.fault).toBe(null);
  expect(grade.score?.points).toBe(points);
  const reasons = grade.tasks.flatMap(({ cases }) => cases.map(({ reason }) => reason));
  expect(reasons.join('\n')).toContain(seen);
});

test('the next submission is unaffected', { timeout: 60_000 }, async () => {
  const { verdict } = await gradePath(submission('02'), '02');
  expect(verdict).toBe('pass');
});
