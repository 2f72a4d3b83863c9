/** One script, run from its file. */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import {
  formatLadder,
  formatScriptProblem,
  readHeader,
  runScript,
  type MatchMode,
  type PrepareOptions,
  type ProfileName,
  type ScriptOutcome,
} from '@tcblab/drill/script';
import { SutProcessError, runScriptInChild, runScriptOnWire } from '@tcblab/host/script-bench';
import { partsForRun } from '@tcblab/host/submission';
import { MachineError } from '@tcblab/raw-socket';
import type { Micros } from '@tcblab/tcp';
import { errno, notAble } from '../problem.ts';
import type { Place } from './subject.ts';

export interface ScriptSettings {
  readonly place: Place;
  readonly match: MatchMode;
  readonly profile: ProfileName;
  /** The scripts' own unless told. */
  readonly ipVersion?: 4 | 6 | undefined;
  /** How far times may be off where a script does not say; null = the bench's own. */
  readonly tolerance: Micros | null;
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

/** How often a script is tried on a machine that was too busy to judge it. */
const TRIES = 3;

/** @throws Problem when the file cannot be read, or the machine has no such bench */
export async function runScriptFile(
  file: string,
  settings: ScriptSettings,
  signal: AbortSignal,
): Promise<RanScript> {
  const text = readScript(file);
  const { purpose, proves } = readHeader(text);
  let begin = performance.now();
  let outcome = await runOnce(text, settings, signal);
  for (let tries = 1; isUndecided(outcome, settings, signal) && tries < TRIES; tries++) {
    begin = performance.now();
    outcome = await runOnce(text, settings, signal);
  }
  const ms = performance.now() - begin;
  const { at, reason } = outcome;
  const place = at === null ? null : formatScriptProblem(file, text, { at, message: reason });
  return { file, purpose, ids: proves, outcome, ms, ladder: formatLadder(outcome), place };
}

function isUndecided({ verdict }: ScriptOutcome, { place }: ScriptSettings, signal: AbortSignal): boolean {
  return verdict === 'inconclusive' && place.bench === 'netns' && !signal.aborted;
}

async function runOnce(
  text: string,
  { place, match, profile, ipVersion, tolerance }: ScriptSettings,
  signal: AbortSignal,
): Promise<ScriptOutcome> {
  const options: PrepareOptions = {
    text,
    match,
    profile,
    ipVersion,
    ...(tolerance === null ? {} : { tolerance }),
  };
  try {
    const { subject } = place;
    if (typeof subject === 'object' && 'parts' in subject) {
      return runScript({ ...options, parts: await partsForRun(subject.parts) });
    }
    if (place.bench === 'netns') return await runScriptOnWire(options, subject, signal);
    if (typeof subject === 'string') return runScript(options);
    return await runScriptInChild(options, subject);
  } catch (error) {
    if (error instanceof SutProcessError)
      throw notAble(`The program did not say hello: ${error.message}.`, 'See docs/child-protocol.md.', error);
    if (error instanceof MachineError)
      throw notAble(
        `The wire could not be laid: ${error.message}.`,
        './tcblab doctor says why; --bench virtual needs nothing.',
        error,
      );
    throw error;
  }
}

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
