/** What a script proves: it passes on our TCP, and fails on TCPs that are broken. */
import { runScript, type RunScriptOptions } from '../script/run-script.ts';
import type { Verdict } from '../verdict/result.ts';
import type { Mutant } from './mutant.ts';
import { mutants } from './mutants.ts';

export interface Proof {
  /** On our own TCP; when it is no pass, nothing broken was tried. */
  readonly verdict: Verdict;
  /** Names of the mutants that the script notices. */
  readonly notices: readonly string[];
}

/** Run a script on our TCP and then on each mutant. */
export function prove(
  options: Omit<RunScriptOptions, 'parts' | 'settings'>,
  against: readonly Mutant[] = mutants,
): Proof {
  const { verdict } = runScript(options);
  if (verdict !== 'pass') return { verdict, notices: [] };
  const notices = against
    .filter(({ parts, settings }) => runScript({ ...options, parts, settings }).verdict === 'fail')
    .map(({ name }) => name);
  return { verdict, notices };
}
