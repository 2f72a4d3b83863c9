/** The thread of a virtual run: the runner stays awake for Ctrl-C while millions of frames pass here. */
import { parentPort, workerData } from 'node:worker_threads';
import { runWorld, type WorldEnd, type WorldOptions } from '@tcblab/drill/world';
import { partsForRun } from '@tcblab/host/submission';
import type { PartialParts } from '@tcblab/tcp';

/** What the thread is given. It answers with the evidence. */
export type WorldJob = Pick<WorldOptions, 'seed' | 'impairment' | 'ipv6' | 'scenario'> & {
  /** Of host a and of host b: the student's folder whose parts it has; null = the reference alone. */
  readonly folders: readonly [string | null, string | null];
  /** One number: calls into students' code so far. */
  readonly calls: SharedArrayBuffer;
};

const { folders, calls, ...world } = workerData as WorldJob;
const [a, b] = await Promise.all(folders.map(endOf));
parentPort?.postMessage(runWorld({ ...world, a, b }));

async function endOf(folder: string | null): Promise<WorldEnd> {
  return folder === null ? {} : { name: folder, parts: counted(await partsForRun(folder)) };
}

/** The same functions, each call counted. */
function counted(parts: PartialParts): PartialParts {
  const count = new Int32Array(calls);
  const one = (member: unknown): unknown =>
    typeof member !== 'function'
      ? member
      : (...given: readonly unknown[]): unknown => {
          count[0]++;
          return Reflect.apply(member, undefined, given);
        };
  return Object.fromEntries(
    Object.entries(parts).map(([name, part]) => [
      name,
      Object.fromEntries(Object.entries(part).map(([key, member]) => [key, one(member)])),
    ]),
  );
}
