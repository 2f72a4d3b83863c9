/** One control group for one prisoner: the kernel counts the memory and the processes of all that is in it. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Limits } from './limits.ts';

/** Where control groups can be made: the one tree of version 2, or the trees of version 1 for each controller. */
export type Cgroups =
  | { readonly version: 2; readonly root: string }
  | { readonly version: 1; readonly memory: string; readonly pids: string };

/** @returns null where none can be made */
export function findCgroups(mount = '/sys/fs/cgroup', proc = '/proc/self/cgroup'): Cgroups | null {
  if (process.getuid?.() !== 0) return null;
  try {
    const handed = readFileSync(join(mount, 'cgroup.subtree_control'), 'utf8').split(/\s+/);
    if (handed.includes('memory') && handed.includes('pids')) return usable({ version: 2, root: mount });
  } catch {
    // Not version 2.
  }
  try {
    const own = readFileSync(proc, 'utf8');
    const tree = (controller: string) => {
      const path = new RegExp(`^\\d+:(?:[^:]*,)?${controller}(?:,[^:]*)?:(.*)$`, 'm').exec(own)?.[1];
      return path === undefined ? null : join(mount, controller, path);
    };
    const [memory, pids] = [tree('memory'), tree('pids')];
    if (memory === null || pids === null) return null;
    return usable({ version: 1, memory, pids });
  } catch {
    return null;
  }
}

function usable(where: Cgroups): Cgroups | null {
  try {
    const name = `tcblab-probe-${process.pid}`;
    for (const folder of foldersOf(where, name)) {
      mkdirSync(folder);
      rmdirSync(folder);
    }
    return where;
  } catch {
    return null;
  }
}

function foldersOf(where: Cgroups, name: string): string[] {
  const parents = where.version === 2 ? [where.root] : [where.memory, where.pids];
  return parents.map((parent) => join(parent, name));
}

export class Cgroup {
  readonly #where: Cgroups;
  readonly #folders: readonly string[];

  /** @throws the system's error where it cannot be made */
  constructor(where: Cgroups, name: string, { memory, processes }: Pick<Limits, 'memory' | 'processes'>) {
    this.#where = where;
    this.#folders = foldersOf(where, name);
    const [first, pids = first] = this.#folders;
    for (const folder of this.#folders) mkdirSync(folder);
    if (where.version === 2) {
      writeFileSync(join(first, 'memory.max'), `${memory}`);
      if (existsSync(join(first, 'memory.swap.max'))) writeFileSync(join(first, 'memory.swap.max'), '0');
    } else {
      writeFileSync(join(first, 'memory.limit_in_bytes'), `${memory}`);
    }
    writeFileSync(join(pids, 'pids.max'), `${processes + WALLS}`);
  }

  /** A command line that joins the group before the program that follows begins. */
  get joining(): string[] {
    const joins = this.#folders.map((folder) => `echo $$ > '${folder}/cgroup.procs'`).join(' && ');
    return ['/bin/sh', '-c', `${joins} && exec "$@"`, 'sh'];
  }

  /** Whether the kernel had to kill for want of memory, or to refuse a process. */
  get exceeded(): 'memory' | 'processes' | null {
    const [first, pids = first] = this.#folders;
    const events = this.#where.version === 2 ? 'memory.events' : 'memory.oom_control';
    if (count(join(first, events), 'oom_kill') > 0) return 'memory';
    return count(join(pids, 'pids.events'), 'max') > 0 ? 'processes' : null;
  }

  /** Every process in it; none when it is gone. */
  get pids(): number[] {
    try {
      return readFileSync(join(this.#folders[0], 'cgroup.procs'), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map(Number);
    } catch {
      return [];
    }
  }

  /** The dead leave the group a moment after they died. @throws the system's error when something lives on in it */
  async remove(): Promise<void> {
    for (const folder of this.#folders) {
      for (let tries = 0; ; tries++) {
        try {
          rmdirSync(folder);
          break;
        } catch (error) {
          if (tries === 100) throw error;
          await setTimeout(10);
        }
      }
    }
  }
}

/** bwrap's own processes, which are in the group too. */
const WALLS = 2;

function count(path: string, name: string): number {
  try {
    return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(readFileSync(path, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
