/** The bench `virtual`: both hosts in memory, in virtual time. */
import { writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Evidence, HostEvidence, Scenario } from '@tcblab/drill/scenario';
import type { WorldJob } from './virtual-worker.ts';
import { CAPTURES, endOf, type Bench, type BenchJob } from './bench.ts';
import { whereItIs } from '../labs/endless-loop.ts';
import { folderOf } from '../run/request.ts';
import { captureOf } from './virtual-capture.ts';

export const virtual: Bench = {
  steps: ['hosts', 'scenario', 'captures'],

  async run({ scenario, request, folder, progress, signal }: BenchJob): Promise<Evidence> {
    const folders = [folderOf(request.a), folderOf(request.b)] as const;
    progress.start('hosts').ok(hostsOf(folders));
    const step = progress.start('scenario');
    step.note(scenario.title);
    const { ipv6, seed } = request;
    const world = { scenario, seed, impairment: request.impairments, ipv6, folders };
    const began = performance.now();
    const ticking = setInterval(() => {
      step.note(`${scenario.title}, ${Math.round((performance.now() - began) / 1000)} s so far`);
    }, 1000);
    const calls = new SharedArrayBuffer(4);
    const run = inWorker({ ...world, calls }, signal).finally(() => clearInterval(ticking));
    const evidence = (await run) ?? interruptedRun(scenario, ipv6);
    if (evidence.ended === 'done') step.ok(`${scenario.title}, in virtual time`);
    else step.warn(endOf(evidence, scenario));

    const captures = progress.start('captures');
    evidence.hosts.forEach((host, index) => writeFileSync(join(folder, CAPTURES[index]), captureOf(host)));
    captures.ok(
      evidence.hosts.map(({ frames, host }) => `${frames.length} frames at ${host.toUpperCase()}`).join(', '),
    );
    return evidence;
  },
};

/**
 * @returns null when the user interrupted: what the thread had seen is gone with it, and a seed away
 * @throws what the thread threw
 */
function inWorker(job: WorldJob, signal: AbortSignal): Promise<Evidence | null> {
  return new Promise((resolve, reject) => {
    // The file beside this one, in the form that this one has: source or built.
    const worker = new Worker(new URL(`./virtual-worker${extname(import.meta.filename)}`, import.meta.url), {
      workerData: job,
    });
    const stop = (): void => {
      clearInterval(watchdog);
      void worker.terminate();
      resolve(null);
    };
    const own = job.folders.findIndex((folder) => folder !== null);
    const count = new Int32Array(job.calls);
    const began = performance.now();
    let last = { calls: -1, at: began };
    const look = async (): Promise<void> => {
      const [now, calls] = [performance.now(), Atomics.load(count, 0)];
      if (calls !== last.calls) last = { calls, at: now };
      const late = now - began > LONGEST_RUN_MS;
      if (!late && now - last.at < LONGEST_CALL_MS) return;
      const still = Math.round((now - last.at) / 1000);
      // The next look comes when this one has told nothing.
      last = { calls, at: now };
      const where = await whereItIs(job.folders[own] ?? '');
      // Without a line of the student's, it is our own core that has much to do.
      if (where === '' && !late) return;
      await worker.terminate();
      resolve(
        endlessRun(job, own, `it did not come back within ${late ? LONGEST_RUN_MS / 1000 : still} s${where}`),
      );
    };
    const watchdog = own < 0 ? undefined : setInterval(() => void look(), LOOK_EVERY_MS);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    worker.once('error', reject);
    worker.once('message', (evidence: Evidence) => resolve(evidence));
    worker.once('exit', () => {
      clearInterval(watchdog);
      signal.removeEventListener('abort', stop);
    });
  });
}

/** A run in virtual time takes seconds, whatever it simulates. A student's loop without end takes for ever. */
const LONGEST_RUN_MS = 60_000;
/** One call into a student's code takes microseconds. */
const LONGEST_CALL_MS = 2_000;
const LOOK_EVERY_MS = 500;

function hostsOf([a, b]: WorldJob['folders']): string {
  if (a === null && b === null) return 'two stacks of ours, one virtual wire';
  const host = (folder: string | null): string =>
    folder === null ? 'our TCP' : `our TCP with the parts of ${folder}`;
  return `A: ${host(a)}, B: ${host(b)}, one virtual wire`;
}

function endlessRun({ scenario, ipv6 = false }: WorldJob, host: number, crashed: string): Evidence {
  const { hosts, ...run } = interruptedRun(scenario, ipv6);
  const [a, b] = hosts.map((one, index) => (index === host ? { ...one, crashed } : one));
  return { ...run, hosts: [a, b], ended: 'limit', reason: crashed };
}

function interruptedRun({ ends }: Scenario, ipv6: boolean): Evidence {
  const host = (index: 0 | 1): HostEvidence => ({
    host: ends[index].host,
    number: index + 1,
    address: ipv6 ? `fd00:77::${index + 1}` : `10.77.0.${index + 1}`,
    implementation: 'reference',
    frames: [],
    application: { role: ends[index].role, done: false, steps: [] },
    trace: [],
  });
  return { hosts: [host(0), host(1)], ended: 'quiet', reason: 'the run was interrupted', faults: [] };
}
