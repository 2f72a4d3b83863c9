/** Grades small submissions for tests, with the project's own labs. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findLab, parseLabs, type Lab } from '@tcblab/drill/lab';
import { writeManifest, type PartName } from '@tcblab/host/submission';
import { onTestFinished } from 'vitest';
import { DEFAULT_LIMITS } from '../sandbox/limits.ts';
import { availableTiers, type ProcessTier } from '../sandbox/tier.ts';
import { discard, takeSubmission } from '../submission/take-submission.ts';
import { flyCanary, grade, type Canary, type Terms } from './grade.ts';
import type { GradeResult } from './grade-result.ts';
import { untried } from './run-cases.ts';

export const LABS = join(import.meta.dirname, '..', '..', '..', '..', 'labs');
export const SOLUTION = join(LABS, 'solution');
/** The strongest that can be had. */
export const [TIER] = availableTiers();

export function labOf(name: string): Lab {
  const parsed = parseLabs(readFileSync(join(LABS, 'labs.json'), 'utf8'));
  const lab = parsed.ok ? findLab(parsed.value, name) : null;
  if (lab === null) throw new TypeError(`there is no lab ${name}`);
  return lab;
}

export function termsOf(tier: ProcessTier = TIER, seed = 1): Terms {
  return {
    tier,
    seed,
    limits: { ...DEFAULT_LIMITS, cpu: 4, wall: 60 },
    versions: {},
    solution: SOLUTION,
    read: (path) => readFileSync(join(LABS, path), 'utf8'),
    answers: (_folder, path) => untried(path, 'unsupported', 'not asked here'),
    likely: () => null,
  };
}

const canaries = new Map<string, Promise<Canary>>();

export async function gradePath(path: string, name: string, terms = termsOf()): Promise<GradeResult> {
  const lab = labOf(name);
  const { signal } = new AbortController();
  const key = `${lab.id} ${terms.tier} ${terms.seed}`;
  if (!canaries.has(key)) canaries.set(key, flyCanary(lab, terms, signal));
  const canary = await canaries.get(key);
  const taken = takeSubmission(path, lab);
  try {
    return await grade({ lab, terms, taken, signal }, canary as Canary);
  } finally {
    discard(taken);
  }
}

/** A folder as `labs start` makes it, with the solution in it and some files changed. */
export function submission(
  name: string,
  change: Readonly<Record<string, string | ((text: string) => string)>> = {},
): string {
  const lab = labOf(name);
  const folder = mkdtempSync(join(tmpdir(), 'tcblab-submission-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const mine = Object.entries(lab.replaces).map(([part, names]) => [
    part,
    Object.fromEntries(names.map((one) => [one, 'mine'])),
  ]);
  for (const part of Object.keys(lab.replaces) as PartName[])
    cpSync(join(SOLUTION, `${part}.ts`), join(folder, `${part}.ts`));
  const parts = Object.fromEntries(mine) as Record<PartName, Record<string, 'mine'>>;
  writeFileSync(
    join(folder, 'tcblab.json'),
    writeManifest({ lab: lab.id, language: 'typescript', kit: '0.1.0', parts, command: null }),
  );
  for (const [file, text] of Object.entries(change)) {
    const path = join(folder, file);
    writeFileSync(path, typeof text === 'string' ? text : text(readFileSync(path, 'utf8')));
  }
  return folder;
}
