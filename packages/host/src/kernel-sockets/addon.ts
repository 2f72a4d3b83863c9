/** The one place that loads native/kernel-sockets.c and gives it a type. Each call returns a value or a negative errno. */
import { loadNativeAddon } from '@tcblab/raw-socket/native';

/** Stands for one watched descriptor; opaque. */
export type WatchHandle = { readonly watch: unique symbol };

export interface KernelSocketsAddon {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array): number;
  connect(fd: number, address: Uint8Array): number;
  listen(fd: number, backlog: number): number;
  accept4(fd: number, flags: number, address: Uint8Array): number;
  getsockname(fd: number, address: Uint8Array): number;
  getpeername(fd: number, address: Uint8Array): number;
  read(fd: number, data: Uint8Array): number;
  write(fd: number, data: Uint8Array): number;
  /** @param facts room for the length of the address, of the control data, and the flags */
  recvmsg(
    fd: number,
    data: Uint8Array,
    flags: number,
    address: Uint8Array,
    control: Uint8Array,
    facts: Int32Array,
  ): number;
  sendmsg(fd: number, data: Uint8Array, flags: number, address: Uint8Array, control: Uint8Array): number;
  shutdown(fd: number, how: number): number;
  close(fd: number): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array): number;
  getsockopt(fd: number, level: number, name: number, value: Uint8Array): number;
  fcntl(fd: number, command: number, argument: number): number;
  ioctl(fd: number, request: number, memory: Uint8Array | Int32Array): number;
  /** @param ifreq a `struct ifreq`; its data pointer is made to point to `data`, unless that is empty */
  interfaceRequest(fd: number, request: number, ifreq: Uint8Array, data: Uint8Array): number;
  /** @param entries an array of `struct pollfd` */
  poll(entries: Uint8Array): number;
  epollCreate(): number;
  epollCtl(epoll: number, operation: number, fd: number, events: number): number;
  /** @param pairs room for descriptor and events, one pair after the other */
  epollWait(epoll: number, pairs: Int32Array): number;
  watch(fd: number, report: (events: number) => void): WatchHandle | number;
  arm(handle: WatchHandle, events: number): number;
  unwatch(handle: WatchHandle): number;
}

let loaded: KernelSocketsAddon | null = null;

/** The addon, loaded at its first use: importing this does no harm where it cannot run. */
export function addon(): KernelSocketsAddon {
  loaded ??= loadNativeAddon(new URL('../../native/kernel-sockets.c', import.meta.url)) as KernelSocketsAddon;
  return loaded;
}
