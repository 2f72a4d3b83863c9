/** Three things to try after a run: look closer, change one thing, repeat. */
import { join, relative } from 'node:path';
import type { Verdict } from '@tcblab/drill/verdict';
import { findProgram } from '../doctor/find-program.ts';
import type { RunRequest } from './request.ts';

/** @param folder where the bundle is */
export function nextSteps(request: RunRequest, verdict: Verdict, folder: string): string[] {
  const capture = join(relative('.', folder) || '.', 'host-a.pcapng');
  const look = findProgram('wireshark') ?? findProgram('tshark');
  const open =
    look === undefined
      ? `sudo apt install tshark && tshark -r ${capture}`
      : `${look.split('/').at(-1)} ${look.endsWith('tshark') ? '-r ' : ''}${capture}`;
  const again = commandOf(request);
  if (verdict === 'inconclusive')
    return [
      './tcblab doctor',
      again,
      commandOf({ ...request, bench: 'virtual', a: 'reference', b: 'reference' }),
    ];
  const other =
    request.b === 'kernel'
      ? ({ ...request, a: 'kernel', b: 'reference' } as const)
      : ({ ...request, bench: 'netns', b: 'kernel' } as const);
  const impaired = Object.values(request.impairments).some((amount) => amount > 0);
  return verdict === 'fail' || impaired
    ? [open, again, commandOf(other)]
    : [open, `${commandOf(request)} --loss 10%`, commandOf(other)];
}

/** What to type to have this run again, losses and all. */
export function commandOf(request: RunRequest): string {
  const { impairments } = request;
  const words = ['./tcblab', 'run', request.scenario];
  if (request.bench !== 'netns') words.push('--bench', request.bench);
  if (request.a !== 'reference') words.push('--a', request.a);
  if (request.b !== 'reference') words.push('--b', request.b);
  for (const name of ['loss', 'duplicate', 'reorder', 'corrupt'] as const) {
    if (impairments[name] > 0) words.push(`--${name}`, `${Number((impairments[name] * 100).toFixed(6))}%`);
  }
  const { delay } = impairments;
  if (delay > 0) words.push('--delay', delay % 1000 === 0 ? `${delay / 1000}ms` : `${delay}us`);
  words.push('--seed', String(request.seed));
  return words.join(' ');
}
