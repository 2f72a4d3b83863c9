/** The one place that loads native/namespace.c and gives it a type. Each call returns a value or a negative errno. */
import { loadNativeAddon } from '@tcblab/raw-socket/native';

/** A namespace is given as a descriptor that refers to it, or −1 for the one this process is in. */
export interface NamespaceAddon {
  /** @returns a descriptor of a new user namespace, in which the caller is root */
  createUser(): number;
  /** @returns a descriptor of a new network namespace that belongs to `userFd` */
  createNetwork(userFd: number): number;
  /** @returns a non-blocking socket that lives in that network namespace */
  socket(userFd: number, netFd: number, domain: number, type: number, protocol: number): number;
  /** @returns a descriptor of `path` as a process in that network namespace would open it */
  open(userFd: number, netFd: number, path: string, flags: number): number;
}

let loaded: NamespaceAddon | null = null;

/** The addon, loaded at its first use: importing this does no harm where it cannot run. */
export function addon(): NamespaceAddon {
  loaded ??= loadNativeAddon(new URL('../../native/namespace.c', import.meta.url)) as NamespaceAddon;
  return loaded;
}
