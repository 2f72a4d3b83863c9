/** The command line that puts a program behind each kind of wall. */
import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import type { Octets } from '@tcblab/tcp';
import type { Limits } from './limits.ts';

export interface Walls {
  /** Files and folders that can be read inside, at the same paths; nothing else of the machine can, but /usr. */
  readonly readable: readonly string[];
  readonly cwd: string;
  /** The user that it runs as, where the supervisor is root; otherwise it runs as the supervisor's own user. */
  readonly uid: number;
  /** How much its /tmp holds. */
  readonly file: Octets;
}

const PRLIMIT = '/usr/bin/prlimit';
const SETPRIV = '/usr/bin/setpriv';

/** What the `container` tier needs. */
export const CONTAINER_TOOLS = [PRLIMIT, SETPRIV] as const;

/** The only environment that judged code sees, in practice and when it counts. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: '/usr/bin:/bin',
  LANG: 'C.UTF-8',
  HOME: '/tmp',
};

/** Up to where the judged program's own command line follows. */
export function bwrapArguments({ readable, cwd, uid, file }: Walls): string[] {
  const environment = Object.entries(ENVIRONMENT).flatMap(([name, value]) => ['--setenv', name, value]);
  const root = process.getuid?.() === 0;
  return [
    'bwrap',
    // Root needs no user namespace; in one, its prisoner could not become another user.
    ...(root
      ? ['--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts', '--unshare-cgroup-try']
      : ['--unshare-all']),
    '--die-with-parent',
    '--new-session',
    '--clearenv',
    ...environment,
    '--hostname',
    'tcblab',
    '--ro-bind',
    '/usr',
    '/usr',
    ...SYSTEM_FOLDERS.flatMap(systemFolder),
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '--perms',
    '1777',
    '--size',
    `${file}`,
    '--tmpfs',
    '/tmp',
    // The folders above would be closed to the prisoner's user.
    ...foldersAbove(readable).flatMap((path) => ['--perms', '0755', '--dir', path]),
    ...readable.flatMap((path) => ['--ro-bind', path, path]),
    '--chdir',
    cwd,
    // Root's processes are never limited in number, so root's prisoner becomes another user behind the walls.
    ...(root ? ['--cap-add', 'CAP_SETUID', '--cap-add', 'CAP_SETGID', '--cap-add', 'CAP_SETPCAP'] : []),
    '--',
    ...announcing(),
    ...(root ? unprivileged(uid) : []),
  ];
}

/** Close whatever descriptors our own parent left open, but 0 to 3, and go on with what follows. */
export function withoutDescriptors(): string[] {
  const close =
    'for each in /proc/self/fd/*; do n=${each##*/}; ((n > 3)) && eval "exec $n>&-"; done; exec env -u SHLVL "$@"';
  return ['/bin/bash', '-c', close, 'bash'];
}

/** Say on descriptor 3 that the walls stand, close it, and go on with what follows. */
export function announcing(): string[] {
  return ['/bin/sh', '-c', 'echo standing >&3; exec "$@" 3>&-', 'sh'];
}

/** As `uid`, with no way back to any privilege. */
export function unprivileged(uid: number): string[] {
  const nothing = ['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all'];
  return [SETPRIV, `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', ...nothing];
}

/** Limits that the kernel keeps for each process. Address space is none of them: V8 reserves far more than it uses. */
export function limited({ cpu, memory, processes, file }: Limits): string[] {
  return [
    PRLIMIT,
    `--cpu=${cpu}:${cpu + 1}`,
    `--data=${memory + RESERVED}`,
    `--nproc=${processes}`,
    `--fsize=${file}`,
    '--nofile=64',
    '--core=0',
  ];
}

/** What V8 reserves and Node's stacks could hold counts as data, used or not: the watchdog is more exact. */
const RESERVED: Octets = 1 << 30;

/** Outermost first, each once; those of the system are there already. */
function foldersAbove(paths: readonly string[]): string[] {
  const above = new Set<string>();
  for (const path of paths) {
    const parts = path.split('/').slice(1, -1);
    parts.forEach((_, depth) => above.add(`/${parts.slice(0, depth + 1).join('/')}`));
  }
  return [...above]
    .filter((path) => path !== '/tmp' && path !== '/usr' && !path.startsWith('/usr/'))
    .toSorted();
}

const SYSTEM_FOLDERS = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];

/** Links into /usr on today's systems, folders on older ones. */
function systemFolder(path: string): string[] {
  if (!existsSync(path)) return [];
  return lstatSync(path).isSymbolicLink()
    ? ['--symlink', readlinkSync(path), path]
    : ['--ro-bind', path, path];
}
