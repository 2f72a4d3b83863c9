/** What kind of machine this is, as far as it changes what can run here or how fast. */
import { existsSync, readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';

export interface MachineFacts {
  readonly platform: NodeJS.Platform;
  readonly kernel: string;
  readonly arch: string;
  /** The distribution's own name for itself. */
  readonly distribution: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Average number of processes that wanted a core in the last minute. */
  readonly load: number;
  readonly node: string;
  readonly wsl: 'no' | 'WSL1' | 'WSL2';
  /** The kind of container that we are in. */
  readonly container: string | undefined;
}

export function machineFacts(): MachineFacts {
  return {
    platform: platform(),
    kernel: release(),
    arch: arch(),
    distribution: /^PRETTY_NAME="?([^"\n]*)/m.exec(contentOf('/etc/os-release') ?? '')?.[1] ?? platform(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    load: loadavg()[0] ?? 0,
    node: process.versions.node,
    wsl: windowsSubsystem(release()),
    container: containerKind(),
  };
}

/** WSL2 runs a real Linux kernel of Microsoft's; WSL1 imitates one and has no packet sockets. */
function windowsSubsystem(kernel: string): MachineFacts['wsl'] {
  if (!/microsoft/i.test(kernel)) return 'no';
  return /wsl2|microsoft-standard/i.test(kernel) ? 'WSL2' : 'WSL1';
}

function containerKind(): string | undefined {
  if (existsSync('/run/.containerenv')) return 'podman';
  if (existsSync('/.dockerenv')) return 'docker';
  // systemd and LXC tell every child of a container what kind it is.
  const named = /(?:^|\0)container=([^\0]+)/.exec(contentOf('/proc/1/environ') ?? '')?.[1];
  return named ?? /\b(docker|kubepods|lxc|containerd)\b/.exec(contentOf('/proc/1/cgroup') ?? '')?.[1];
}

/** @returns undefined where there is no such file or it may not be read */
export function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
