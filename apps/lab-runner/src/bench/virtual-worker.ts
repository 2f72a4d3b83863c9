/** The thread of a virtual run: the runner stays awake for Ctrl-C while millions of frames pass here. */
import { parentPort, workerData } from 'node:worker_threads';
import { runWorld, type WorldOptions } from '@tcblab/drill/world';

/** What the thread is given. It answers with the evidence. */
export type WorldJob = Pick<WorldOptions, 'seed' | 'impairment' | 'scenario'>;

parentPort?.postMessage(runWorld(workerData as WorldJob));
