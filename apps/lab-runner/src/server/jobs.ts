/** Runs that the server was asked for: each a process of its own, so that none can take the server with it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { extname, join } from 'node:path';
import { draftOf } from '../run/run-folder.ts';
import type { RunBody } from './schemas.ts';

export type JobState = 'waiting' | 'running' | 'finished' | 'failed' | 'cancelled';

export interface Job {
  readonly id: string;
  readonly body: RunBody & { readonly seed: number };
  readonly state: JobState;
  /** Lines that the runner wrote for people. */
  readonly progress: readonly string[];
  /** Why there is no result; null when there is, or may yet be. */
  readonly reason: string | null;
}

export interface JobsOptions {
  readonly store: string;
  /** Folders of submissions, by the names that requests use. */
  readonly systems: ReadonlyMap<string, string>;
  /** Runs at one time; the machine is shared with what they measure. */
  readonly atOnce: number;
}

interface LiveJob extends Job {
  state: JobState;
  progress: string[];
  reason: string | null;
  child: ChildProcess | null;
  cancelled: boolean;
}

const MAIN = join(import.meta.dirname, '..', `main${extname(import.meta.filename)}`);
const MOST_WAITING = 20;
/** Those that are over stay listed so long; their results are in the store. */
const MOST_REMEMBERED = 100;
const MOST_LINES = 60;
const LONGEST_LINE = 400;
/** An interrupted run keeps what it has, which takes it a moment. */
const PATIENCE_MS = 10_000;

export class Jobs {
  readonly #options: JobsOptions;
  readonly #jobs = new Map<string, LiveJob>();

  constructor(options: JobsOptions) {
    this.#options = options;
  }

  /** @returns null when too many wait already */
  start(body: RunBody): Job | null {
    const alive = [...this.#jobs.values()].filter(isAlive);
    if (alive.length >= MOST_WAITING) return null;
    const seed = body.seed ?? randomInt(2 ** 32);
    const time = new Date().toISOString().slice(0, 19).replaceAll(':', '').replace('T', '-');
    const wanted = `${time}-${body.scenario}-${seed}`;
    let id = wanted;
    for (let count = 2; this.#jobs.has(id); count++) id = `${wanted}-${count}`;
    const job: LiveJob = {
      id,
      body: { ...body, seed },
      state: 'waiting',
      progress: [],
      reason: null,
      child: null,
      cancelled: false,
    };
    this.#jobs.set(id, job);
    this.#next();
    return job;
  }

  get(id: string): Job | undefined {
    return this.#jobs.get(id);
  }

  list(): Job[] {
    return [...this.#jobs.values()];
  }

  isAlive(id: string): boolean {
    const job = this.#jobs.get(id);
    return job !== undefined && isAlive(job);
  }

  /** Where a run writes while it lasts; null when it has not begun, or is over. */
  draftOf(id: string): string | null {
    const pid = this.#jobs.get(id)?.child?.pid;
    return pid === undefined ? null : draftOf(this.#options.store, pid);
  }

  /** @returns false when there is nothing to cancel */
  cancel(id: string): boolean {
    const job = this.#jobs.get(id);
    if (job === undefined || !isAlive(job)) return false;
    job.cancelled = true;
    if (job.child === null) {
      job.state = 'cancelled';
      job.reason = 'cancelled before it began';
    } else {
      const { child } = job;
      child.kill('SIGINT');
      setTimeout(() => child.exitCode === null && child.kill('SIGKILL'), PATIENCE_MS).unref();
    }
    return true;
  }

  /** End all, and wait for them. */
  async close(): Promise<void> {
    const ends = [...this.#jobs.values()].flatMap(({ id, child }) => {
      this.cancel(id);
      if (child === null || child.exitCode !== null || child.signalCode !== null) return [];
      return [new Promise<void>((resolve) => child.once('close', () => resolve()))];
    });
    await Promise.all(ends);
  }

  #next(): void {
    const jobs = [...this.#jobs.values()];
    const running = jobs.filter(({ state }) => state === 'running').length;
    const waiting = jobs.filter(({ state }) => state === 'waiting');
    for (const job of waiting.slice(0, Math.max(0, this.#options.atOnce - running))) this.#run(job);
    const over = jobs.filter((job) => !isAlive(job));
    for (const { id } of over.slice(0, Math.max(0, over.length - MOST_REMEMBERED))) this.#jobs.delete(id);
  }

  #run(job: LiveJob): void {
    const words = [...process.execArgv, MAIN, 'run', ...this.#wordsOf(job)];
    const child = spawn(process.execPath, words, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
      // Out of the terminal's reach: the server says when it is to end.
      detached: true,
    });
    job.child = child;
    job.state = 'running';
    let rest = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = (lines.pop() ?? '').slice(-LONGEST_LINE);
      for (const line of lines) if (line.trim() !== '') job.progress.push(line.slice(0, LONGEST_LINE));
      job.progress.splice(0, job.progress.length - MOST_LINES);
    });
    const over = (code: number | null, why: string | null): void => {
      if (!isAlive(job)) return;
      // 0, 1 and 3 leave a bundle with a verdict where the run could begin.
      job.state = job.cancelled ? 'cancelled' : code === 0 || code === 1 ? 'finished' : 'failed';
      job.reason = job.cancelled ? 'cancelled' : (why ?? (code === 0 || code === 1 ? null : lastWords(job)));
      job.child = null;
      this.#next();
    };
    child.once('error', (error) => over(null, error.message));
    child.once('close', (code) => over(code, null));
  }

  #wordsOf({ id, body }: LiveJob): string[] {
    const { systems, store } = this.#options;
    const tcp = (name = 'reference'): string => systems.get(name) ?? name;
    const words = [body.scenario, '--bench', body.bench ?? 'netns', '--a', tcp(body.a), '--b', tcp(body.b)];
    if (body.ipv6 === true) words.push('--ipv6');
    for (const name of ['loss', 'duplicate', 'reorder', 'corrupt'] as const) {
      const share = body[name];
      if (share !== undefined && share > 0) words.push(`--${name}`, share.toFixed(9));
    }
    if (body.delay !== undefined && body.delay > 0) words.push('--delay', `${body.delay}us`);
    return [...words, '--seed', String(body.seed), '--json', '--out', join(store, id)];
  }
}

function isAlive({ state }: Job): boolean {
  return state === 'waiting' || state === 'running';
}

function lastWords({ progress }: Job): string {
  return progress.slice(-2).join(' ') || 'the run ended without a word';
}
