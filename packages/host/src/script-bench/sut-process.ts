/** A program that speaks the child protocol, as a system under test. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { JudgeSession } from '@tcblab/drill/sut';
import type { AsyncSut, Batch, SutConfiguration, SessionEvent, Value } from '@tcblab/drill/sut';
import type { Micros } from '@tcblab/tcp';

/** In which a program answers one request, however slow its language. */
const ANSWER_MS = 10_000;
const FAREWELL_MS = 1_000;
const LAST_WORDS = 2_000;

/** How a program is started. */
export interface Program {
  /** A path, or a name to be found in PATH. */
  readonly program: string;
  readonly args?: readonly string[];
  /** Where it stands; ours unless told. */
  readonly folder?: string;
}

/** The program broke the protocol, went silent or died. The message names which, and its last words. */
export class SutProcessError extends Error {
  override readonly name = 'SutProcessError';
}

export class SutProcess implements AsyncSut {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #session = new JudgeSession();
  #said = '';
  #waiting: { resolve: (event: SessionEvent) => void; reject: (error: Error) => void } | null = null;

  private constructor({ program, args = [], folder }: Program) {
    this.#child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(folder === undefined ? {} : { cwd: folder }),
    });
    const { stdin, stdout, stderr } = this.#child;
    this.#child.once('error', (error) => this.#fail(`it cannot be started: ${error.message}`));
    // A program that has gone does not read; that it has gone is told by the end of its output.
    stdin.on('error', () => {});
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-LAST_WORDS);
    });
    stdout.on('data', (bytes: Buffer) => {
      const event = this.#session.onBytes(bytes);
      if (event !== null) this.#settle(event);
    });
    stdout.once('end', () => {
      const fault = this.#session.onEnd();
      if (fault !== null) this.#settle(fault);
    });
  }

  /**
   * Start a program and tell it where it stands.
   *
   * @throws SutProcessError when it does not start, or answers wrongly
   */
  static async start(program: Program, configuration: SutConfiguration): Promise<SutProcess> {
    const sut = new SutProcess(program);
    try {
      await sut.#ask(() => sut.#session.hello(configuration));
      return sut;
    } catch (error) {
      await sut.close();
      throw error;
    }
  }

  packet(now: Micros, bytes: Uint8Array): Promise<Batch> {
    return this.#batch(() => this.#session.request({ type: 'packet', now, bytes }));
  }

  call(now: Micros, id: number, name: string, args: readonly Value[]): Promise<Batch> {
    return this.#batch(() => this.#session.request({ type: 'call', now, id, name, args }));
  }

  advance(now: Micros): Promise<Batch> {
    return this.#batch(() => this.#session.request({ type: 'advance', now }));
  }

  /** End its input, and see it go. */
  async close(): Promise<void> {
    const child = this.#child;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.stdin.end();
    const limit = setTimeout(() => child.kill('SIGKILL'), FAREWELL_MS);
    await exit;
    clearTimeout(limit);
  }

  async #batch(request: () => Uint8Array): Promise<Batch> {
    const event = await this.#ask(request);
    if (event.type === 'batch') return event.batch;
    throw new SutProcessError(`the program sent '${event.type}' in place of an answer`);
  }

  async #ask(request: () => Uint8Array): Promise<SessionEvent> {
    const answer = new Promise<SessionEvent>((resolve, reject) => (this.#waiting = { resolve, reject }));
    const limit = setTimeout(() => this.#fail(`it has not answered for ${ANSWER_MS / 1000} s`), ANSWER_MS);
    try {
      this.#child.stdin.write(request());
      return await answer;
    } finally {
      clearTimeout(limit);
    }
  }

  #settle(event: SessionEvent): void {
    if (event.type === 'fault') return this.#fail(event.reason);
    this.#waiting?.resolve(event);
    this.#waiting = null;
  }

  #fail(reason: string): void {
    const words = this.#said.trim();
    const lastWords = words === '' ? '' : `; it printed: ${words.split('\n').at(-1)}`;
    this.#waiting?.reject(new SutProcessError(`${reason}${lastWords}`));
    this.#waiting = null;
  }
}
