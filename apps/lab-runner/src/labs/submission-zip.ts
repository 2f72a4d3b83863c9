/** What is handed in: the folder's files and a receipt that says what they are, in one zip. */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { wrongUse } from '../problem.ts';
import { writeZip, type ZipEntry } from './zip.ts';

/** Changes when a reader of the old form would go wrong. */
export const RECEIPT_VERSION = 1;
export const RECEIPT = 'submission.json';

export interface Receipt {
  readonly format: 'tcblab-submission';
  readonly version: typeof RECEIPT_VERSION;
  readonly lab: string;
  /** Of the kit, of Node. */
  readonly versions: Readonly<Record<string, string>>;
  readonly members: readonly string[];
  readonly hours: number;
  /** In the student's words; empty = none are known. */
  readonly bugs: string;
  /** By the visible cases. */
  readonly reached: { readonly isolated: number; readonly together: number };
  readonly submitted: string;
  readonly files: readonly { readonly path: string; readonly octets: number; readonly sha256: string }[];
  /** SHA-256 over the lines "sha256  path" of all files, sorted by path. */
  readonly digest: string;
}

/** Of one file, and of all: what a grader reads in seconds. */
const MOST_OCTETS = 20 << 20;
const MOST_TOTAL = 50 << 20;
const LEFT_OUT = new Set(['.git', '.tcblab', '.vscode', 'node_modules', 'tcblab-runs', RECEIPT]);

/** Archives, and what editors and careful people keep beside their files. */
const SCRATCH = /\.(zip|bak|orig|rej|tmp|part|swp|swo)$|~$|^\.#|^#.*#$|^\.DS_Store$/;

/** @throws Problem when the folder holds more than can be handed in */
export function packSubmission(
  folder: string,
  about: Omit<Receipt, 'format' | 'version' | 'files' | 'digest'>,
): { readonly zip: Uint8Array; readonly receipt: Receipt } {
  const entries = collect(folder);
  const files = entries.map(({ path, bytes }) => ({ path, octets: bytes.length, sha256: sha256(bytes) }));
  const digest = sha256(Buffer.from(files.map((file) => `${file.sha256}  ${file.path}\n`).join('')));
  const receipt: Receipt = { format: 'tcblab-submission', version: RECEIPT_VERSION, ...about, files, digest };
  const text = Buffer.from(`${JSON.stringify(receipt, null, 2)}\n`);
  return { zip: writeZip([...entries, { path: RECEIPT, bytes: text }]), receipt };
}

function collect(folder: string): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let total = 0;
  const visit = (directory: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (LEFT_OUT.has(entry.name) || SCRATCH.test(entry.name)) continue;
      const path = join(directory, entry.name);
      if (entry.isDirectory()) visit(path);
      if (!entry.isFile()) continue;
      const { size } = statSync(path);
      const name = relative(folder, path).split(sep).join('/');
      total += size;
      if (size > MOST_OCTETS || total > MOST_TOTAL) {
        throw wrongUse(
          `${name} makes this more than can be handed in: ${MOST_OCTETS >> 20} MB a file, ${MOST_TOTAL >> 20} MB in all.`,
          'Move it out of the folder.',
        );
      }
      entries.push({ path: name, bytes: readFileSync(path) });
    }
  };
  visit(folder);
  return entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
