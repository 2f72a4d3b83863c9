/** A process with all that descends from it, as /proc shows them. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Octets } from '@tcblab/tcp';

export interface ProcessTree {
  /** The root first. */
  readonly pids: readonly number[];
  /** Threads of all of them. */
  readonly threads: number;
  /** Resident memory that is theirs alone; libraries and files that they share with others are not counted. */
  readonly memory: Octets;
}

/** @returns nothing but zeros where `root` is gone */
export function processTree(root: number): ProcessTree {
  const children = childrenByParent();
  const pids: number[] = [];
  let threads = 0;
  let memory = 0;
  for (const queue = [root]; queue.length > 0;) {
    const pid = queue.pop() ?? 0;
    const use = usage(pid);
    if (use === null) continue;
    pids.push(pid);
    threads += use.threads;
    memory += use.memory;
    queue.push(...(children.get(pid) ?? []));
  }
  return { pids, threads, memory };
}

/** Every process of `uid`, whoever started it. */
export function processesOf(uid: number): number[] {
  return pidsOfMachine().filter((pid) => {
    const line = /^Uid:\t(\d+)/m.exec(read(`/proc/${pid}/status`) ?? '');
    return line !== null && Number(line[1]) === uid;
  });
}

function childrenByParent(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const pid of pidsOfMachine()) {
    // The second field is the program's name in brackets, and may hold any character.
    const stat = read(`/proc/${pid}/stat`);
    const parent = Number(stat?.slice(stat.lastIndexOf(')') + 4).split(' ')[0] ?? 0);
    const siblings = children.get(parent) ?? [];
    siblings.push(pid);
    children.set(parent, siblings);
  }
  return children;
}

function pidsOfMachine(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);
}

function usage(pid: number): { threads: number; memory: Octets } | null {
  const status = read(`/proc/${pid}/status`);
  if (status === null) return null;
  const count = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  return { threads: count('Threads'), memory: (count('RssAnon') + count('RssShmem')) * 1024 };
}

/** @returns null when the process has gone meanwhile */
function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
