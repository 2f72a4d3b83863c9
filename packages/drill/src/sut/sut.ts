/**
 * The one seam to whatever TCP is under judgement: in process, in a child process of any language, or a kernel.
 *
 * Whole IP packets, socket calls and the passing of time go in; packets, results of calls and the next deadline come
 * out, in one batch for each step. Ethernet, ARP and neighbour discovery stay outside. Nobody here has a clock: `now`
 * never goes back, and between two steps nothing happens.
 */
import type { Micros } from '@tcblab/tcp';

export interface Sut {
  /** An IP packet arrives for the system under test. */
  packet(now: Micros, bytes: Uint8Array): Batch;
  /**
   * Its application makes a socket call.
   *
   * @param id names the call; its result, in this batch or a later one, carries it
   * @param name of the call as C has it, such as `connect`
   */
  call(now: Micros, id: number, name: string, args: readonly Value[]): Batch;
  /** Time has passed: to the deadline, or to any moment before it. */
  advance(now: Micros): Batch;
}

/** A system under test that answers later, such as a child process. */
export interface AsyncSut {
  packet(now: Micros, bytes: Uint8Array): Promise<Batch>;
  call(now: Micros, id: number, name: string, args: readonly Value[]): Promise<Batch>;
  advance(now: Micros): Promise<Batch>;
}

/** What a step brought about. */
export interface Batch {
  /** Whole IP packets that the system sends now, in order. */
  readonly packets: readonly Uint8Array[];
  /** Calls that have returned, in the order of returning. A call that blocks is missing until it does. */
  readonly results: readonly CallResult[];
  /** When the system wants `advance` even if nothing else happens; Infinity = never. */
  readonly deadline: Micros;
}

export type CallResult =
  | { readonly id: number; readonly value: Value }
  /** An error by its POSIX name, such as `ECONNREFUSED`. */
  | { readonly id: number; readonly errno: string };

/** What calls are given and give: integers, octets, text, lists of these, or nothing. */
export type Value = null | number | string | Uint8Array | readonly Value[];

/** What a system under test is told before anything else. */
export interface SutConfiguration {
  /** Its IPv4 address, such as `10.77.0.1`. */
  readonly address: string;
  /** Its IPv6 address, such as `fd00::1`, when it is to have one. */
  readonly ipv6?: string;
  /** The largest IP packet that it may send or will get. */
  readonly mtu: number;
  /** 16 octets for its initial sequence numbers. @rfc 6528 3 */
  readonly isnSecret: Uint8Array;
  /** For whatever else it draws; an unsigned 32-bit integer. */
  readonly seed: number;
  /** Named settings as in the core's `Settings`: times in µs, sizes in octets. Unknown names are to be ignored. */
  readonly settings: Readonly<Record<string, number>>;
}
