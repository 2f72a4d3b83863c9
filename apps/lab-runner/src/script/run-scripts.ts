/** Many scripts, in as many threads as asked. */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Problem } from '../problem.ts';
import { runScriptFile, type RanScript, type ScriptSettings } from './ran-script.ts';
import type { Told } from './script-worker.ts';

/**
 * @param jobs threads; 1 = this one
 * @returns in the order of `files`; fewer when `signal` stopped it
 */
export async function runScripts(
  files: readonly string[],
  settings: ScriptSettings,
  jobs: number,
  signal: AbortSignal,
): Promise<RanScript[]> {
  if (jobs <= 1 || files.length <= 1) {
    const ran: RanScript[] = [];
    for (const file of files) {
      // A turn for Ctrl-C now and then.
      if (ran.length % 50 === 49) await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted) break;
      const one = await runScriptFile(file, settings, signal);
      if (!signal.aborted) ran.push(one);
    }
    return ran;
  }
  const ran = new Map<string, RanScript>();
  const left = [...files];
  const workers = Array.from({ length: Math.min(jobs, files.length) }, () =>
    runWorker(left, settings, ran, signal),
  );
  await Promise.all(workers);
  return files.flatMap((file) => ran.get(file) ?? []);
}

/** One thread, which is given a script whenever it has ended one: those of real time take very different times. */
function runWorker(
  left: string[],
  settings: ScriptSettings,
  ran: Map<string, RanScript>,
  signal: AbortSignal,
): Promise<void> {
  // The file beside this one, in the form that this one has: source or built.
  const worker = new Worker(new URL(`./script-worker${extname(import.meta.filename)}`, import.meta.url), {
    workerData: settings,
    // Descriptors of namespaces come from the kernel, and this thread would take their closing for a mistake.
    trackUnmanagedFds: false,
  });
  const stop = (): void => void worker.terminate();
  signal.addEventListener('abort', stop, { once: true });
  const next = () => {
    const file = left.shift();
    if (file === undefined) stop();
    else worker.postMessage(file);
  };
  next();
  return new Promise((resolve, reject) => {
    worker.on('message', (told: Told) => {
      if (told.problem !== null) {
        const { exitCode, message, remedy } = told.problem;
        reject(new Problem(exitCode, message, remedy));
        stop();
        return;
      }
      ran.set(told.ran.file, told.ran);
      next();
    });
    worker.on('error', reject);
    worker.on('exit', () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
  });
}
