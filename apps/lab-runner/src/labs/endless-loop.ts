/** Where the one thread of a check is that does not answer: its debugger knows, also in the middle of a loop. */
import { Session } from 'node:inspector';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Every script of the thread is told of first. */
const PATIENCE_MS = 3_000;

/** @returns such as `: it is at connection.ts:12:5 in listenArrives`; empty when it cannot be told */
export async function whereItIs(folder: string): Promise<string> {
  const session = new Session();
  session.connect();
  try {
    const frames = await Promise.race([
      pausedFrames(session),
      new Promise<readonly Frame[]>((resolve) => setTimeout(() => resolve([]), PATIENCE_MS)),
    ]);
    const [own] = frames.flatMap((frame) => placeIn(folder, frame));
    return own === undefined ? '' : `: it is at ${own}`;
  } catch {
    return '';
  } finally {
    session.disconnect();
  }
}

interface Frame {
  readonly functionName: string;
  readonly url: string;
  readonly location: {
    readonly scriptId: string;
    readonly lineNumber: number;
    readonly columnNumber?: number;
  };
}

function placeIn(folder: string, { functionName, url, location }: Frame): string[] {
  if (!url.startsWith('file:')) return [];
  const file = relative(folder, fileURLToPath(url));
  if (file.startsWith('..')) return [];
  const called = functionName === '' ? '' : ` in ${functionName}`;
  return [`${file}:${location.lineNumber + 1}${called}`];
}

type Told =
  | {
      readonly method: 'Debugger.scriptParsed';
      readonly params: { readonly scriptId: string; readonly url: string };
    }
  | { readonly method: 'Debugger.paused'; readonly params: { readonly callFrames: readonly Frame[] } }
  /** The answer to what we told it, and whatever else it says. */
  | { readonly method?: undefined };

/** Attach to the one worker that there is, stop it for a look, and let it go on: a thread that stands cannot be ended. */
function pausedFrames(session: Session): Promise<readonly Frame[]> {
  return new Promise((resolve, reject) => {
    const urls = new Map<string, string>();
    let sessionId = '';
    let lastId = 0;
    const tell = (method: string): void => {
      const message = JSON.stringify({ id: ++lastId, method });
      session.post('NodeWorker.sendMessageToWorker', { sessionId, message });
    };
    session.on('NodeWorker.attachedToWorker', ({ params }) => {
      ({ sessionId } = params);
      tell('Debugger.enable');
      tell('Debugger.pause');
    });
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      const message = JSON.parse(params.message) as Told;
      if (message.method === 'Debugger.scriptParsed') urls.set(message.params.scriptId, message.params.url);
      if (message.method !== 'Debugger.paused') return;
      tell('Debugger.disable');
      const frames = message.params.callFrames;
      session.post('NodeWorker.detach', { sessionId }, () =>
        resolve(frames.map((frame) => ({ ...frame, url: urls.get(frame.location.scriptId) ?? '' }))),
      );
    });
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }, (error) => {
      if (error !== null) reject(error);
    });
  });
}
