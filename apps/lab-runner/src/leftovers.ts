/** Files that earlier runs left on disk, found by their names. */
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { REPOSITORY } from './repository.ts';
import { RUNS_FOLDER, staleDrafts } from './run/run-folder.ts';

export interface Leftover {
  readonly what: string;
  readonly path: string;
  readonly bytes: number;
}

/** Folders of runs that were killed before they could be finished, here and among the results. */
export function drafts(): Leftover[] {
  const runs = resolve(RUNS_FOLDER);
  return [dirname(runs), runs].flatMap(staleDrafts).map((path) => leftover('half-written run', path));
}

/** Every finished run in `tcblab-runs` of this folder, and then the folder itself. */
export function results(): Leftover[] {
  const runs = resolve(RUNS_FOLDER);
  if (!existsSync(runs)) return [];
  return [leftover(`${entries(runs).filter((name) => name !== 'latest').length} results`, runs)];
}

/** What tools made and can make again. */
export function caches(): Leftover[] {
  const packages = entries(join(REPOSITORY, 'packages')).map((name) =>
    join(REPOSITORY, 'packages', name, 'build'),
  );
  const atRoot = ['.turbo', '.cache', 'coverage', join('node_modules', '.cache')].map((name) =>
    join(REPOSITORY, name),
  );
  return [...packages, ...atRoot].filter((path) => existsSync(path)).map((path) => leftover('cache', path));
}

function leftover(what: string, path: string): Leftover {
  return { what, path, bytes: sizeOf(path) };
}

function sizeOf(path: string): number {
  const facts = lstatSync(path);
  if (!facts.isDirectory()) return facts.size;
  return entries(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

function entries(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
