/** An agent as a process of this machine, inside a network namespace. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AgentClient } from '@tcblab/host';
import type { Namespace } from '@tcblab/host/namespace';
import { SOFTWARE } from '../version.ts';

/** The command's own entry, in the form that this file has: source or built. */
const MAIN = join(import.meta.dirname, '..', `main${extname(import.meta.filename)}`);
/** To put the interface back and go. */
const FAREWELL_MS = 3_000;
const LAST_WORDS = 4_000;

export class AgentProcess {
  readonly client: AgentClient;
  readonly #process: ChildProcess;
  #said = '';

  /** @param name what people call it: `host A` */
  constructor(namespace: Namespace, name: string) {
    this.#process = namespace.spawn(process.execPath, [...process.execArgv, MAIN, 'agent'], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // Out of the terminal's reach: a Ctrl-C is for the runner, which then asks the agents for what they saw.
      detached: true,
    });
    const { stdin, stdout, stderr } = this.#process;
    if (stdin === null || stdout === null) throw new TypeError('an agent is spoken to over pipes');
    this.#process.once('error', (error) => {
      this.client.lose(
        `cannot start nsenter and setpriv: ${error.message}`,
        'sudo apt-get install util-linux',
      );
    });
    stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => (this.#said = (this.#said + text).slice(-LAST_WORDS)));
    this.client = new AgentClient({
      name,
      software: SOFTWARE,
      input: stdout,
      output: stdin,
      lastWords: () => this.#lastWords,
    });
  }

  /** Of what it printed for people, the line that names an error, else the last one; empty when there is none. */
  get #lastWords(): string {
    const lines = this.#said.trim().split('\n');
    return (lines.findLast((line) => /^\w*Error\b/.test(line)) ?? lines[lines.length - 1]).trim();
  }

  /** End the conversation, and see the process end. */
  async end(): Promise<void> {
    this.client.close();
    const child = this.#process;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    const late = new AbortController();
    const limit = sleep(FAREWELL_MS, 'late' as const, { signal: late.signal }).catch(() => 'ended' as const);
    if ((await Promise.race([exit, limit])) === 'late') {
      child.kill('SIGKILL');
      await exit;
    }
    late.abort();
  }
}
