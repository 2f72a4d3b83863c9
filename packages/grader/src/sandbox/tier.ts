/** How far judged code can be kept from its judge here, and what each way stops. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { IsolationTier } from '@tcblab/drill/verdict';
import { bwrapArguments, CONTAINER_TOOLS } from './command.ts';
import { findCgroups } from './cgroup.ts';

/** A tier in which a process runs; a page has its own. */
export type ProcessTier = Exclude<IsolationTier, 'none' | 'worker'>;

export interface TierFacts {
  /** Whether a score from it may count without `--allow-weak-isolation`. */
  readonly grades: boolean;
  readonly stops: string;
  /** What it does not stop. */
  readonly leaves: string;
}

export const TIERS: Readonly<Record<ProcessTier, TierFacts>> = {
  child: {
    grades: false,
    stops:
      'forged results, endless loops, floods of output; memory and processes as far as a watchdog sees them',
    leaves: 'it runs as you: it can read your files, use the network, and hide a process that outlives it',
  },
  'bwrap+rlimit': {
    grades: true,
    stops: 'all of child, and sees no file but its own and the system’s, no network, no process but its own',
    leaves: 'a burst of memory between two looks of the watchdog (every 20 ms)',
  },
  'bwrap+cgroup': {
    grades: true,
    stops: 'all of bwrap+rlimit, and the kernel itself counts memory and processes',
    leaves: 'bugs of the kernel',
  },
  container: {
    grades: true,
    stops: 'runs as a user of its own without privileges; what only root may read stays hidden',
    leaves:
      'world-readable files and the network of the container, which must be thrown away after each submission',
  },
};

/** The tiers that can be had here, strongest first. `child` always can. */
export function availableTiers(): ProcessTier[] {
  const tiers: ProcessTier[] = [];
  if (process.platform === 'linux') {
    const walls = bwrapWorks();
    if (walls && findCgroups() !== null) tiers.push('bwrap+cgroup');
    if (walls) tiers.push('bwrap+rlimit');
    if (inContainer()) tiers.push('container');
  }
  return [...tiers, 'child'];
}

function bwrapWorks(): boolean {
  const [program, ...args] = bwrapArguments({ readable: [], cwd: '/', uid: 0, file: 1 << 20 });
  return (
    spawnSync(program, [...args, '/usr/bin/true'], {
      stdio: ['ignore', 'ignore', 'ignore', 'ignore'],
      timeout: 10_000,
    }).status === 0
  );
}

/** One that is thrown away: the autograder of Gradescope, Docker, Podman, or who says so. */
function inContainer(): boolean {
  const marks = ['/.dockerenv', '/run/.containerenv', '/autograder'];
  const said = process.env.TCBLAB_DISPOSABLE_CONTAINER === '1';
  return process.getuid?.() === 0 && CONTAINER_TOOLS.every(existsSync) && (said || marks.some(existsSync));
}
