/** Whether this machine lets us make network namespaces; if not, why not and what would mend it. */
import { existsSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { MachineError } from '@tcblab/raw-socket';
import { errnoNumber } from '../kernel-sockets/errno.ts';
import type { Wire } from './wire.ts';

const SPAWN_LIMIT_MS = 5000;

export type NamespaceProbe =
  | { readonly ok: true; readonly as: 'root' | 'user' }
  | { readonly ok: false; readonly reason: string; readonly remedy: string };

/** What of the machine explains a refusal; in one value, so that the explanation can be asked for any machine. */
export interface MachineFacts {
  readonly root: boolean;
  readonly container: boolean;
  /** A setting of the kernel by its path under /proc/sys; null when it has none. */
  setting(path: string): string | null;
}

/** Make a wire, start a program in it, and take it down again: a few milliseconds. Never throws. */
export async function probeNamespaces(): Promise<NamespaceProbe> {
  if (process.platform !== 'linux') {
    return {
      ok: false,
      reason: 'network namespaces are a part of Linux',
      remedy: 'use the bench `virtual`, or a Linux machine or container',
    };
  }
  try {
    // Loaded here, for a machine without the native addon gets an answer too.
    const { createWire } = await import('./wire.ts');
    const wire = await createWire();
    try {
      await startProgram(wire);
      return { ok: true, as: wire.hosts[0].namespace.owner.as };
    } finally {
      wire.close();
    }
  } catch (error) {
    return { ok: false, ...explainRefusal(error, thisMachine()) };
  }
}

/** Why making a wire failed, and the command that mends it. */
export function explainRefusal(error: unknown, machine: MachineFacts): { reason: string; remedy: string } {
  if (!(error instanceof MachineError)) {
    return {
      reason: error instanceof Error ? error.message : String(error),
      remedy: 'run `npm start` again',
    };
  }
  const { remedy } = error;
  if (remedy !== '') return { reason: error.message.replace(`; ${remedy}`, ''), remedy };
  const reason = error.message;
  if (error.code === 'ENOSPC' || error.code === 'EUSERS') {
    const kind = error.tried.includes('user') ? 'user' : 'net';
    const setting = `user.max_${kind}_namespaces`;
    const allowed = machine.setting(setting.replace('.', '/'));
    if (Number(allowed) >= LIMIT_WANTED) {
      return {
        reason: `${reason}, although ${setting} is ${allowed}: a sandbox or container round this forbids it`,
        remedy: 'run outside of that sandbox',
      };
    }
    return {
      reason: `${reason}; ${setting} is ${allowed ?? 'not known'}`,
      remedy: `sudo sysctl -w ${setting}=${LIMIT_WANTED}`,
    };
  }
  if (error.code === 'EROFS' || (error.code === 'EACCES' && error.tried.startsWith('set '))) {
    return {
      reason: `${reason}; /proc/sys is read-only here, as in a container`,
      remedy: 'start the container with --privileged, or with --security-opt systempaths=unconfined',
    };
  }
  if (error.code === 'ENOTSUP') return { reason, remedy: 'sudo modprobe veth' };
  if (error.code === 'EINVAL' || error.code === 'ENOSYS') {
    return {
      reason: `${reason}; this kernel is built without namespaces`,
      remedy: 'use the bench `virtual`',
    };
  }
  if (error.code !== 'EPERM' && error.code !== 'EACCES') return { reason, remedy: 'run with sudo' };
  if (machine.container) {
    return {
      reason: `${reason}; a container may not make namespaces unless it is told so when it starts`,
      remedy:
        'start the container with --privileged, or with --cap-add=SYS_ADMIN --cap-add=NET_ADMIN --cap-add=NET_RAW --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined',
    };
  }
  for (const [setting, blocking, open] of userNamespaceSwitches) {
    if (machine.setting(setting.replaceAll('.', '/')) === blocking) {
      return {
        reason: `${reason}; ${setting} is ${blocking}, so only root may`,
        remedy: `sudo sysctl -w ${setting}=${open}, or run with sudo`,
      };
    }
  }
  return {
    reason,
    remedy: machine.root ? 'run outside of the sandbox that took the right away' : 'run with sudo',
  };
}

/** As a kernel of a small machine allows by itself; a wire takes three of each kind. */
const LIMIT_WANTED = 15_000;

// Ubuntu since 23.10; Debian until 10 and some hardened kernels.
const userNamespaceSwitches = [
  ['kernel.apparmor_restrict_unprivileged_userns', '1', '0'],
  ['kernel.unprivileged_userns_clone', '0', '1'],
] as const;

function thisMachine(): MachineFacts {
  return {
    root: process.getuid?.() === 0,
    container:
      ['/.dockerenv', '/run/.containerenv'].some((path) => existsSync(path)) ||
      (read('/proc/1/environ') ?? '').split('\0').some((line) => line.startsWith('container=')),
    setting: (path) => read(`/proc/sys/${path}`)?.trim() ?? null,
  };
}

/** Entering takes nsenter and setpriv of util-linux, which every Debian has and a small container may not. */
async function startProgram(wire: Wire): Promise<void> {
  const child = wire.hosts[0].namespace.spawn('true', [], {
    stdio: ['ignore', 'ignore', 'pipe'],
    signal: AbortSignal.timeout(SPAWN_LIMIT_MS),
    killSignal: 'SIGKILL',
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (part: string) => (said += part));
  try {
    const [code, signal] = await once(child, 'close');
    if (code === 0) return;
    const why = said.trim() === '' ? `it ended with ${signal ?? code}` : said.trim();
    throw new MachineError(
      errnoNumber('EIO'),
      `start a program in a network namespace (${why})`,
      'run with sudo',
    );
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException;
    if (name === 'AbortError') {
      const tried = `see a program in a network namespace end within ${SPAWN_LIMIT_MS} ms`;
      throw new MachineError(errnoNumber('ETIMEDOUT'), tried, 'try again when the machine is less busy');
    }
    if (code !== 'ENOENT') throw error;
    throw new MachineError(
      errnoNumber('ENOENT'),
      'start nsenter and setpriv',
      'sudo apt-get install util-linux',
    );
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}
