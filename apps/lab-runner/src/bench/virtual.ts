/** The bench `virtual`: both hosts in memory, in virtual time. */
import { writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Evidence } from '@tcblab/drill/scenario';
import type { WorldJob } from './virtual-worker.ts';
import { CAPTURES, type Bench, type BenchJob } from './bench.ts';
import { captureOf } from './virtual-capture.ts';

export const virtual: Bench = {
  steps: ['hosts', 'scenario', 'captures'],

  async run({ scenario, request, folder, progress, signal }: BenchJob): Promise<Evidence> {
    progress.start('hosts').ok('two stacks of ours, one virtual wire');
    const step = progress.start('scenario');
    step.note(scenario.title);
    const evidence = await inWorker(
      { scenario, seed: request.seed, impairment: request.impairments },
      signal,
    );
    if (evidence.ended === 'done') step.ok(`${scenario.title}, in virtual time`);
    else step.warn(evidence.reason ?? evidence.ended);

    const captures = progress.start('captures');
    evidence.hosts.forEach((host, index) => writeFileSync(join(folder, CAPTURES[index]), captureOf(host)));
    captures.ok(
      evidence.hosts.map(({ frames, host }) => `${frames.length} frames at ${host.toUpperCase()}`).join(', '),
    );
    return evidence;
  },
};

/** @throws what the thread threw; rejects with the signal's reason when the user interrupts */
function inWorker(job: WorldJob, signal: AbortSignal): Promise<Evidence> {
  return new Promise((resolve, reject) => {
    // The file beside this one, in the form that this one has: source or built.
    const worker = new Worker(new URL(`./virtual-worker${extname(import.meta.filename)}`, import.meta.url), {
      workerData: job,
    });
    const stop = (): void => {
      void worker.terminate();
      reject(signal.reason);
    };
    signal.addEventListener('abort', stop, { once: true });
    worker.once('error', reject);
    worker.once('message', (evidence: Evidence) => resolve(evidence));
    worker.once('exit', () => signal.removeEventListener('abort', stop));
  });
}
