/** One script, run from its file. */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import {
  formatLadder,
  formatScriptProblem,
  readHeader,
  runScript,
  type MatchMode,
  type ProfileName,
  type ScriptOutcome,
} from '@tcblab/drill/script';
import { errno, notAble } from '../problem.ts';

export interface ScriptSettings {
  readonly match: MatchMode;
  readonly profile: ProfileName;
}

export interface RanScript {
  readonly file: string;
  readonly purpose: string | null;
  /** Catalogue ids that the script says it proves. */
  readonly ids: readonly string[];
  readonly outcome: ScriptOutcome;
  /** Time of running it, in milliseconds. */
  readonly ms: number;
  /** Packets up to the one that failed; '' when nothing was exchanged. */
  readonly ladder: string;
  /** Where it was decided: the line with a caret; null for a pass. */
  readonly place: string | null;
}

/** @throws Problem when the file cannot be read */
export function runScriptFile(file: string, { match, profile }: ScriptSettings): RanScript {
  const text = readScript(file);
  const { purpose, proves } = readHeader(text);
  const begin = performance.now();
  const outcome = runScript({ text, match, profile });
  const ms = performance.now() - begin;
  const { at, reason } = outcome;
  const place = at === null ? null : formatScriptProblem(file, text, { at, message: reason });
  return { file, purpose, ids: proves, outcome, ms, ladder: formatLadder(outcome), place };
}

/** @throws Problem when the file cannot be read */
export function readScript(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw notAble(
      `${file} cannot be read: ${errno(error) ?? String(error)}`,
      'Look at its permissions.',
      error,
    );
  }
}
