/** Runs a script in memory, in virtual time: the same script gives the same outcome, always. */
import type { Micros, PartialParts } from '@tcblab/tcp';
import { createInProcessSut } from '../sut/in-process.ts';
import type { Batch, Sut, SutConfiguration } from '../sut/sut.ts';
import { Executor } from './executor.ts';
import { readHeader } from './header.ts';
import type { MatchMode } from './match.ts';
import { referenceFeatures, type Feature } from './needs.ts';
import type { ScriptOutcome } from './outcome.ts';
import { parseScript } from './parse-script.ts';
import type { ScriptProblem } from './problem.ts';
import { profiles, type NamedSettings, type ProfileName } from './profile.ts';
import { scriptCalls } from './script-calls.ts';

export interface RunScriptOptions {
  /** The script's text. */
  readonly text: string;
  /** `exact` unless told. */
  readonly match?: MatchMode;
  /** `rfc` unless told. */
  readonly profile?: ProfileName;
  /** In place of the reference's. */
  readonly parts?: PartialParts;
  /** Settings that hold whatever profile and script say. */
  readonly settings?: NamedSettings;
  /** What is judged; our own stack unless told. */
  readonly createSut?: (configuration: SutConfiguration) => Sut;
  /** What it has beyond plain TCP; as our own stack unless told. */
  readonly features?: ReadonlySet<Feature>;
}

/** When the script begins on the stack's clock; not 0, so that nothing mistakes "no time" for it. */
const BEGIN: Micros = 1_000_000;
/** Steps after which a stack that never rests is given up. */
const MOST_STEPS = 1_000_000;
const SEED = 1;

/** Run a script. Nothing is thrown for what stands in it, or for what the stack does. */
export function runScript(options: RunScriptOptions): ScriptOutcome {
  const parsed = parseScript(options.text);
  const header = readHeader(options.text);
  if (!parsed.ok) return faulty(parsed.problem);
  if (header.problems.length > 0) return faulty(header.problems[0]);
  const executor = new Executor({
    script: parsed.value,
    match: options.match ?? 'exact',
    settings: profiles[options.profile ?? 'rfc'],
    features: options.features ?? referenceFeatures,
    // A script that says what it proves is held to silence too.
    strict: header.proves.length > 0,
    tolerance: 0,
  });
  const { parts } = options;
  const create =
    options.createSut ??
    ((configuration: SutConfiguration) =>
      createInProcessSut({ configuration, calls: scriptCalls, ...(parts === undefined ? {} : { parts }) }));
  return drive(executor, create, options.settings ?? {});
}

function faulty({ at, message }: ScriptProblem): ScriptOutcome {
  return { ...EMPTY, verdict: 'error', reason: message, at };
}

const EMPTY: Omit<ScriptOutcome, 'verdict' | 'reason' | 'at'> = {
  expected: null,
  actual: null,
  packet: null,
  forgiven: [],
  ignored: [],
  printed: [],
  packets: [],
};

function drive(
  executor: Executor,
  create: (configuration: SutConfiguration) => Sut,
  settings: NamedSettings,
): ScriptOutcome {
  let now = BEGIN;
  let deadline: Micros = Infinity;
  let sut: Sut | null = null;
  const told = (batch: Batch) => {
    for (const packet of batch.packets) executor.observe(now, packet);
    for (const result of batch.results) executor.returned(now, result);
    ({ deadline } = batch);
  };
  try {
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      const step = executor.next(now);
      if (step.kind === 'done') return step.outcome;
      sut ??= create({
        address: executor.localAddress,
        mtu: executor.mtu,
        isnSecret: new Uint8Array(16).fill(0x5a),
        seed: SEED,
        settings: { ...executor.settings, ...settings },
      });
      if (step.kind === 'inject') told(sut.packet(now, step.bytes));
      else if (step.kind === 'call') told(sut.call(now, step.id, step.name, step.args));
      else {
        const until = step.kind === 'expect' ? step.by : step.until;
        if (until === Infinity && deadline === Infinity)
          return executor.abandon('nothing will ever happen again');
        now = Math.max(now, Math.min(until, deadline));
      }
      for (; deadline <= now && steps < MOST_STEPS; steps++) told(sut.advance(now));
    }
  } catch (error) {
    // A part that throws breaks its own stack, and says nothing else of it.
    return executor.crashed(error instanceof Error ? error.message : String(error));
  }
  return executor.abandon(`no end after ${MOST_STEPS} steps`);
}
