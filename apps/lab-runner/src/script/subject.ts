/** Which TCP scripts judge, and where: what `--sut` and `--bench` come to. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ScriptSubject } from '@tcblab/host/script-bench';
import { findSystem, isSubmission } from '@tcblab/host/submission';
import { wrongUse } from '../problem.ts';

export type BenchKind = 'virtual' | 'netns';

export type Place =
  | { readonly subject: ScriptSubject; readonly bench: BenchKind }
  /** Our TCP with the parts of a student's folder. */
  | { readonly subject: { readonly parts: string }; readonly bench: 'virtual' };

/**
 * @param sut `reference`, `kernel`, a folder with tcblab.json, or the path of a program that speaks the child protocol
 * @param bench where; undefined = in virtual time if that TCP can be had there
 * @throws Problem when there is no such program, or no such TCP on that bench
 */
export function parsePlace(sut: string, bench: BenchKind | undefined): Place {
  if (sut === 'kernel') {
    if (bench !== 'virtual') return { subject: sut, bench: 'netns' };
    throw wrongUse("The kernel's TCP lives in real time only.", 'Leave --bench out, or write --bench netns.');
  }
  if (sut === 'reference') return { subject: sut, bench: bench ?? 'virtual' };
  if (isSubmission(sut)) return placeOfFolder(sut, bench);
  return { subject: { program: findProgram(sut) }, bench: bench ?? 'virtual' };
}

function placeOfFolder(path: string, bench: BenchKind | undefined): Place {
  const found = findSystem(path);
  if (!found.ok) throw wrongUse(`${found.fault.what}.`, found.fault.next);
  const system = found.value;
  if (system.kind === 'program') {
    const [program, ...args] = system.command;
    return { subject: { program, args, folder: system.folder }, bench: bench ?? 'virtual' };
  }
  if (bench === 'netns') {
    throw wrongUse(
      'Scripts judge parts in TypeScript in virtual time only.',
      `Leave --bench out; on a wire: ./tcblab run handshake --a ${path} --b kernel`,
    );
  }
  return { subject: { parts: resolve(path) }, bench: 'virtual' };
}

function findProgram(path: string): string {
  const program = resolve(path);
  const found = statSync(program, { throwIfNoEntry: false });
  if (found === undefined)
    throw wrongUse(`There is no program ${path}.`, '--sut is reference, kernel, or the path of a program.');
  if (!found.isFile() || (found.mode & ANYBODY_RUNS) === 0)
    throw wrongUse(`${path} is no program that can be run.`, `chmod +x ${path}`);
  return program;
}

const ANYBODY_RUNS = 0o111;
