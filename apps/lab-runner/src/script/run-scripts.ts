/** Many scripts, in as many threads as asked. */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { runScriptFile, type RanScript, type ScriptSettings } from './ran-script.ts';

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
      ran.push(runScriptFile(file, settings));
    }
    return ran;
  }
  const ran = new Map<string, RanScript>();
  const shares = Array.from({ length: Math.min(jobs, files.length) }, (_, share) =>
    files.filter((_file, i) => i % jobs === share),
  );
  await Promise.all(shares.map((share) => runShare(share, settings, ran, signal)));
  return files.flatMap((file) => ran.get(file) ?? []);
}

function runShare(
  files: readonly string[],
  settings: ScriptSettings,
  ran: Map<string, RanScript>,
  signal: AbortSignal,
): Promise<void> {
  // The file beside this one, in the form that this one has: source or built.
  const worker = new Worker(new URL(`./script-worker${extname(import.meta.filename)}`, import.meta.url), {
    workerData: { files, settings },
  });
  const stop = (): void => void worker.terminate();
  signal.addEventListener('abort', stop, { once: true });
  return new Promise((resolve, reject) => {
    worker.on('message', (one: RanScript) => ran.set(one.file, one));
    worker.on('error', reject);
    worker.on('exit', () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
  });
}
