/** A real server in a process of its own, and requests that can say anything. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as ask, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMMAND } from '../command.fixture.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Asked extends RequestOptions {
  readonly body?: string;
  /** Whose token is brought; nobody's when not given. */
  readonly as?: Role;
}

type Role = 'viewer' | 'student' | 'staff';

export class ServedLab {
  readonly store: string;
  readonly port: number;
  readonly tokens: Readonly<Record<Role, string>>;
  readonly #child: ChildProcess;

  private constructor(
    store: string,
    port: number,
    tokens: Readonly<Record<Role, string>>,
    child: ChildProcess,
  ) {
    this.store = store;
    this.port = port;
    this.tokens = tokens;
    this.#child = child;
  }

  /** Whoever opens it closes it. */
  static async open(more: readonly string[] = [], at?: string): Promise<ServedLab> {
    const store = at ?? mkdtempSync(join(tmpdir(), 'tcblab-serve-'));
    const [program, ...first] = COMMAND;
    const words = [...first, 'serve', '--port', '0', '--no-course', '--store', store, ...more];
    const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1' };
    for (const name of ['NODE_OPTIONS', 'NODE_ENV', 'VITEST']) delete env[name];
    const child = spawn(program, words, { cwd: store, env, stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    while (!said.includes('Ctrl-C')) await once(child.stdout, 'data');
    // The links may have another, as who comes through a proxy needs it.
    const audit = readFileSync(join(store, '.tcblab-audit.jsonl'), 'utf8').trimEnd().split('\n');
    const began = audit.findLast((line) => line.includes('"began"')) ?? '';
    const port = Number(/ (\d+)"/.exec(began)?.[1]);
    const token = (role: Role): string => new RegExp(`${role}\\s.*token=(\\S+)`).exec(said)?.[1] ?? '';
    const tokens = { viewer: token('viewer'), student: token('student'), staff: token('staff') };
    return new ServedLab(store, port, tokens, child);
  }

  /** Killed, as a machine that loses power kills it; what it has stays. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.store, { recursive: true, force: true });
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  ask(path: string, { body, as, headers, ...options }: Asked = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = ask({
        host: '127.0.0.1',
        port: this.port,
        path,
        agent: false,
        headers: {
          ...(as === undefined ? {} : { authorization: `Bearer ${this.tokens[as]}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(headers as Record<string, string> | undefined),
        },
        ...options,
      });
      sent.once('error', reject);
      sent.once('response', (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.once('error', reject);
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(pieces).toString('latin1'),
          }),
        );
      });
      sent.end(body);
    });
  }

  /** Start a run. @returns its id */
  async start(body: Readonly<Record<string, unknown>>): Promise<string> {
    const answer = await this.ask('/api/runs', { method: 'POST', as: 'student', body: JSON.stringify(body) });
    if (answer.status !== 202) throw new TypeError(`${answer.status} ${answer.text}`);
    return (JSON.parse(answer.text) as { id: string }).id;
  }

  /** @returns the run once it is over */
  async ended(id: string): Promise<Readonly<Record<string, unknown>>> {
    for (;;) {
      const { text } = await this.ask(`/api/runs/${id}`, { as: 'viewer' });
      const run = JSON.parse(text) as Record<string, unknown>;
      if (run['state'] !== 'waiting' && run['state'] !== 'running') return run;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

export interface Event {
  readonly id: string;
  readonly name: string;
  readonly data: string;
}

/** Events as an EventSource understands them. @param text one character for each octet */
export function eventsOf(text: string): Event[] {
  return Buffer.from(text, 'latin1')
    .toString('utf8')
    .split('\n\n')
    .map((block) => {
      const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
      return { id: field('id'), name: field('event') || 'message', data: field('data') };
    })
    .filter(({ data }) => data !== '');
}
