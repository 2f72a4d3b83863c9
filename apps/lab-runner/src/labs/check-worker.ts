/** The thread in which a student's code runs: whatever it does there, the runner lives. */
import { parentPort, workerData } from 'node:worker_threads';
import { runCheckJob, type CheckJob } from './check-job.ts';

await runCheckJob(workerData as CheckJob, (message) => parentPort?.postMessage(message));
