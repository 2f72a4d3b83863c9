/** Runs a script: parsed, made ready for a system under test, and in memory driven to its end. */
import type { Micros, PartialParts } from '@tcblab/tcp';
import { createInProcessSut } from '../sut/in-process.ts';
import type { Batch, Sut, SutConfiguration } from '../sut/sut.ts';
import { Executor } from './executor.ts';
import { readHeader } from './header.ts';
import type { Configuration } from './inquiry.ts';
import type { MatchMode } from './match.ts';
import { referenceFeatures, type Feature } from './needs.ts';
import type { ScriptOutcome } from './outcome.ts';
import { parseScript } from './parse-script.ts';
import type { ScriptProblem } from './problem.ts';
import { profiles, type NamedSettings, type ProfileName } from './profile.ts';
import { scriptCalls } from './script-calls.ts';
import { inVirtualTime, type SutRequest } from './virtual-time.ts';

export interface PrepareOptions {
  /** The script's text. */
  readonly text: string;
  /** `exact` unless told. */
  readonly match?: MatchMode;
  /** `rfc` unless told. */
  readonly profile?: ProfileName;
  /** The version of IP to run it over, with segments as long as over its own; its own unless told. */
  readonly ipVersion?: 4 | 6 | undefined;
  /** What is judged has these beyond plain TCP; as our own stack unless told. */
  readonly features?: ReadonlySet<Feature>;
  /** `before` unless told. */
  readonly configuration?: Configuration;
  /** How far times may be off where the script does not say; 0 unless told. */
  readonly tolerance?: Micros;
}

export interface RunScriptOptions extends PrepareOptions {
  /** In place of the reference's. */
  readonly parts?: PartialParts;
  /** Settings that hold whatever profile and script say. */
  readonly settings?: NamedSettings;
  /** What is judged; our own stack unless told. */
  readonly createSut?: (configuration: SutConfiguration) => Sut;
}

/** A script to be driven, or what became of one that cannot be. */
export type Prepared =
  | { readonly ok: true; readonly executor: Executor }
  | { readonly ok: false; readonly outcome: ScriptOutcome };

/** Make a script ready for a driver. */
export function prepareScript(options: PrepareOptions): Prepared {
  const parsed = parseScript(options.text);
  const header = readHeader(options.text);
  if (!parsed.ok) return { ok: false, outcome: faulty(parsed.problem) };
  if (header.problems.length > 0) return { ok: false, outcome: faulty(header.problems[0]) };
  const executor = new Executor({
    script: parsed.value,
    match: options.match ?? 'exact',
    settings: profiles[options.profile ?? 'rfc'],
    configuration: options.configuration ?? 'before',
    features: options.features ?? referenceFeatures,
    // A script that says what it proves is held to silence too.
    strict: header.proves.length > 0,
    tolerance: options.tolerance ?? 0,
    ipVersion: options.ipVersion,
  });
  return { ok: true, executor };
}

/** What a system under test is told first, for this script. */
export function sutConfiguration({ ipVersion, localAddress, mtu, settings }: Executor): SutConfiguration {
  const addresses =
    ipVersion === 4 ? { address: localAddress } : { address: UNUSED_IPV4, ipv6: localAddress };
  return { ...addresses, mtu, isnSecret: new Uint8Array(16).fill(0x5a), seed: SEED, settings };
}

/** Run a script in virtual time. Nothing is thrown for what stands in it, or for what the stack does. */
export function runScript(options: RunScriptOptions): ScriptOutcome {
  const prepared = prepareScript(options);
  if (!prepared.ok) return prepared.outcome;
  const { executor } = prepared;
  const { parts } = options;
  const create =
    options.createSut ??
    ((configuration: SutConfiguration) =>
      createInProcessSut({ configuration, calls: scriptCalls, ...(parts === undefined ? {} : { parts }) }));
  const configuration = sutConfiguration(executor);
  const settings = { ...configuration.settings, ...options.settings };
  const run = inVirtualTime(executor);
  let next = run.next();
  let sut: Sut | null = null;
  try {
    while (next.done !== true) {
      sut ??= create({ ...configuration, settings });
      next = run.next(answer(sut, next.value));
    }
    return next.value;
  } catch (error) {
    // A part that throws breaks its own stack, and says nothing else of it.
    return executor.crashed(error instanceof Error ? error.message : String(error));
  }
}

function answer(sut: Sut, request: SutRequest): Batch {
  switch (request.type) {
    case 'packet':
      return sut.packet(request.now, request.bytes);
    case 'call':
      return sut.call(request.now, request.id, request.name, request.args);
    case 'advance':
      return sut.advance(request.now);
  }
}

const SEED = 1;
/** A stack has an IPv4 address always, also when nobody speaks to it. */
const UNUSED_IPV4 = '192.168.0.1';

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
