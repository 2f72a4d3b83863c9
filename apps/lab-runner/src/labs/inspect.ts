/** A debugger at the student's code: nothing runs until one is there, and nothing is late while it stands still. */
import inspector from 'node:inspector';
import type { Terminal } from '../terminal/style.ts';

/**
 * Run `code` once a debugger is attached; an editor that launched us is one already.
 *
 * @param folder URL of the student's folder, to say where breakpoints belong
 */
export async function withDebugger<T>(
  { stream, style }: Terminal,
  folder: string,
  code: () => Promise<T>,
): Promise<T> {
  if (inspector.url() === undefined) {
    inspector.open(0, '127.0.0.1');
    stream.write(`waiting for a debugger at ${style.bold(inspector.url() ?? '')}\n`);
    stream.write(`  → in VS Code: Run and Debug, "check this lab"; in Chrome: chrome://inspect\n`);
    stream.write(`  → set breakpoints in the files of ${folder}\n`);
    inspector.waitForDebugger();
  }
  try {
    return await code();
  } finally {
    inspector.close();
  }
}
