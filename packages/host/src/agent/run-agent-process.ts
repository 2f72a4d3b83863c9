/** `runAgent` for a process whose stdin and stdout are the line to the runner. */
import { runAgent, type AgentOptions } from './agent.ts';
import { watchForEndless } from './endless-watch.ts';

/**
 * Serve the runner on stdin and stdout until it goes away, or a signal comes: SIGINT, SIGTERM or SIGHUP. What a dependency
 * prints to stdout is noise to the runner, no harm.
 *
 * @returns the exit code: 0, or 130 after a signal
 */
export async function runAgentProcess(options: Pick<AgentOptions, 'software'>): Promise<number> {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // A second one does what it does to any program.
    process.once(name, () => controller.abort(name));
  }
  const { stdin: input, stdout: output } = process;
  await runAgent({ ...options, input, output, signal: controller.signal, watch: watchForEndless });
  return controller.signal.aborted ? 130 : 0;
}
