/**
 * A virtual network: hosts on one Ethernet segment, one virtual clock, links with latency, bandwidth and impairments.
 * Synchronous and repeatable: the same hosts, the same seed and the same calls give the same bytes at the same times.
 */
import { MisuseError } from '../misuse-error.ts';
import type { Micros, Octets } from '../units.ts';
import { EventHeap } from './event-heap.ts';
import type { Slot } from './event-heap.ts';
import { createImpairment, isImpairable } from './impairment.ts';
import type { Impairment, ImpairmentSpec } from './impairment.ts';

/** What the network asks of a host's TCP; a `Stack` fits. */
export interface FrameEndpoint {
  /** Room that `pollTransmit` needs for one frame. */
  readonly maxFrame: Octets;
  onFrame(now: Micros, bytes: Uint8Array, start: number, end: number): void;
  pollTransmit(now: Micros, into: Uint8Array, start: number): Octets;
  pollTimeout(): Micros;
  onTimeout(now: Micros): void;
}

/** What uses a host's TCP: it is stepped after everything that happens to the host, and when its time has come. */
export interface Application {
  /** @returns when to be stepped again even if nothing happens; Infinity = never */
  step(now: Micros): Micros;
}

/** One host's cable to the segment, for what it sends. */
export interface LinkSpec {
  /** Time on the wire; the network's `latency` unless told. */
  readonly latency?: Micros;
  /** Bits per second; unlimited unless told. */
  readonly bandwidth?: number;
  /** With a bandwidth: octets that may wait for the wire; more are dropped. Unlimited unless told. */
  readonly queue?: Octets;
  /** Longest IP packet that passes; longer ones are dropped. */
  readonly mtu?: Octets;
  readonly impairment?: ImpairmentSpec;
}

export interface HostOptions extends LinkSpec {
  readonly stack: FrameEndpoint;
  readonly application?: Application;
}

/** Why a frame did not simply arrive. */
export type WireEvent = 'lost' | 'duplicated' | 'corrupted' | 'delayed' | 'queue-full' | 'too-long';

/** Sees everything that passes between hosts and wire, and changes nothing. */
export interface FrameTap {
  /**
   * A frame passes the host's end of the wire.
   *
   * @param host number of the host, from 1
   * @param index of the frame among all that passed this host, from 1; with the host it is the packet's id
   * @param bytes valid during the call only; the frame is bytes[start, end)
   */
  frame(
    host: number,
    index: number,
    now: Micros,
    direction: 'in' | 'out',
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void;
  /** What the wire does to the frame that `host` has just sent as its `index`. */
  wire?(host: number, index: number, now: Micros, event: WireEvent): void;
}

export interface NetworkOptions {
  /** Decides every impairment. */
  readonly seed: number;
  /** One-way time on the wire where a host's link gives none; 100 µs unless told. */
  readonly latency?: Micros;
  readonly tap?: FrameTap;
  /** The clock's first reading; 0 unless told. */
  readonly start?: Micros;
}

export interface RunOptions {
  /** Stop when this is true; asked after every step. */
  readonly until?: () => boolean;
  /** Stop when the clock would pass this time. */
  readonly limit: Micros;
  /** Stop after so many steps; a guard against programs that never rest. */
  readonly steps?: number;
}

/** Why a run ended. */
export interface RunEnd {
  /**
   * `done`: `until` was true. `limit`: the time came. `quiet`: no frame is on the wire, no timer is set, no application
   * wants to wake: nothing will ever happen. `stuck`: the budget of steps was used up.
   */
  readonly ended: 'done' | 'limit' | 'quiet' | 'stuck';
  /** The same in a sentence. */
  readonly reason: string;
}

export interface Network {
  readonly now: Micros;
  /** Steps taken so far: frames delivered, timers fired, applications woken. */
  readonly steps: number;
  /** Frames on the wire. */
  readonly inFlight: number;
  /** @returns the host's number: 1, 2, … in the order of adding */
  add(host: HostOptions): number;
  /** The host's TCP or application was touched from outside: let it act. Needed after a direct `open`, `send`, `close` … */
  touch(host: number): void;
  /** Let everything happen up to and including the time `to`; the clock then stands there. */
  advance(to: Micros): void;
  run(options: RunOptions): RunEnd;
}

export function createNetwork(options: NetworkOptions): Network {
  return new VirtualNetwork(options);
}

const LATENCY: Micros = 100;
const HEADER: Octets = 14;
const STEPS = 100_000_000;
/** A host that does more than this in one instant spins. */
const STEPS_PER_INSTANT = 1_000_000;

class Host {
  readonly number: number;
  readonly stack: FrameEndpoint;
  readonly application: Application | null;
  readonly latency: Micros;
  readonly bandwidth: number;
  readonly queue: Octets;
  readonly longest: Octets;
  readonly impairment: Impairment | null;
  /** Frames seen at this host's tap. */
  frames = 0;
  /** When the stack's and the application's time comes. */
  timeout: Micros = Infinity;
  wake: Micros = Infinity;
  /** When the wire is free again, for a link with a bandwidth; not rounded, so that short frames add up right. */
  freeAt = 0;

  constructor(number: number, options: HostOptions, latency: Micros, seed: number) {
    this.number = number;
    this.stack = options.stack;
    this.application = options.application ?? null;
    this.latency = options.latency ?? latency;
    this.bandwidth = options.bandwidth ?? Infinity;
    this.queue = options.queue ?? Infinity;
    this.longest = HEADER + (options.mtu ?? Infinity);
    this.impairment = options.impairment ? createImpairment(options.impairment, seed, number) : null;
    if (!(this.bandwidth > 0))
      throw new MisuseError('bad-bandwidth', `bandwidth is ${options.bandwidth}: give bits per second`);
    if (!(Number.isInteger(this.latency) && this.latency >= 0)) {
      throw new MisuseError('bad-latency', `latency is ${this.latency}: give whole microseconds, 0 or more`);
    }
  }
}

class VirtualNetwork implements Network {
  now: Micros;
  steps = 0;
  readonly #seed: number;
  readonly #latency: Micros;
  readonly #tap: FrameTap | null;
  readonly #hosts: Host[] = [];
  readonly #wire = new EventHeap();
  /** Which host a MAC address was last seen to send from; asked only when there are more than two hosts. */
  readonly #learned = new Map<number, number>();
  #instant: Micros = -1;
  #instantStep = 0;
  #spinning: Host | null = null;

  constructor(options: NetworkOptions) {
    this.#seed = options.seed;
    this.#latency = options.latency ?? LATENCY;
    this.#tap = options.tap ?? null;
    this.now = options.start ?? 0;
  }

  get inFlight(): number {
    return this.#wire.size;
  }

  add(options: HostOptions): number {
    const number = this.#hosts.length + 1;
    if (number > 255) throw new MisuseError('too-many-hosts', 'a network holds at most 255 hosts');
    const host = new Host(number, options, this.#latency, this.#seed);
    this.#hosts.push(host);
    this.#wire.reserve(host.stack.maxFrame);
    this.#serve(host);
    return number;
  }

  touch(host: number): void {
    this.#serve(this.#hosts[host - 1]);
  }

  advance(to: Micros): void {
    this.run({ limit: to });
    if (to > this.now) this.now = to;
  }

  run(options: RunOptions): RunEnd {
    const { until, limit } = options;
    const last = this.steps + (options.steps ?? STEPS);
    for (;;) {
      if (until?.()) return { ended: 'done', reason: 'what was waited for came true' };
      const next = this.#nextTime();
      if (next === Infinity) {
        return {
          ended: 'quiet',
          reason:
            'nothing will ever happen: no frame on the wire, no timer set, no program waiting for a time',
        };
      }
      if (next > limit) {
        this.now = Math.max(this.now, limit);
        return { ended: 'limit', reason: `the time limit came at ${limit} µs` };
      }
      this.#step(next);
      if (this.#spinning !== null) {
        const { number } = this.#spinning;
        this.#spinning = null;
        return {
          ended: 'stuck',
          reason: `host ${number} never rests: more than ${STEPS_PER_INSTANT} steps at ${this.now} µs`,
        };
      }
      if (this.steps >= last)
        return { ended: 'stuck', reason: `the budget of steps was used up at ${this.now} µs` };
    }
  }

  #nextTime(): Micros {
    let next = this.#wire.nextTime;
    for (const host of this.#hosts) {
      if (host.timeout < next) next = host.timeout;
      if (host.wake < next) next = host.wake;
    }
    return next;
  }

  /** The first thing that is due at `time`: a frame before a timer before a program, hosts in their order. */
  #step(time: Micros): void {
    if (time > this.now) this.now = time;
    if (this.#wire.nextTime <= this.now) {
      this.#deliver();
      return;
    }
    for (const host of this.#hosts) {
      if (host.timeout <= this.now) {
        this.#count(host);
        host.stack.onTimeout(this.now);
        this.#serve(host);
        return;
      }
    }
    for (const host of this.#hosts) {
      if (host.wake <= this.now) {
        this.#count(host);
        this.#serve(host);
        return;
      }
    }
  }

  #count(host: Host): void {
    this.steps++;
    if (this.#instant !== this.now) {
      this.#instant = this.now;
      this.#instantStep = 0;
    }
    if (++this.#instantStep > STEPS_PER_INSTANT) this.#spinning = host;
  }

  #deliver(): void {
    const slot = this.#wire.pop();
    const host = this.#hosts[slot.host - 1];
    this.#count(host);
    const index = ++host.frames;
    this.#tap?.frame(host.number, index, this.now, 'in', slot.bytes, slot.start, slot.start + slot.length);
    host.stack.onFrame(this.now, slot.bytes, slot.start, slot.start + slot.length);
    this.#wire.free(slot);
    this.#serve(host);
  }

  /** Something happened to the host: let its program act, take what it sends, and note when it wants to wake. */
  #serve(host: Host): void {
    if (host.application !== null) host.wake = host.application.step(this.now);
    for (;;) {
      const slot = this.#wire.take();
      slot.length = host.stack.pollTransmit(this.now, slot.bytes, slot.start);
      if (slot.length === 0) {
        this.#wire.free(slot);
        break;
      }
      this.#count(host);
      this.#send(host, slot);
      if (this.#spinning !== null) break;
    }
    host.timeout = host.stack.pollTimeout();
  }

  #send(host: Host, slot: Slot): void {
    const index = ++host.frames;
    this.#tap?.frame(host.number, index, this.now, 'out', slot.bytes, slot.start, slot.start + slot.length);
    if (slot.length > host.longest) {
      this.#wire.free(slot);
      this.#tap?.wire?.(host.number, index, this.now, 'too-long');
      return;
    }
    let arrives = this.now + host.latency;
    if (host.bandwidth !== Infinity) {
      const waiting = Math.max(0, host.freeAt - this.now);
      if ((waiting * host.bandwidth) / 8_000_000 + slot.length > host.queue) {
        this.#wire.free(slot);
        this.#tap?.wire?.(host.number, index, this.now, 'queue-full');
        return;
      }
      host.freeAt = this.now + waiting + (slot.length * 8_000_000) / host.bandwidth;
      arrives = Math.ceil(host.freeAt) + host.latency;
    }
    if (host.impairment !== null && isImpairable(slot.bytes, slot.start, slot.start + slot.length)) {
      const fate = host.impairment.next(slot.length);
      if (fate.drop) {
        this.#wire.free(slot);
        this.#tap?.wire?.(host.number, index, this.now, 'lost');
        return;
      }
      if (fate.flipBit >= 0) {
        slot.bytes[slot.start + (fate.flipBit >> 3)] ^= 0x80 >> (fate.flipBit & 7);
        this.#tap?.wire?.(host.number, index, this.now, 'corrupted');
      }
      if (fate.delay > 0) {
        arrives += fate.delay;
        this.#tap?.wire?.(host.number, index, this.now, 'delayed');
      }
      if (fate.copies > 1) {
        this.#tap?.wire?.(host.number, index, this.now, 'duplicated');
        this.#carry(host, this.#wire.copy(slot), arrives);
      }
    }
    this.#carry(host, slot, arrives);
  }

  /** Put a frame on its way to whom it is for. Beyond two hosts, as a learning switch does. */
  #carry(from: Host, slot: Slot, arrives: Micros): void {
    if (this.#hosts.length > 2) {
      this.#learned.set(macAt(slot.bytes, slot.start + 6), from.number);
      const to = this.#learned.get(macAt(slot.bytes, slot.start));
      if (to === undefined || (slot.bytes[slot.start] & 1) !== 0) {
        for (const host of this.#hosts) {
          if (host !== from) this.#wire.push(this.#wire.copy(slot), host.number, arrives);
        }
      } else if (to !== from.number) {
        this.#wire.push(slot, to, arrives);
        return;
      }
      this.#wire.free(slot);
    } else if (this.#hosts.length === 2) {
      this.#wire.push(slot, 3 - from.number, arrives);
    } else {
      this.#wire.free(slot);
    }
  }
}

function macAt(bytes: Uint8Array, at: number): number {
  const high = (bytes[at] << 8) | bytes[at + 1];
  const low = ((bytes[at + 2] << 24) | (bytes[at + 3] << 16) | (bytes[at + 4] << 8) | bytes[at + 5]) >>> 0;
  return high * 0x1_0000_0000 + low;
}
