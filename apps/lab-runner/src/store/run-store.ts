/**
 * The folder of finished runs, as a server and the verbs on results see it. A run comes into it by one rename, so what is
 * there is whole, whoever was killed when. Nothing outside the folder is ever opened: ids and names are plain, and links
 * are not followed.
 */
import { constants, lstatSync, readdirSync, realpathSync, rmSync, renameSync } from 'node:fs';
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readBundle, type Bundle } from '@tcblab/capture';
import { readResult, type Result } from '@tcblab/drill/verdict';
import { errno } from '../problem.ts';

export interface StoredRun {
  /** The name of its folder. */
  readonly id: string;
  /** When it was finished: milliseconds since 1970. */
  readonly finished: number;
  /** Of all its files. */
  readonly octets: number;
}

/** What prune removes. Both bounds hold together: a run goes when either asks for it. */
export interface PrunePolicy {
  /** Keep so many of the newest; Infinity for all. */
  readonly keep: number;
  /** Remove what was finished before: milliseconds since 1970; 0 for nothing. */
  readonly before: number;
}

/** What may be the name of a run: one step, and not hidden. */
export function isRunId(id: string): boolean {
  return /^\w[\w.-]{0,199}$/.test(id);
}

/** What may be the name of a file in a run. */
export function isFileName(name: string): boolean {
  return /^\w[\w.-]{0,99}$/.test(name);
}

export class RunStore {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = resolve(folder);
  }

  /** Newest first. What is not a run, and links such as `latest`, are passed over. */
  list(): StoredRun[] {
    return names(this.folder)
      .flatMap((id) => this.one(id) ?? [])
      .toSorted((one, other) => other.finished - one.finished || other.id.localeCompare(one.id));
  }

  /** @returns null when there is no such run */
  one(id: string): StoredRun | null {
    const path = this.pathOf(id);
    if (path === null) return null;
    const bundle = lstatSync(join(path, 'bundle.json'), { throwIfNoEntry: false });
    if (bundle?.isFile() !== true) return null;
    const octets = names(path).reduce(
      (sum, name) => sum + (lstatSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
    return { id, finished: bundle.mtimeMs, octets };
  }

  /** @returns the folder of a run; null when it is not there, or is not a folder of the store itself */
  pathOf(id: string): string | null {
    if (!isRunId(id)) return null;
    const path = join(this.folder, id);
    return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? path : null;
  }

  /** @returns null when one of them is missing or damaged */
  async read(id: string): Promise<{ readonly bundle: Bundle; readonly result: Result } | null> {
    const texts = await Promise.all([this.#text(id, 'bundle.json'), this.#text(id, 'result.json')]);
    const [bundleText, resultText] = texts;
    if (bundleText === null || resultText === null) return null;
    const bundle = readBundle(bundleText);
    const result = readResult(parse(resultText));
    return 'reason' in bundle || !result.ok ? null : { bundle, result: result.value };
  }

  async #text(id: string, name: string): Promise<string | null> {
    const folder = this.pathOf(id);
    const file = folder === null ? null : await openFile(folder, name);
    if (file === null) return null;
    try {
      return await readFile(file, 'utf8');
    } finally {
      await file.close();
    }
  }

  /**
   * Out of sight by one rename, so that no reader meets half a run; then gone.
   *
   * @returns false when there is no such run
   */
  remove(id: string): boolean {
    const path = this.pathOf(id);
    if (path === null) return false;
    const trash = join(this.folder, `${TRASH}${process.pid}-${id}`);
    renameSync(path, trash);
    rmSync(trash, { recursive: true, force: true });
    return true;
  }

  /** The runs that a policy would remove, oldest first. */
  outdated({ keep, before }: PrunePolicy): StoredRun[] {
    return this.list()
      .filter(({ finished }, place) => place >= keep || finished < before)
      .toReversed();
  }

  /** What a remover that was killed has left. */
  emptyTrash(): void {
    for (const name of names(this.folder)) {
      if (name.startsWith(TRASH)) rmSync(join(this.folder, name), { recursive: true, force: true });
    }
  }
}

/**
 * Open a plain file for reading, itself and no link to it.
 *
 * @param folder a folder of the store, or the draft of a run
 * @returns null when it is not there, or is anything else
 */
export async function openFile(folder: string, name: string): Promise<FileHandle | null> {
  if (!isFileName(name)) return null;
  try {
    // A link where the folder was would lead elsewhere; a pipe would wait for a writer.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await open(join(realpathSync(folder), name), flags);
    const facts = await file.stat();
    // A second name of a file could be anybody's.
    if (facts.isFile() && facts.nlink <= 1 && lstatSync(folder).isDirectory()) return file;
    await file.close();
    return null;
  } catch (error) {
    if (errno(error) === undefined) throw error;
    return null;
  }
}

const TRASH = '.tcblab-trash-';

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
