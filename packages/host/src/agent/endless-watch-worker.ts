/** The thread of `watchForEndless`. The main thread's debugger knows where that stands, also in the middle of a loop. */
import { writeSync } from 'node:fs';
import { Session } from 'node:inspector';
import { isAbsolute, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { MESSAGE } from './channel.ts';
import type { Watched } from './endless-watch.ts';
import { encodeMessage } from './frame-codec.ts';
import type { AgentEvent } from './protocol.ts';

const LOOK_EVERY_MS = 200;
/** One call takes microseconds. Shorter than a runner waits for a sign of life. */
const PATIENCE_MS = 2_000;
/** Processor time within the patience below which the process was not let run: no fault of the code's. */
const OWN_WORK_MS = 500;
const DEBUGGER_MS = 1_000;
/** For the event to be read, before the process goes. */
const FAREWELL_MS = 1_000;
const STDOUT = 1;

const { folder, beats } = workerData as Watched;
const count = new Int32Array(beats);

parentPort?.postMessage('on');
await untilItStandsStill();
const where = await Promise.race([placeOfMainThread(), sleep(DEBUGGER_MS, '')]);
tell({ name: 'endless', what: `it did not come back within ${PATIENCE_MS / 1000} s${where}` });
await sleep(FAREWELL_MS);
process.kill(process.pid, 'SIGKILL');

async function untilItStandsStill(): Promise<void> {
  let seen = { beat: -1, at: 0, worked: 0 };
  for (;;) {
    const beat = Atomics.load(count, 0);
    const now = performance.now();
    if (beat !== seen.beat) seen = { beat, at: now, worked: workedMs() };
    else if (now - seen.at > PATIENCE_MS && workedMs() - seen.worked > OWN_WORK_MS) return;
    await sleep(LOOK_EVERY_MS);
  }
}

function workedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The event loop, whose the line is, will write nothing more. */
function tell(event: AgentEvent): void {
  const message = encodeMessage(MESSAGE.event, Buffer.from(JSON.stringify(event)));
  try {
    writeSync(STDOUT, message);
  } catch {
    // The runner is gone, or its pipe full: it finds the process dead.
  }
}

/** @returns such as `: it is at connection.ts:12 in listenArrives`; empty when none of the folder's lines is at work */
function placeOfMainThread(): Promise<string> {
  const session = new Session();
  session.connectToMainThread();
  const urls = new Map<string, string>();
  session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url));
  return new Promise((resolve) => {
    session.on('Debugger.paused', ({ params }) => {
      for (const { functionName, location } of params.callFrames) {
        const url = urls.get(location.scriptId) ?? '';
        if (!url.startsWith('file:')) continue;
        const file = relative(folder, fileURLToPath(url));
        if (file.startsWith('..') || isAbsolute(file)) continue;
        const called = functionName === '' ? '' : ` in ${functionName}`;
        return resolve(`: it is at ${file}:${location.lineNumber + 1}${called}`);
      }
      resolve('');
    });
    session.post('Debugger.enable', () => session.post('Debugger.pause'));
  });
}
