/** A thread that runs its share of the scripts. */
import { parentPort, workerData } from 'node:worker_threads';
import { runScriptFile, type ScriptSettings } from './ran-script.ts';

const { files, settings } = workerData as { files: readonly string[]; settings: ScriptSettings };
for (const file of files) parentPort?.postMessage(runScriptFile(file, settings));
