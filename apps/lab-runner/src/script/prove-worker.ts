/** A thread that proves its share of the scripts. */
import { parentPort, workerData } from 'node:worker_threads';
import { prove } from '@tcblab/drill/mutants';
import { readHeader } from '@tcblab/drill/script';
import type { ProvenScript } from './prove-scripts.ts';
import { readScript, type ScriptSettings } from './ran-script.ts';

const { files, settings } = workerData as { files: readonly string[]; settings: ScriptSettings };
for (const file of files) {
  const text = readScript(file);
  const proven: ProvenScript = { file, ids: readHeader(text).proves, ...prove({ text, ...settings }) };
  parentPort?.postMessage(proven);
}
