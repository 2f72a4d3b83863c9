/** Where a run's files go: written beside, moved into place as a whole, never over anything. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { errno, notAble, wrongUse, type Problem } from '../problem.ts';

/** Results of all runs, in the folder where the command was given. */
export const RUNS_FOLDER = 'tcblab-runs';

/** Marks a folder that is not finished; `clean` knows it by this. */
export const DRAFT_MARK = '.tcblab-draft-';

export interface RunFolder {
  /** Write here while the run lasts. */
  readonly draft: string;
  /** The place of the finished folder. */
  readonly final: string;
  /** Move the draft into place. */
  finish(): void;
  /** Remove the draft. Harmless after `finish`. */
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
  const final = resolve(out ?? join(RUNS_FOLDER, title));
  refuseTaken(final, out);
  const draft = join(dirname(final), `${DRAFT_MARK}${process.pid}-${randomBytes(3).toString('hex')}`);
  try {
    mkdirSync(dirname(final), { recursive: true });
    mkdirSync(draft);
  } catch (error) {
    throw unwritable(final, error);
  }
  return {
    draft,
    final,
    finish() {
      try {
        // An empty folder of the user's makes way; rename does not replace one on every system.
        if (existsSync(final)) rmdirSync(final);
        renameSync(draft, final);
      } catch (error) {
        throw unwritable(final, error);
      }
      if (out === undefined) pointLatestAt(final);
    },
    discard() {
      rmSync(draft, { recursive: true, force: true });
    },
  };
}

function refuseTaken(final: string, out: string | undefined): void {
  let content: string[];
  try {
    content = readdirSync(final);
  } catch (error) {
    if (errno(error) === 'ENOENT') return;
    if (errno(error) === 'ENOTDIR') {
      throw wrongUse(
        `--out ${out ?? final} is a file, or lies below one.`,
        'Name a folder that does not exist yet.',
      );
    }
    throw unwritable(final, error);
  }
  if (content.length > 0) {
    throw wrongUse(
      `${out ?? final} is not empty, and a run overwrites nothing.`,
      `Name another folder, or remove it: rm -r ${out ?? final}`,
    );
  }
}

function unwritable(final: string, error: unknown): Problem {
  const code = errno(error) ?? 'unknown error';
  if (code === 'ENOSPC') return notAble(`No space is left for ${final}.`, './tcblab clean --runs', error);
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    return wrongUse(`${final} cannot be a folder: a file is in the way.`, 'Name another folder with --out.');
  }
  return wrongUse(`${final} cannot be written (${code}).`, 'Name a folder of yours with --out FOLDER.');
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
