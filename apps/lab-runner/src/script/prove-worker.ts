/** A thread that proves its share of the scripts. */
import { parentPort, workerData } from 'node:worker_threads';
import { prove } from '@tcblab/drill/mutants';
import { readHeader } from '@tcblab/drill/script';
import type { ProofSettings, ProvenScript } from './prove-scripts.ts';
import { readScript } from './ran-script.ts';

const { files, settings } = workerData as { files: readonly string[]; settings: ProofSettings };
for (const file of files) {
  const text = readScript(file);
  const { match, profile } = settings;
  const proven: ProvenScript = { file, ids: readHeader(text).proves, ...prove({ text, match, profile }) };
  parentPort?.postMessage(proven);
}
