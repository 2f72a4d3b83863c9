/** Files that are the solution's, or another submission's, but for comments and blanks. Told to staff; no verdict. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Lab } from '@tcblab/drill/lab';
import { fingerprint } from '@tcblab/grader';
import { LABS } from '../labs/library.ts';

/** Of each file, by its path. */
export type Prints = ReadonlyMap<string, string>;

/** @returns sentences by submission; nothing for what is like no other */
export function copiesAmong(submissions: ReadonlyMap<string, Prints>, lab: Lab): Map<string, string[]> {
  const given = new Set(printsIn(join(LABS, lab.id, 'starter')).keys());
  const solution = printsIn(join(LABS, 'solution'));
  const owners = new Map<string, string[]>();
  for (const [path, prints] of submissions) {
    for (const print of new Set(prints.values())) owners.set(print, [...(owners.get(print) ?? []), path]);
  }
  const found = new Map<string, string[]>();
  for (const [path, prints] of submissions) {
    const told: string[] = [];
    for (const [file, print] of prints) {
      // Everybody starts with the same starter.
      if (given.has(print)) continue;
      const original = solution.get(print);
      if (original !== undefined) told.push(`${file} is labs/solution/${original}`);
      const others = (owners.get(print) ?? []).filter((one) => one !== path).map((one) => basename(one));
      if (others.length > 0) told.push(`${file} is the same in ${others.slice(0, 5).join(', ')}`);
    }
    if (told.length > 0) found.set(path, told);
  }
  return found;
}

function printsIn(folder: string): Map<string, string> {
  if (!existsSync(folder)) return new Map();
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  return new Map(files.map((name) => [fingerprint(readFileSync(join(folder, name), 'utf8')), name]));
}
