/** What earlier checks of a folder came to: `.tcblab/progress.json` in it. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from './whole-file.ts';

export interface Reached {
  readonly isolated: number;
  readonly together: number | null;
}

const FOLDER = '.tcblab';
const FILE = 'progress.json';

/** By lab id; empty when nothing was checked, or the file is not ours. */
export function readProgress(folder: string): ReadonlyMap<string, Reached> {
  const path = join(folder, FOLDER, FILE);
  if (!existsSync(path)) return new Map();
  try {
    const json = JSON.parse(readFileSync(path, 'utf8')) as Record<string, Reached>;
    return new Map(Object.entries(json));
  } catch {
    return new Map();
  }
}

/** It is a convenience: a folder that cannot be written is checked all the same. */
export function rememberProgress(folder: string, lab: string, reached: Reached): void {
  try {
    mkdirSync(join(folder, FOLDER), { recursive: true });
    const all = Object.fromEntries([...readProgress(folder), [lab, reached]]);
    writeWhole(join(folder, FOLDER, FILE), `${JSON.stringify(all, null, 2)}\n`);
  } catch {
    // Read-only, or full.
  }
}
