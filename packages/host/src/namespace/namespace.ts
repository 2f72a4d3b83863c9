/** An anonymous network namespace: another machine's network, as far as the kernel can lend one. */
import { spawn as spawnProcess } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { closeSync, constants, readFileSync, writeSync } from 'node:fs';
import { MachineError } from '@tcblab/raw-socket';
import { demand, outcome } from '../kernel-sockets/errno.ts';
import { KernelSocket, type Network } from '../kernel-sockets/kernel-socket.ts';
import { addon } from './addon.ts';
import { markedEnvironment } from './leftovers.ts';

const OURS = -1;

/** Who owns the namespaces we make. */
export class NamespaceOwner {
  /** `root` makes them directly; `user` inside a user namespace of its own, in which it is root. */
  readonly as: 'root' | 'user';
  /** A descriptor of that user namespace; −1 for the one this process is in. */
  readonly userFd: number;
  #closed = false;

  private constructor(as: 'root' | 'user', userFd: number) {
    this.as = as;
    this.userFd = userFd;
  }

  /** Become the owner of namespaces to come: directly where the kernel lets us, else by a user namespace. */
  static create(): NamespaceOwner {
    // Root in a container often may not make a network namespace; a user namespace may still be allowed.
    const direct = addon().createNetwork(OURS);
    if (direct >= 0) {
      closeSync(direct);
      return new NamespaceOwner('root', OURS);
    }
    return new NamespaceOwner('user', demand(outcome(addon().createUser()), 'create a user namespace'));
  }

  /** @throws MachineError when the kernel refuses */
  createNamespace(): Namespace {
    const netFd = demand(outcome(addon().createNetwork(this.userFd)), 'create a network namespace');
    return new Namespace(this, netFd);
  }

  /** Let go of the user namespace. Namespaces made of it live on until they are closed too. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.userFd !== OURS) closeSync(this.userFd);
  }
}

/**
 * One network namespace. It has no name and no process of its own: it lives while this object holds its descriptor, a
 * process spawned into it runs, or a socket in it is open. When this process dies, the kernel clears it away.
 */
export class Namespace implements Network {
  readonly owner: NamespaceOwner;
  readonly netFd: number;
  #closed = false;

  constructor(owner: NamespaceOwner, netFd: number) {
    this.owner = owner;
    this.netFd = netFd;
  }

  /** A socket that lives in this namespace, though this process does not. */
  socket(domain: number, type: number, protocol = 0): KernelSocket {
    const fd = addon().socket(this.owner.userFd, this.netFd, domain, type, protocol);
    return new KernelSocket(demand(outcome(fd), 'open a socket in a network namespace'));
  }

  /** Read a setting of this namespace, by its name as sysctl(8) writes it: `net.ipv4.tcp_congestion_control`. */
  readSetting(name: string): string {
    const fd = this.#open(name, constants.O_RDONLY, 'read');
    try {
      return readFileSync(fd, 'latin1').trimEnd();
    } finally {
      closeSync(fd);
    }
  }

  /** @throws MachineError with ENOENT when this kernel has no such setting, and EINVAL when it refuses the value */
  writeSetting(name: string, value: string): void {
    const fd = this.#open(name, constants.O_WRONLY, 'set');
    try {
      writeSync(fd, value);
    } catch (error) {
      const { errno = -5 } = error as NodeJS.ErrnoException;
      throw new MachineError(-errno, `set ${name} to '${value}'`);
    } finally {
      closeSync(fd);
    }
  }

  /**
   * Start a program inside. It dies with this process, however this process dies.
   *
   * The program sees this network and, for a plain user, itself as root; everything else is as outside.
   */
  spawn(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const us = `/proc/${process.pid}/fd`;
    const enter = [`--net=${us}/${this.netFd}`];
    if (this.owner.userFd !== OURS) enter.push(`--user=${us}/${this.owner.userFd}`, '--preserve-credentials');
    // Entering a user namespace forgets the parent-death signal, so that is set after, by setpriv.
    const line = [...enter, '--', 'setpriv', '--pdeathsig', 'KILL', '--', command, ...args];
    return spawnProcess('nsenter', line, { ...options, env: markedEnvironment(options.env ?? process.env) });
  }

  /** Let go. The namespace ends when nothing else is in it either. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.netFd);
  }

  #open(name: string, flags: number, verb: string): number {
    const path = `/proc/sys/${name.replaceAll('.', '/')}`;
    return demand(outcome(addon().open(this.owner.userFd, this.netFd, path, flags)), `${verb} ${name}`);
  }
}
