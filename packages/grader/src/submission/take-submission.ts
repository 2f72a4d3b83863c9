/** Takes what was handed in, a folder or an archive, as a clean copy of the files that count. Nothing of it runs. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { Lab } from '@tcblab/drill/lab';
import { MANIFEST, ownFunctions, parseManifest, type Manifest } from '@tcblab/host/submission';
import type { GradeFault, SubmissionFacts } from '../grade/grade-result.ts';
import { leftBehind, type TakenFile } from './allowed.ts';
import { BadZip, readZip } from './read-zip.ts';

export interface CleanCopy {
  readonly folder: string;
  readonly manifest: Manifest;
}

interface About {
  readonly facts: SubmissionFacts;
  /** For staff, in sentences. */
  readonly integrity: readonly string[];
  /** SHA-256 of each file's code, comments and blanks aside, by path: what copies have in common. */
  readonly prints: ReadonlyMap<string, string>;
}

export type Taken = About &
  ({ readonly ok: true; readonly value: CleanCopy } | { readonly ok: false; readonly fault: GradeFault });

const RECEIPT = 'submission.json';
const MOST_FILES = 2_000;
const MOST_FILE = 20 << 20;
const MOST_TOTAL = 50 << 20;
const LIMITS = { entries: MOST_FILES, file: MOST_FILE, total: MOST_TOTAL };

/** @returns a copy that `discard` removes, or whose fault it is that there is none */
export function takeSubmission(path: string, lab: Lab): Taken {
  const name = basename(resolve(path));
  const integrity: string[] = [];
  const leftOut: string[] = [];
  let files: readonly TakenFile[];
  try {
    const read = lstatSync(path).isDirectory() ? walk(path, integrity, leftOut) : unzip(path, leftOut);
    files = atRoot(read).toSorted((a, b) => (a.path < b.path ? -1 : 1));
  } catch (error) {
    const what = `${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    if (error instanceof BadZip) integrity.push(what);
    return refusal(
      { name, digest: '', members: [], leftOut },
      integrity,
      what,
      'hand in what ./tcblab labs submit makes',
    );
  }
  const receipt = readReceipt(files, integrity);
  const facts = { name, digest: digestOf(files), members: receipt.members, leftOut };
  const no = (what: string, next: string) => refusal(facts, integrity, what, next);
  const text = files.find((file) => file.path === MANIFEST)?.bytes.toString('utf8');
  if (text === undefined)
    return no(`there is no ${MANIFEST} in it`, 'hand in the folder that ./tcblab labs start made');
  const parsed = parseManifest(text);
  if (!parsed.ok) return no(`its ${MANIFEST} cannot be used: ${parsed.faults.join('; ')}`, 'correct it');
  const manifest = parsed.value;
  if (receipt.lab !== null && receipt.lab !== lab.id)
    return no(`it was handed in for ${receipt.lab}, not for ${lab.id}`, `./tcblab labs submit ${lab.number}`);
  const asked = Object.keys(lab.replaces).length > 0 && manifest.command === null;
  if (asked && Object.keys(ownFunctions(manifest, lab.replaces)).length === 0)
    return no(
      `nothing that ${lab.id} asks for is called "mine" in its ${MANIFEST}`,
      `./tcblab labs start ${lab.number} adds it`,
    );
  return { ok: true, value: { folder: write(files), manifest }, facts, integrity, prints: printsOf(files) };
}

/** Remove the copy. */
export function discard(taken: Taken): void {
  if (taken.ok) rmSync(taken.value.folder, { recursive: true, force: true });
}

function refusal(facts: SubmissionFacts, integrity: readonly string[], what: string, next: string): Taken {
  return { ok: false, fault: { blame: 'submission', what, next }, facts, integrity, prints: new Map() };
}

function unzip(path: string, leftOut: string[]): TakenFile[] {
  const bytes = readOnce(path, 2 * MOST_TOTAL);
  if (bytes === null) throw new BadZip('it is no ordinary file, or too large');
  return readZip(bytes, LIMITS, (file) => {
    const why = leftBehind(file);
    if (why !== null) leftOut.push(`${file}: ${why}`);
    return why === null;
  });
}

function walk(root: string, integrity: string[], leftOut: string[]): TakenFile[] {
  const files: TakenFile[] = [];
  let total = 0;
  const leave = (path: string, why: string) => void leftOut.push(`${path}: ${why}`);
  const visit = (folder: string): void => {
    // Names as octets: one that is no UTF-8 would be another file's after decoding.
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true, encoding: 'buffer' })) {
      const name = entry.name.toString('utf8');
      const path = folder === '' ? name : `${folder}/${name}`;
      if (!Buffer.from(name).equals(entry.name)) leave(path, 'its name is no UTF-8');
      else if (entry.isSymbolicLink()) {
        leave(path, 'a symbolic link');
        integrity.push(`${path} is a symbolic link`);
      } else if (entry.isDirectory()) {
        if (leftBehind(`${path}/x.ts`) === null) visit(path);
      } else {
        const why = leftBehind(path);
        const bytes = why === null ? readOnce(join(root, path), MOST_FILE) : null;
        if (bytes === null) {
          leave(path, why ?? 'no ordinary file of its own, or too large');
          continue;
        }
        total += bytes.length;
        files.push({ path, bytes });
        if (files.length > MOST_FILES || total > MOST_TOTAL)
          throw new BadZip(`it holds more than ${MOST_FILES} files or ${MOST_TOTAL >> 20} MiB`);
      }
    }
  };
  visit('');
  return files;
}

/** Opened once and never by a link, so that what was looked at is what is read. @returns null when it is not to be read */
function readOnce(path: string, most: number): Buffer | null {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size, nlink } = fstatSync(file);
    if (!fstatSync(file).isFile() || nlink > 1 || size > most) return null;
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** Whoever packs a folder packs its name too. */
function atRoot(files: readonly TakenFile[]): readonly TakenFile[] {
  if (files.some(({ path }) => path === MANIFEST)) return files;
  const [prefix] = files[0]?.path.split('/') ?? [];
  if (prefix === undefined || !files.every(({ path }) => path.startsWith(`${prefix}/`))) return files;
  return files.map(({ path, bytes }) => ({ path: path.slice(prefix.length + 1), bytes }));
}

function write(files: readonly TakenFile[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'tcblab-graded-'));
  for (const { path, bytes } of files) {
    mkdirSync(join(folder, dirname(path)), { recursive: true, mode: 0o755 });
    writeFileSync(join(folder, path), bytes, { mode: 0o644, flag: 'wx' });
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  // Behind walls another user reads it.
  chmodSync(folder, 0o755);
  return folder;
}

function digestOf(files: readonly TakenFile[]): string {
  const lines = files
    .filter(({ path }) => path !== RECEIPT)
    .map(({ path, bytes }) => `${sha256(bytes)}  ${path}\n`);
  return sha256(lines.join(''));
}

/** What the student's own tool said of it; a receipt is never evidence. */
function readReceipt(
  files: readonly TakenFile[],
  integrity: string[],
): { lab: string | null; members: string[] } {
  const text = files.find(({ path }) => path === RECEIPT)?.bytes.toString('utf8');
  if (text === undefined) return { lab: null, members: [] };
  try {
    const { lab, members, files: listed } = JSON.parse(text) as Record<string, unknown>;
    for (const file of Array.isArray(listed) ? (listed as { path?: unknown; sha256?: unknown }[]) : []) {
      const there = files.find(({ path }) => path === file.path);
      if (there !== undefined && sha256(there.bytes) !== file.sha256)
        integrity.push(`${there.path} was changed after it was handed in`);
    }
    return {
      lab: typeof lab === 'string' ? lab : null,
      members: Array.isArray(members)
        ? members.filter((one): one is string => typeof one === 'string').slice(0, 16)
        : [],
    };
  } catch {
    integrity.push(`${RECEIPT} cannot be read`);
    return { lab: null, members: [] };
  }
}

function printsOf(files: readonly TakenFile[]): Map<string, string> {
  return new Map(
    files
      .filter(({ path }) => path.endsWith('.ts'))
      .map(({ path, bytes }) => [path, fingerprint(bytes.toString('utf8'))]),
  );
}

/** The same for code that differs in comments and blanks only. */
export function fingerprint(code: string): string {
  return sha256(code.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '').replace(/\s+/g, ''));
}

function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
