/** Which TCP is meant by a name: what every option takes that asks for one. */
import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { isSubmission, openSubmission, type Found, type SubmissionFolder } from './load.ts';

export type System =
  | { readonly kind: 'reference' }
  | { readonly kind: 'kernel' }
  /** Parts in TypeScript, for a stack of ours. */
  | { readonly kind: 'parts'; readonly submission: SubmissionFolder }
  /** A program that speaks the child protocol. */
  | { readonly kind: 'program'; readonly command: readonly string[]; readonly folder: string };

/** @param name `reference`, `kernel`, a folder with tcblab.json, or a program that speaks the child protocol */
export function findSystem(name: string): Found<System> {
  if (name === 'reference' || name === 'kernel') return { ok: true, value: { kind: name } };
  const path = resolve(name);
  if (!isSubmission(path) && isProgram(path))
    return { ok: true, value: { kind: 'program', command: [path], folder: process.cwd() } };
  const opened = openSubmission(name);
  if (!opened.ok) return opened;
  const { folder, manifest } = opened.value;
  return {
    ok: true,
    value:
      manifest.command === null
        ? { kind: 'parts', submission: opened.value }
        : { kind: 'program', command: manifest.command, folder },
  };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
