/** How a submission is started behind the walls of a tier. */
import { extname, join } from 'node:path';
import type { Functions } from '@tcblab/host/submission';
import type { Limits } from '../sandbox/limits.ts';
import type { ProcessTier } from '../sandbox/tier.ts';
import { JudgedProcess } from './judged-process.ts';

export interface JudgedCode {
  readonly folder: string;
  /** What stands in for the reference's; nothing where a program is judged. */
  readonly functions: Functions;
  /** Of another language: starts its program. */
  readonly command: readonly string[] | null;
}

const SELF = import.meta.filename;
const PACKAGES = join(import.meta.dirname, '..', '..', '..');
/** What our stack is made of. The labs, their scripts and solutions lie elsewhere. */
const READABLE = ['tcp', 'capture', 'drill', 'host', 'grader'].map((name) => join(PACKAGES, name));

/** @throws the system's error when the walls of `tier` cannot be had */
export function startJudged(code: JudgedCode, tier: ProcessTier, limits: Limits): JudgedProcess {
  const { folder, functions, command } = code;
  if (command !== null) {
    return new JudgedProcess({ tier, command, readable: [folder], cwd: folder, limits });
  }
  const source = extname(SELF) === '.ts' ? ['--conditions=source'] : [];
  return new JudgedProcess({
    tier,
    command: [
      process.execPath,
      ...source,
      '--disable-warning=ExperimentalWarning',
      '--no-addons',
      '--disallow-code-generation-from-strings',
      '--disable-proto=delete',
      join(import.meta.dirname, `main${extname(SELF)}`),
      folder,
      JSON.stringify(functions),
    ],
    readable: [process.execPath, folder, ...READABLE],
    cwd: folder,
    limits,
  });
}
