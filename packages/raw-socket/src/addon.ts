// The native addon and its type. It makes system calls; whoever calls it decides.
import { loadNativeAddon } from './native.ts';

declare const handle: unique symbol;
/** A packet socket that owns its descriptor. */
export type Handle = { readonly [handle]: true };

/** Numbers returned are a count, or negative errno. */
export interface Addon {
  open(): Handle | number;
  adopt(fd: number): Handle | number;
  close(socket: Handle): number;
  descriptor(socket: Handle): number;
  setOption(socket: Handle, level: number, name: number, value: Uint8Array): number;
  getOption(socket: Handle, level: number, name: number, value: Uint8Array): number;
  bind(socket: Handle, interfaceIndex: number): number;
  boundTo(socket: Handle): number;
  interfaceRequest(request: number, ifreq: Uint8Array, data: Uint8Array): number;
  watch(socket: Handle, events: number, callback: (happened: number) => void): number;
  receive(
    socket: Handle,
    slab: Uint8Array,
    slotBytes: number,
    snapLength: number,
    table: ArrayBuffer,
  ): number;
  mapRing(socket: Handle, blockBytes: number, blockCount: number): ArrayBuffer | number;
  readRing(socket: Handle, table: ArrayBuffer): number;
  releaseBlock(socket: Handle): number;
  send(
    socket: Handle,
    slab: Uint8Array,
    offsets: Uint32Array,
    lengths: Uint32Array,
    first: number,
    count: number,
  ): number;
}

/** What `watch` waits for and reports; `error` is reported only. */
export const events = { readable: 1, writable: 2, error: 1 << 8 } as const;

let loaded: Addon | null = null;

/** The addon, loaded at its first use: importing this package does no harm where it cannot run. */
export function addon(): Addon {
  loaded ??= loadNativeAddon(new URL('../native/raw-socket.c', import.meta.url)) as Addon;
  return loaded;
}
