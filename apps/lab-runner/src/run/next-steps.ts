/** Three things to try after a run, none of them the run itself: look closer, then change one thing. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Scenario } from '@tcblab/drill/scenario';
import type { Verdict } from '@tcblab/drill/verdict';
import { CAPTURES } from '../bench/bench.ts';
import { findProgram } from '../doctor/find-program.ts';
import type { Impairments, RunRequest } from './request.ts';
import { shownPath } from './run-folder.ts';

export interface FinishedRun {
  readonly request: RunRequest;
  readonly scenario: Pick<Scenario, 'undisturbed'>;
  readonly verdict: Verdict;
  /** Where the bundle is. */
  readonly folder: string;
}

export function nextSteps({ request, scenario, verdict, folder }: FinishedRun): string[] {
  const otherTcp = commandOf(
    request.b === 'kernel' ? { ...request, b: 'reference' } : { ...request, bench: 'netns', b: 'kernel' },
  );
  const goodWire = commandOf({ ...request, impairments: UNIMPAIRED });
  const badWire = commandOf({
    ...request,
    // Some scenarios hold only where nothing else is lost.
    scenario: scenario.undisturbed === null ? request.scenario : 'transfer',
    impairments: { ...UNIMPAIRED, loss: 0.1 },
  });
  const inMemory = commandOf({ ...request, bench: 'virtual', a: 'reference', b: 'reference' });
  const steps = [
    verdict === 'inconclusive' ? './tcblab doctor' : openCapture(folder),
    verdict === 'pass' ? badWire : goodWire,
    otherTcp,
    inMemory,
  ];
  const again = commandOf(request);
  return [...new Set(steps)].filter((step) => step !== again).slice(0, 3);
}

const UNIMPAIRED: Impairments = { loss: 0, duplicate: 0, reorder: 0, corrupt: 0, delay: 0 };

const SILENT = { throwIfNoEntry: false } as const;

function openCapture(folder: string): string {
  // Of a host whose TCP never came back there may be nothing.
  const whole = CAPTURES.find((name) => (statSync(join(folder, name), SILENT)?.size ?? 0) > 0);
  const capture = join(shownPath(folder), whole ?? CAPTURES[0]);
  const look = findProgram('wireshark') ?? findProgram('tshark');
  return look === undefined
    ? `sudo apt install tshark && tshark -r ${capture}`
    : `${look.split('/').at(-1)} ${look.endsWith('tshark') ? '-r ' : ''}${capture}`;
}

/** What to type to have this run again, losses and all. */
export function commandOf(request: RunRequest): string {
  const { impairments } = request;
  const words = ['./tcblab', 'run', request.scenario];
  if (request.bench !== 'netns') words.push('--bench', request.bench);
  if (request.a !== 'reference') words.push('--a', request.a);
  if (request.b !== 'reference') words.push('--b', request.b);
  if (request.ipv6) words.push('--ipv6');
  for (const name of ['loss', 'duplicate', 'reorder', 'corrupt'] as const) {
    if (impairments[name] > 0) words.push(`--${name}`, `${Number((impairments[name] * 100).toFixed(6))}%`);
  }
  const { delay } = impairments;
  if (delay > 0) words.push('--delay', durationOf(delay));
  words.push('--seed', String(request.seed));
  return words.join(' ');
}

function durationOf(micros: number): string {
  if (micros % 1_000_000 === 0) return `${micros / 1_000_000}s`;
  return micros % 1000 === 0 ? `${micros / 1000}ms` : `${micros}us`;
}
