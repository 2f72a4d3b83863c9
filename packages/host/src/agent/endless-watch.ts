/** Watches a process in which a student's code runs: what never returns stops its event loop, but no other thread. */
import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

const BEAT_EVERY_MS = 100;

/** What the watching thread is given. */
export interface Watched {
  readonly folder: string;
  /** One number, which the event loop raises as long as it turns. */
  readonly beats: SharedArrayBuffer;
}

/**
 * From here on, an event loop that stands still for some seconds is told of on stdout as an `endless` event, and the
 * process, which nobody else could end in good order, is killed.
 *
 * @param folder the student's, absolute
 * @returns once the watch is on, what ends it: a thread cannot begin while this one stands still
 */
export async function watchForEndless(folder: string): Promise<() => void> {
  const beats = new SharedArrayBuffer(4);
  const count = new Int32Array(beats);
  const beating = setInterval(() => Atomics.add(count, 0, 1), BEAT_EVERY_MS).unref();
  // The file beside this one, in the form that this one has: source or built.
  const file = new URL(`./endless-watch-worker${extname(import.meta.filename)}`, import.meta.url);
  const worker = new Worker(file, { workerData: { folder, beats } satisfies Watched });
  await once(worker, 'message');
  worker.unref();
  return () => {
    clearInterval(beating);
    void worker.terminate();
  };
}
