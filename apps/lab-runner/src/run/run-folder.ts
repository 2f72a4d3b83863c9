/** Where a run's files go: written beside, moved into place as a whole, never over anything. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, symlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { errno, notAble, wrongUse, type Problem } from '../problem.ts';

/** Results of all runs, in the folder where the command was given. */
export const RUNS_FOLDER = 'tcblab-runs';

/** Begins the name of a folder that is not finished; machine and process follow, for others may write here as well. */
const DRAFT = `.tcblab-draft-${hostname()}-`;

export interface RunFolder {
  /** Write here while the run lasts. */
  readonly draft: string;
  /** The place of the finished folder; sure once it is finished. */
  readonly final: string;
  /** Move the draft into place. */
  finish(): void;
  /** Remove the draft, and the folders that were made for it. After `finish` nothing is left to remove. */
  discard(): void;
}

/**
 * Make the draft, and so prove that the results can be written before anything else is done.
 *
 * @param out the folder that the user named; undefined for a new one below `tcblab-runs`
 * @param title what the folder's own name says: time, scenario, seed
 * @throws Problem when the place is taken or cannot be written
 */
export function createRunFolder(out: string | undefined, title: string): RunFolder {
  if (out === '') throw wrongUse('--out names no folder.', 'Name one: --out FOLDER.');
  let final = resolve(out ?? join(RUNS_FOLDER, title));
  if (out !== undefined) refuseTaken(final, out);
  const parent = dirname(final);
  const made: string[] = [];
  const draft = join(parent, `${DRAFT}${process.pid}-${randomBytes(3).toString('hex')}`);
  try {
    made.push(...makeFolder(parent));
    // What a killed run left is in nobody's way but the reader's.
    for (const stale of staleDrafts(parent)) rmSync(stale, { recursive: true, force: true });
    mkdirSync(draft);
  } catch (error) {
    for (const folder of made.toReversed()) removeEmpty(folder);
    throw unwritable(final, error);
  }
  const discard = (): void => {
    process.off('exit', discard);
    rmSync(draft, { recursive: true, force: true });
    for (const folder of made.splice(0).toReversed()) removeEmpty(folder);
  };
  // However the process ends by itself: half a run is nobody's.
  process.on('exit', discard);
  return {
    draft,
    get final() {
      return final;
    },
    finish() {
      // A run of the same second and seed was quicker; both are kept.
      if (out === undefined) final = firstFree(final);
      try {
        // An empty folder of the user's makes way; rename does not replace one on every system.
        if (existsSync(final)) rmdirSync(final);
        renameSync(draft, final);
      } catch (error) {
        throw unwritable(final, error);
      }
      if (out === undefined) pointLatestAt(final);
    },
    discard,
  };
}

/**
 * As `mkdir -p`. Node's own recursive form never returns where the system refuses with ENOENT, as /proc does.
 *
 * @returns the folders that were not there, outermost first
 */
function makeFolder(path: string): string[] {
  if (existsSync(path)) return [];
  const made = makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Somebody else was quicker.
    if (errno(error) !== 'EEXIST') throw error;
  }
  return [...made, path];
}

/** A path as a reader wants it: from here when that is no way back up, else from the root. */
export function shownPath(path: string): string {
  const fromHere = relative('.', path) || '.';
  return fromHere.startsWith('..') ? path : fromHere;
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Somebody put something into it: then it stays.
  }
}

/** Drafts in `parent` whose process is gone: its run was killed. */
export function staleDrafts(parent: string): string[] {
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .filter((name) => name.startsWith(DRAFT) && !isAlive(Number.parseInt(name.slice(DRAFT.length), 10)))
    .map((name) => join(parent, name));
}

/** The draft that a process of this machine is writing in `parent`; null when there is none. */
export function draftOf(parent: string, pid: number): string | null {
  if (!existsSync(parent)) return null;
  const name = readdirSync(parent).find((each) => each.startsWith(`${DRAFT}${pid}-`));
  return name === undefined ? null : join(parent, name);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // There, but not ours to signal.
    return errno(error) === 'EPERM';
  }
}

function firstFree(path: string): string {
  let free = path;
  for (let count = 2; existsSync(free); count += 1) free = `${path}-${count}`;
  return free;
}

function refuseTaken(final: string, out: string): void {
  let content: string[];
  try {
    content = readdirSync(final);
  } catch (error) {
    if (errno(error) === 'ENOENT') return;
    if (errno(error) === 'ENOTDIR') {
      throw wrongUse(`--out ${out} is a file, or lies below one.`, 'Name a folder that does not exist yet.');
    }
    throw unwritable(final, error);
  }
  if (content.length > 0) {
    throw wrongUse(`${out} is not empty, and a run overwrites nothing.`, 'Name another folder.');
  }
}

/** Why nothing could be written to `final`, as the user is told. */
export function unwritable(final: string, error: unknown): Problem {
  const code = errno(error) ?? 'unknown error';
  if (code === 'ENOSPC') return notAble(`No space is left for ${final}.`, './tcblab clean --runs', error);
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    return wrongUse(`${final} cannot be a folder: a file is in the way.`, 'Name another folder with --out.');
  }
  return wrongUse(
    `${final} cannot be written (${code}).`,
    'Go to a folder of yours, or name one to ./tcblab run with --out FOLDER.',
  );
}

/** `latest` is a convenience: where links are not allowed, there is none. */
function pointLatestAt(final: string): void {
  const link = join(dirname(final), 'latest');
  const fresh = `${link}-${process.pid}`;
  try {
    symlinkSync(basename(final), fresh);
    renameSync(fresh, link);
  } catch {
    rmSync(fresh, { force: true });
  }
}
