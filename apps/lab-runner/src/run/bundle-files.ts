/** The files of a finished run beside the two captures, which the hosts have written themselves. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildLadder,
  correlate,
  mergeCaptures,
  readCapture,
  writeBundle,
  writeLadder,
  writeTraceHeader,
  writeTraceRecord,
  type BundleFile,
  type Ladder,
  type TraceHeader,
  type TraceRecord,
} from '@tcblab/capture';
import type { Evidence, HostEvidence, Scenario } from '@tcblab/drill/scenario';
import type { Result } from '@tcblab/drill/verdict';
import { CAPTURES } from '../bench/bench.ts';
import { SOFTWARE } from '../version.ts';
import { stateContradictions } from './kernel-states.ts';
import { TRACE } from './live-trace.ts';
import type { RunRequest } from './request.ts';

export interface BundleContents {
  /** Where both captures are, and where the rest goes. */
  readonly folder: string;
  readonly scenario: Scenario;
  readonly request: RunRequest;
  readonly evidence: Evidence;
  readonly result: Result;
  /** Whether the trace stands there as the records came. */
  readonly traced: boolean;
}

/** @returns the run as a ladder, for whoever shows it, and the result with what the ladder does not fit */
export function writeBundleFiles(contents: BundleContents): { ladder: Ladder; result: Result } {
  const { folder, scenario, request, evidence } = contents;
  const [a, b] = evidence.hosts;
  const read = (index: 0 | 1) => readCapture(readFileSync(join(folder, CAPTURES[index])));
  const captures = [read(0), read(1)] as const;
  const correlation = correlate(
    { number: a.number, packets: captures[0].packets },
    { number: b.number, packets: captures[1].packets },
  );
  const trace = inOrderOfTime(evidence);
  const source = (host: HostEvidence, index: 0 | 1) => ({
    number: host.number,
    name: `host ${host.host.toUpperCase()}`,
    implementation: tcpName(host.implementation),
    packets: captures[index].packets,
  });
  const ladder = buildLadder({ hosts: [source(a, 0), source(b, 1)], trace, correlation });

  const warnings = [...traceWarnings(contents.result), ...stateContradictions(ladder, evidence)];
  const result = warnings.length === 0 ? contents.result : { ...contents.result, warnings };

  const merged = mergeCaptures(
    [
      { number: a.number, capture: captures[0] },
      { number: b.number, capture: captures[1] },
    ],
    correlation,
    SOFTWARE,
  );
  writeFileSync(join(folder, 'merged.pcapng'), merged);
  if (!contents.traced) writeFileSync(join(folder, TRACE), traceText(scenario, evidence, trace));
  writeFileSync(join(folder, 'ladder.txt'), writeLadder(ladder));
  writeFileSync(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);

  const host = ({ number, host: name, implementation, address }: HostEvidence) => ({
    number,
    name,
    implementation,
    address: `${address}/${address.includes(':') ? 64 : 24}`,
  });
  const bundle = writeBundle({
    scenario: scenario.name,
    bench: request.bench,
    seed: request.seed,
    application: SOFTWARE,
    hosts: [host(a), host(b)],
    files: FILES.map((file) => ({ ...file, ...digestOf(join(folder, file.name)) })),
    correlation,
  });
  writeFileSync(join(folder, 'bundle.json'), bundle);
  return { ladder, result };
}

/** A pass rests on packets; where a host's own story of itself differs, its reader should know. */
function traceWarnings({ verdict, checks }: Result): string[] {
  if (verdict !== 'pass') return [];
  return checks
    .filter((check) => check.evidence === 'trace' && check.verdict === 'fail')
    .map(({ title, expected, seen }) => `${title}: expected ${expected}; the host's own trace says ${seen}`);
}

/** A TCP as people know it. */
export function tcpName(implementation: string): string {
  if (implementation === 'reference') return 'our TCP';
  return implementation === 'kernel' ? 'Linux kernel' : implementation;
}

const FILES: readonly Pick<BundleFile, 'name' | 'kind' | 'host'>[] = [
  { name: CAPTURES[0], kind: 'capture', host: 1 },
  { name: CAPTURES[1], kind: 'capture', host: 2 },
  { name: 'merged.pcapng', kind: 'merged' },
  { name: TRACE, kind: 'trace' },
  { name: 'ladder.txt', kind: 'ladder' },
  { name: 'result.json', kind: 'result' },
];

function digestOf(path: string): Pick<BundleFile, 'size' | 'sha256'> {
  return { size: statSync(path).size, sha256: createHash('sha256').update(readFileSync(path)).digest('hex') };
}

/** Both hosts of our benches live by one clock. */
function inOrderOfTime({ hosts, bench = [] }: Evidence): TraceRecord[] {
  return [...bench, ...hosts.flatMap(({ trace }) => trace)].toSorted(
    (one, other) => one.event.time - other.event.time,
  );
}

function traceText(scenario: Scenario, { hosts }: Evidence, records: readonly TraceRecord[]): string {
  const times = [records[0]?.event.time, ...hosts.map(({ frames }) => frames[0]?.time)];
  const header: TraceHeader = {
    title: scenario.title,
    hosts: hosts.map(({ number, host, implementation }) => ({ number, name: host, implementation })),
    origin: Math.min(...times.filter((time) => time !== undefined)),
  };
  return writeTraceHeader(header) + records.map((record) => writeTraceRecord(header, record)).join('');
}
