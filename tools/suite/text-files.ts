/** The project's own text files, found without git: a clone may belong to another user, or be an unpacked archive. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './check.ts';

const NOT_OURS = new Set([
  '.git',
  'node_modules',
  'dist',
  'build',
  'coverage',
  '.turbo',
  '.cache',
  '.docusaurus',
  'tcblab-runs',
]);

export interface TextFile {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** Every text file below the root whose path `wanted` accepts. */
export function* textFiles(wanted: (path: string) => boolean, folder = ''): Generator<TextFile> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!NOT_OURS.has(entry.name)) yield* textFiles(wanted, path);
    } else if (entry.isFile() && wanted(path)) {
      const bytes = readFileSync(join(root, path));
      if (!bytes.subarray(0, 8192).includes(0)) yield { path, text: bytes.toString('utf8') };
    }
  }
}

/** Print what a check found, `path:line: message`, and end as a check ends. */
export function conclude(findings: readonly string[]): void {
  for (const finding of findings) console.log(finding);
  process.exitCode = findings.length > 0 ? 1 : 0;
}
