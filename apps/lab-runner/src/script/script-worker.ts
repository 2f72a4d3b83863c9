/** A thread that runs scripts, one after the other, as it is given them. */
import { parentPort, workerData } from 'node:worker_threads';
import { Problem, type ProblemCode } from '../problem.ts';
import { runScriptFile, type RanScript, type ScriptSettings } from './ran-script.ts';

/** What became of a script. A `Problem` does not survive the way between threads as one. */
export type Told =
  | { readonly ran: RanScript; readonly problem: null }
  | {
      readonly problem: {
        readonly exitCode: ProblemCode;
        readonly message: string;
        readonly remedy: string;
      };
    };

const settings = workerData as ScriptSettings;
const never = new AbortController().signal;

parentPort?.on('message', (file: string) => void run(file));

async function run(file: string): Promise<void> {
  try {
    tell({ ran: await runScriptFile(file, settings, never), problem: null });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { exitCode, message, remedy } = error;
    tell({ problem: { exitCode, message, remedy } });
  }
}

function tell(told: Told): void {
  parentPort?.postMessage(told);
}
