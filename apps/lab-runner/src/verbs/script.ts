/** `script`: packetdrill scripts against a TCP, in virtual time or on a wire. */
import { availableParallelism } from 'node:os';
import { exitCode } from '@tcblab/drill/verdict';
import { wrongUse } from '../problem.ts';
import type { Surroundings } from '../program.ts';
import { parseDuration } from '../run/amounts.ts';
import { findScripts } from '../script/find-scripts.ts';
import { formatProof, proofAsJson, verdictOf } from '../script/proof-report.ts';
import { proveScripts } from '../script/prove-scripts.ts';
import type { ScriptSettings } from '../script/ran-script.ts';
import { formatScripts, scriptsAsJson } from '../script/report.ts';
import { runScripts } from '../script/run-scripts.ts';
import { parsePlace, type BenchKind } from '../script/subject.ts';
import { writeCaptures } from '../script/write-captures.ts';

export interface ScriptOptions {
  readonly match: ScriptSettings['match'];
  readonly profile: ScriptSettings['profile'];
  readonly ipVersion?: 'ipv4' | 'ipv6';
  readonly sut: string;
  readonly bench?: BenchKind;
  readonly tolerance?: string;
  readonly jobs?: string;
  readonly prove?: boolean;
  readonly json?: boolean;
  readonly out?: string;
}

/** @returns the exit code of all verdicts together; 130 when it was interrupted */
export async function script(
  around: Surroundings,
  named: readonly string[],
  options: ScriptOptions,
): Promise<number> {
  const proving = options.prove === true;
  const jobs = Number(options.jobs ?? (proving ? availableParallelism() : 1));
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > 64) {
    throw wrongUse(`--jobs is 1 to 64, not ${options.jobs}.`, 'Leave it out.');
  }
  const files = findScripts(named);
  const place = parsePlace(options.sut, options.bench);
  const tolerance = options.tolerance === undefined ? null : parseDuration('--tolerance', options.tolerance);
  const ipVersion: ScriptSettings['ipVersion'] =
    options.ipVersion === undefined ? undefined : options.ipVersion === 'ipv6' ? 6 : 4;
  const settings = { match: options.match, profile: options.profile, ipVersion, tolerance, place };
  if (proving) {
    if (place.subject !== 'reference' || place.bench !== 'virtual')
      throw wrongUse('--prove breaks our own TCP, in virtual time.', 'Leave --sut and --bench out.');
    const proven = await proveScripts(files, settings, jobs, around.signal);
    const { stream, style } = around.out;
    stream.write(options.json === true ? proofAsJson(proven) : formatProof(proven, style));
    return proven.length < files.length ? 130 : exitCode(proven.map(verdictOf));
  }
  const ran = await runScripts(files, settings, jobs, around.signal);
  const json = scriptsAsJson(ran);
  if (options.out !== undefined) writeCaptures(ran, options.out, json);
  around.out.stream.write(options.json === true ? json : formatScripts(ran, around.out.style));
  if (ran.length < files.length) return 130;
  return exitCode(ran.map(({ outcome }) => outcome.verdict));
}
