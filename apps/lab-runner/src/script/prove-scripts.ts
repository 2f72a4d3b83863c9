/** Scripts against broken TCPs, in as many threads as asked. */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Proof } from '@tcblab/drill/mutants';
import type { ScriptSettings } from './ran-script.ts';

/** Proofs are of our own TCP, in virtual time. */
export type ProofSettings = Pick<ScriptSettings, 'match' | 'profile'>;

export interface ProvenScript extends Proof {
  readonly file: string;
  /** Catalogue ids that the script says it proves. */
  readonly ids: readonly string[];
}

/** @returns in the order of `files`; fewer when `signal` stopped it */
export async function proveScripts(
  files: readonly string[],
  settings: ProofSettings,
  jobs: number,
  signal: AbortSignal,
): Promise<ProvenScript[]> {
  const proven = new Map<string, ProvenScript>();
  const shares = Array.from({ length: Math.min(jobs, files.length) }, (_, share) =>
    files.filter((_file, i) => i % jobs === share),
  );
  await Promise.all(shares.map((share) => proveShare(share, settings, proven, signal)));
  return files.flatMap((file) => proven.get(file) ?? []);
}

function proveShare(
  files: readonly string[],
  settings: ProofSettings,
  proven: Map<string, ProvenScript>,
  signal: AbortSignal,
): Promise<void> {
  // The file beside this one, in the form that this one has: source or built.
  const worker = new Worker(new URL(`./prove-worker${extname(import.meta.filename)}`, import.meta.url), {
    workerData: { files, settings },
  });
  const stop = (): void => void worker.terminate();
  signal.addEventListener('abort', stop, { once: true });
  return new Promise((resolve, reject) => {
    worker.on('message', (one: ProvenScript) => proven.set(one.file, one));
    worker.on('error', reject);
    worker.on('exit', () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
  });
}
