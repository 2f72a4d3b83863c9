/** A student's folder, from disk to the parts of a stack. The one place that knows how such a folder is read. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { referenceParts, type PartialParts } from '@tcblab/tcp';
import { LAB_FUNCTIONS, adaptParts, type LabParts } from '@tcblab/tcp/lab';
import { MANIFEST, PART_NAMES, parseManifest, type Manifest, type PartName } from './manifest.ts';
import { StudentError, framesIn, guarded } from './student-code.ts';

/** Some functions of some parts. */
export type Functions = { readonly [Part in PartName]?: readonly string[] };

export interface SubmissionFolder {
  /** Its absolute path. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Why a folder cannot be used. `folder`: it is none of ours. `code`: what the student wrote is at fault. */
export interface SubmissionFault {
  readonly blame: 'folder' | 'code';
  /** In one sentence. */
  readonly what: string;
  readonly next: string;
}

export type Found<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: SubmissionFault };

export function isSubmission(path: string): boolean {
  return existsSync(join(path, MANIFEST));
}

/** Read the folder's manifest; nothing of its code runs. */
export function openSubmission(path: string): Found<SubmissionFolder> {
  const folder = resolve(path);
  const next = './tcblab labs start 03 makes a folder with everything in it';
  if (!existsSync(folder)) return refuse('folder', `there is no ${path}`, next);
  if (!statSync(folder).isDirectory()) return refuse('folder', `${path} is no folder`, next);
  if (!isSubmission(folder)) return refuse('folder', `${path} has no ${MANIFEST}`, next);
  const parsed = parseManifest(readFileSync(join(folder, MANIFEST), 'utf8'));
  if (parsed.ok) return { ok: true, value: { folder, manifest: parsed.value } };
  return refuse(
    'folder',
    `${join(path, MANIFEST)} cannot be used: ${parsed.faults.join('; ')}`,
    'correct it',
  );
}

/** The functions that the manifest calls the student's, of those in `among`. */
export function ownFunctions({ parts }: Manifest, among: Functions = LAB_FUNCTIONS): Functions {
  const own: Partial<Record<PartName, readonly string[]>> = {};
  for (const part of PART_NAMES) {
    const mine = (among[part] ?? []).filter((name) => parts[part]?.[name] === 'mine');
    if (mine.length > 0) own[part] = mine;
  }
  return own;
}

/**
 * Load `functions` of the student's files for `createStack`. Their code runs in this process from here on.
 *
 * @param functions all that the manifest calls the student's, unless told
 */
export async function loadParts(
  { folder, manifest }: SubmissionFolder,
  functions: Functions = ownFunctions(manifest),
): Promise<Found<PartialParts>> {
  const found = await loadFunctions(folder, functions);
  return found.ok ? { ok: true, value: adaptParts(found.value) } : found;
}

/**
 * The parts of a folder for a run between two hosts. Code that cannot even be loaded is a TCP that fails at its first
 * step, and is judged as such.
 */
export async function partsForRun(path: string): Promise<PartialParts> {
  const opened = openSubmission(path);
  const loaded = opened.ok ? await loadParts(opened.value) : opened;
  if (loaded.ok) return loaded.value;
  const { what } = loaded.fault;
  const fail = (): never => {
    throw new StudentError(what, []);
  };
  const names = Object.keys(referenceParts.connection);
  return { connection: Object.fromEntries(names.map((name) => [name, fail])) };
}

/** The functions as the student wrote them, but for what they throw. */
export async function loadFunctions(folder: string, functions: Functions): Promise<Found<LabParts>> {
  const parts: Partial<Record<PartName, Record<string, unknown>>> = {};
  for (const part of PART_NAMES) {
    const names = functions[part];
    if (names === undefined || names.length === 0) continue;
    const file = `${part}.ts`;
    if (!existsSync(join(folder, file)))
      return refuse('code', `there is no ${file}`, `write it, or call it "reference" in ${MANIFEST}`);
    const module = await importing(folder, file);
    if (!module.ok) return module;
    const missing = names.filter((name) => typeof module.value[name] !== 'function');
    if (missing.length > 0)
      return refuse(
        'code',
        `${file} exports no function ${missing.join(', ')}`,
        `write: export function ${missing[0]}(…), or call it "reference" in ${MANIFEST}`,
      );
    const own = (name: string): unknown => guarded(folder, deciding(folder, file, name, module.value[name]));
    parts[part] = Object.fromEntries(names.map((name) => [name, own(name)]));
  }
  // What the functions take and give, their callers see soon enough.
  return { ok: true, value: parts };
}

/** Functions of the connection that say whether a segment's processing goes on. */
const DECISIONS: ReadonlySet<string> = new Set([
  'isAcceptable',
  'checkReset',
  'checkSyn',
  'ackOfSyn',
  'ackOfFin',
]);

/** The same function, if it decides nothing; else one that does not let a forgotten `return` pass for false. */
function deciding(folder: string, file: string, name: string, code: unknown): unknown {
  if (file !== 'connection.ts' || !DECISIONS.has(name) || typeof code !== 'function') return code;
  return (...given: readonly unknown[]): boolean => {
    const result: unknown = Reflect.apply(code, undefined, given);
    if (typeof result === 'boolean') return result;
    const seen = typeof result === 'object' && result !== null ? 'an object' : String(result);
    const lines = readFileSync(join(folder, file), 'utf8').split('\n');
    const row = lines.findIndex((line) => new RegExp(`\\b(?:function|const) ${name}\\b`).test(line)) + 1;
    throw new StudentError(new TypeError(`${name} returned ${seen}, expected true or false`), [
      `${file}:${row} in ${name}`,
    ]);
  };
}

async function importing(folder: string, file: string): Promise<Found<Readonly<Record<string, unknown>>>> {
  try {
    const module = (await import(pathToFileURL(join(folder, file)).href)) as Record<string, unknown>;
    return { ok: true, value: module };
  } catch (error) {
    const { message } = new StudentError(error, framesIn(folder, error));
    const where = error instanceof SyntaxError ? syntaxPlace(error) : '';
    return refuse('code', `${file} cannot be loaded: ${message}${where}`, 'correct it, and check again');
  }
}

/** A syntax error tells its line in the head of its stack only. */
function syntaxPlace({ stack = '' }: SyntaxError): string {
  const match = /([^/\s]+\.ts):(\d+)/.exec(stack);
  return match === null ? '' : ` (${match[1]}, line ${match[2]})`;
}

function refuse(
  blame: SubmissionFault['blame'],
  what: string,
  next: string,
): { ok: false; fault: SubmissionFault } {
  return { ok: false, fault: { blame, what, next } };
}
