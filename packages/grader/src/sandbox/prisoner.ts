/**
 * Judged code in a process of its own, behind the walls of a tier and within limits. Its standard input and output are
 * pipes for the child protocol; standard error is kept to be shown. However it ends, nothing of it is left.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { MisuseError } from '@tcblab/tcp';
import { Cgroup, findCgroups } from './cgroup.ts';
import {
  announcing,
  bwrapArguments,
  ENVIRONMENT,
  limited,
  unprivileged,
  withoutDescriptors,
} from './command.ts';
import type { Limits } from './limits.ts';
import { processesOf, processTree } from './process-tree.ts';
import type { ProcessTier } from './tier.ts';

export interface PrisonerOptions {
  readonly tier: ProcessTier;
  /** Program and arguments; paths are those of this machine. */
  readonly command: readonly string[];
  /** What of this machine it may read behind walls, beside /usr. */
  readonly readable: readonly string[];
  /** Where it starts; one of the folders in `readable`. */
  readonly cwd: string;
  readonly limits: Limits;
}

/** How it came to its end. */
export type Ending =
  | { readonly cause: 'exit'; readonly code: number }
  | { readonly cause: 'signal'; readonly signal: string }
  /** It used more than it may. */
  | { readonly cause: 'limit'; readonly limit: keyof Limits }
  /** We asked for it. */
  | { readonly cause: 'killed' }
  /** The walls could not be built: the platform's fault, never the prisoner's. */
  | { readonly cause: 'not-started'; readonly reason: string };

/** How often its use is looked at, in milliseconds. */
const LOOK_EVERY = 20;

export class Prisoner {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** When nothing of it is left. */
  readonly ended: Promise<Ending>;
  readonly #process: ChildProcess;
  readonly #options: PrisonerOptions;
  readonly #uid = nextUid();
  readonly #cgroup: Cgroup | null;
  #verdict: Ending | null = null;
  #stderr: Buffer[] = [];
  #stderrSize = 0;
  #standing = false;
  /** Its processes at the last look. */
  #seen: ReadonlySet<number> = new Set();

  /** @throws the system's error when a control group cannot be made */
  constructor(options: PrisonerOptions) {
    this.#options = options;
    this.#cgroup = options.tier === 'bwrap+cgroup' ? createCgroup(options.limits) : null;
    const [program, ...args] = [...withoutDescriptors(), ...this.#command()];
    this.#process = spawn(program, args, {
      cwd: hasWalls(options.tier) ? '/' : options.cwd,
      env: { ...ENVIRONMENT, PWD: options.cwd },
      // A group of its own, which can be killed as a whole and hears no Ctrl-C.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', options.tier === 'child' ? 'ignore' : 'pipe'],
    });
    const [stdin, stdout, stderr, standing] = this.#process.stdio;
    this.stdin = stdin as Writable;
    this.stdout = stdout as Readable;
    // A prisoner that has gone does not read; how it went is told by `ended`.
    this.stdin.on('error', () => {});
    (stderr as Readable).on('data', (bytes: Buffer) => this.#keep(bytes));
    (standing as Readable | null)?.on('data', () => (this.#standing = true));
    this.ended = this.#end();
  }

  /** What it wrote to standard error, up to the limit. */
  get stderr(): string {
    return Buffer.concat(this.#stderr).toString('utf8');
  }

  /** End it and all that it started. */
  kill(): void {
    this.#stop({ cause: 'killed' });
  }

  #command(): string[] {
    const { tier, command, readable, cwd, limits } = this.#options;
    const walls = { readable, cwd, uid: this.#uid, file: limits.file };
    switch (tier) {
      case 'child':
        // The number of processes is that of a user, who may have many others: a watchdog counts them instead.
        return [...limited(limits).filter((word) => !word.startsWith('--nproc')), ...command];
      case 'container':
        return [...announcing(), ...unprivileged(this.#uid), ...limited(limits), ...command];
      case 'bwrap+rlimit':
      case 'bwrap+cgroup': {
        const [bwrap, ...args] = bwrapArguments(walls);
        const joining = this.#cgroup?.joining ?? [];
        return [...joining, bwrap, ...args, ...limited(limits), ...command];
      }
    }
  }

  async #end(): Promise<Ending> {
    const { wall } = this.#options.limits;
    const looking = setInterval(() => this.#look(), LOOK_EVERY);
    const patience = globalThis.setTimeout(() => this.#stop({ cause: 'limit', limit: 'wall' }), wall * 1000);
    const exit = await new Promise<Ending>((resolve) => {
      this.#process.once('error', (error) => resolve({ cause: 'not-started', reason: error.message }));
      this.#process.once('close', (code, signal) => resolve(this.#explain(code, signal)));
      // Whoever left this group may hold the pipes open.
      this.#process.once('exit', () => this.#sweep());
    });
    clearInterval(looking);
    clearTimeout(patience);
    // The kernel ends a namespace's processes a moment after its first one.
    for (let tries = 0; tries < 200 && this.#left().length > 0; tries++) await setTimeout(10);
    const exceeded = this.#cgroup?.exceeded ?? null;
    await this.#cgroup?.remove();
    if (this.#verdict !== null) return this.#verdict;
    if (exceeded !== null && !(exit.cause === 'exit' && exit.code === 0)) {
      return { cause: 'limit', limit: exceeded };
    }
    return exit;
  }

  #explain(code: number | null, signal: string | null): Ending {
    if (this.#options.tier !== 'child' && !this.#standing) {
      return { cause: 'not-started', reason: this.stderr.trim() || `ended with ${signal ?? code}` };
    }
    // Behind walls a signal is told by a number, as a shell does.
    const name = signal ?? (code !== null && code > 128 ? SIGNALS[code - 128] : undefined);
    if (name === 'SIGXCPU') return { cause: 'limit', limit: 'cpu' };
    if (name === 'SIGXFSZ') return { cause: 'limit', limit: 'file' };
    return name === undefined ? { cause: 'exit', code: code ?? 0 } : { cause: 'signal', signal: name };
  }

  /** The watchdog: what the limits of single processes cannot see. */
  #look(): void {
    const { memory, processes } = this.#options.limits;
    const tree = processTree(this.#process.pid ?? 0);
    this.#seen = new Set(tree.pids);
    if (tree.memory > memory) this.#stop({ cause: 'limit', limit: 'memory' });
    // bwrap's own two are not the prisoner's.
    else if (tree.threads > processes + 2) this.#stop({ cause: 'limit', limit: 'processes' });
  }

  #keep(bytes: Buffer): void {
    const room = this.#options.limits.stderr - this.#stderrSize;
    this.#stderrSize += bytes.length;
    if (room > 0) this.#stderr.push(bytes.subarray(0, room));
    if (bytes.length > room) this.#stop({ cause: 'limit', limit: 'stderr' });
  }

  #stop(verdict: Ending): void {
    this.#verdict ??= verdict;
    this.#sweep();
  }

  /** Kill whatever is left, until nothing is: it may start others while we look. */
  #sweep(): void {
    const { pid } = this.#process;
    if (pid === undefined) return;
    for (let round = 0; round < 100; round++) {
      const left = this.#alive(pid);
      if (left.length === 0) break;
      for (const each of left) end(each);
    }
    end(-pid);
  }

  /** What lives on behind the walls when the wall itself is gone. */
  #left(): number[] {
    if (this.#cgroup !== null) return [];
    if (process.getuid?.() === 0 && this.#options.tier !== 'child')
      return processesOf(this.#uid).filter(isAlive);
    return [...this.#seen].filter(isAlive);
  }

  #alive(pid: number): number[] {
    if (this.#cgroup !== null) return this.#cgroup.pids;
    const own = this.#options.tier === 'container' ? processesOf(this.#uid) : [];
    return [...new Set([...processTree(pid).pids, ...own])].filter(isAlive);
  }
}

function hasWalls(tier: ProcessTier): boolean {
  return tier === 'bwrap+rlimit' || tier === 'bwrap+cgroup';
}

function createCgroup(limits: Limits): Cgroup {
  const where = findCgroups();
  if (where === null) {
    throw new MisuseError('no-cgroups', 'bwrap+cgroup was asked for; availableTiers() does not list it here');
  }
  return new Cgroup(where, `tcblab-${process.pid}-${++groups}`, limits);
}

let groups = 0;

/** Users for prisoners of root, one each, so that limits of one do not count against another. */
const FIRST_UID = 65_000;
const UIDS = 500;
let prisoners = process.pid;

function nextUid(): number {
  return FIRST_UID + (prisoners++ % UIDS);
}

/** A zombie is dead, and waits for its parent only. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat[stat.lastIndexOf(')') + 2] !== 'Z';
  } catch {
    return false;
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

const SIGNALS: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(constants.signals).map(([name, number]) => [number, name]),
);
