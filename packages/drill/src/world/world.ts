/** Runs a scenario in memory: two stacks, a virtual wire, virtual time. The same seed gives the same bytes. */
import type { TraceRecord } from '@tcblab/capture';
import { createStack } from '@tcblab/tcp';
import type { Micros, PartialParts, Settings, Stack } from '@tcblab/tcp';
import { createNetwork, createRandom } from '@tcblab/tcp/sim';
import type { FrameEndpoint, FrameTap, ImpairmentSpec, RunEnd, WireEvent } from '@tcblab/tcp/sim';
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, PROTOCOL_ICMPV6, isNeighborDiscovery } from '@tcblab/tcp/wire';
import { createEndDriver } from '../scenario/end-driver.ts';
import type { EndDriver } from '../scenario/end-driver.ts';
import type { Evidence, HostEvidence, TappedFrame } from '../scenario/evidence.ts';
import type { Scenario, ScenarioEnd } from '../scenario/scenario.ts';
import { createStackPort } from '../scenario/stack-port.ts';

export interface WorldOptions {
  readonly scenario: Scenario;
  /** Decides ISNs, ports and impairments. */
  readonly seed: number;
  readonly a?: WorldEnd;
  readonly b?: WorldEnd;
  /** On both directions, beside the rules of the scenario. */
  readonly impairment?: ImpairmentSpec;
  /** The ends speak IPv6 with each other. */
  readonly ipv6?: boolean;
  /** One-way time on the wire; 100 µs unless told. */
  readonly latency?: Micros;
}

/** What stands at one end. */
export interface WorldEnd {
  /** `reference` unless told. */
  readonly name?: string;
  readonly parts?: PartialParts;
  readonly settings?: Partial<Settings>;
}

/** Run a scenario to its end. Nothing is thrown for what the parts do: a crash of theirs is evidence. */
export function runWorld(options: WorldOptions): Evidence {
  return new World(options).run();
}

const LATENCY: Micros = 100;
/** After both programs are over: how long the wire must be silent before the run is. */
const SILENCE: Micros = 1_000_000;

class World {
  readonly #scenario: Scenario;
  readonly #hosts: readonly [Host, Host];
  readonly #network;
  /** When the last frame passed any tap. */
  #lastFrame: Micros = 0;

  constructor({ scenario, seed, a, b, impairment, ipv6 = false, latency }: WorldOptions) {
    this.#scenario = scenario;
    this.#hosts = [
      new Host({ number: 1, end: scenario.ends[0], implementation: a ?? {}, seed, ipv6 }),
      new Host({ number: 2, end: scenario.ends[1], implementation: b ?? {}, seed, ipv6 }),
    ];
    this.#network = createNetwork({ seed, latency: scenario.delay + (latency ?? LATENCY), tap: this.#tap() });
    for (const host of this.#hosts) {
      const rules = [...(impairment?.frames ?? []), ...host.end.wire];
      this.#network.add({
        stack: host,
        application: host,
        impairment: { ...impairment, frames: rules },
      });
    }
  }

  run(): Evidence {
    const network = this.#network;
    for (const host of this.#hosts) host.guard(() => host.driver.prepare(network.now));
    for (const host of this.#hosts) host.driver.start(network.now);
    for (const host of this.#hosts) host.started = true;
    network.touch(1);
    network.touch(2);
    const limit = network.now + this.#scenario.limit;
    const end = network.run({ until: () => this.#over(), limit });
    const { ended, reason } = this.#settle(end);
    for (const host of this.#hosts) host.guard(() => host.driver.dispose(network.now));
    return { hosts: [this.#hosts[0].evidence(), this.#hosts[1].evidence()], ended, reason, faults: [] };
  }

  #over(): boolean {
    return this.#hosts.every(({ driver, crashed }) => driver.over || crashed !== null);
  }

  /** What was sent last still arrives and is answered. */
  #settle(end: RunEnd): { ended: Evidence['ended']; reason: string } {
    // An application that is over asks for nothing, so a run that went quiet may be one in which both were through.
    if (end.ended === 'limit') return { ended: 'limit', reason: end.reason };
    if (!this.#over()) return { ended: 'quiet', reason: end.reason };
    const network = this.#network;
    const from = network.now;
    for (let until = from + SILENCE; until < from + this.#scenario.limit; until = this.#lastFrame + SILENCE) {
      if (network.run({ limit: until }).ended !== 'limit' || this.#lastFrame + SILENCE <= until) break;
    }
    return { ended: 'done', reason: 'both programs were through' };
  }

  #tap(): FrameTap {
    return {
      frame: (host, index, now, direction, bytes, start, end) => {
        this.#lastFrame = now;
        this.#hosts[host - 1].frames.push({ index, time: now, direction, bytes: bytes.slice(start, end) });
      },
      wire: (host, index, now, event) => this.#hosts[host - 1].impaired(now, index, event),
    };
  }
}

/** One host: its TCP, behind a guard that turns exceptions of a student's part into evidence, and its program. */
class Host implements FrameEndpoint {
  readonly number: number;
  readonly end: ScenarioEnd;
  readonly driver: EndDriver;
  readonly frames: TappedFrame[] = [];
  readonly maxFrame: number;
  crashed: string | null = null;
  started = false;
  readonly #name: string;
  readonly #address: string;
  readonly #stack: Stack;
  readonly #trace: TraceRecord[] = [];
  /** Records of a packet that waits for its neighbour's address, so that its frame has no number yet. */
  #held: { frame?: number }[] = [];

  constructor(options: {
    number: number;
    end: ScenarioEnd;
    implementation: WorldEnd;
    seed: number;
    ipv6: boolean;
  }) {
    const { number, end, implementation, seed, ipv6 } = options;
    const { name, parts, settings } = implementation;
    const random = createRandom(seed, number);
    this.number = number;
    this.end = end;
    this.#name = name ?? 'reference';
    const addressOf = ipv6 ? ipv6AddressOf : ipv4AddressOf;
    this.#address = addressOf(number);
    this.#stack = createStack({
      mac: `02:74:63:62:00:0${number}`,
      address: ipv4AddressOf(number),
      prefixLength: 24,
      ...(ipv6 ? { ipv6: { address: this.#address, prefixLength: 64 } } : {}),
      random,
      isnSecret: Uint8Array.from({ length: 16 }, () => random() & 0xff),
      trace: true,
      ...(parts === undefined ? {} : { parts }),
      ...(settings === undefined ? {} : { settings }),
    });
    this.maxFrame = this.#stack.maxFrame;
    this.driver = createEndDriver({ end, port: createStackPort(this.#stack), peer: addressOf(3 - number) });
  }

  onFrame(now: Micros, bytes: Uint8Array, start: number, end: number): void {
    this.#collect();
    this.guard(() => this.#stack.onFrame(now, bytes, start, end));
    this.#collect(this.frames.length);
  }

  pollTransmit(now: Micros, into: Uint8Array, start: number): number {
    this.#collect();
    const length = this.guard(() => this.#stack.pollTransmit(now, into, start)) ?? 0;
    if (length === 0) return 0;
    // The tap sees it next, under the next number.
    const frame = this.frames.length + 1;
    if (!carriesPacket(into, start)) {
      this.#held.push(...this.#collect());
    } else if (this.#collect(frame).length === 0) {
      for (const record of this.#held) record.frame = frame;
      this.#held = [];
    }
    return length;
  }

  pollTimeout(): Micros {
    return this.guard(() => this.#stack.pollTimeout()) ?? Infinity;
  }

  onTimeout(now: Micros): void {
    this.guard(() => this.#stack.onTimeout(now));
  }

  /** The program's turn. */
  step(now: Micros): Micros {
    if (!this.started) return Infinity;
    const wake = this.guard(() => this.driver.step(now)) ?? Infinity;
    this.#stack.takeEvents();
    return wake;
  }

  impaired(time: Micros, index: number, event: WireEvent): void {
    this.#collect();
    const detail = WIRE_WORDS[event];
    const told = {
      name: 'bench_event',
      time,
      connection: 0,
      event,
      ...(detail === undefined ? {} : { detail }),
    } as const;
    this.#trace.push({ host: this.number, frame: index, event: told });
  }

  evidence(): HostEvidence {
    this.#collect();
    return {
      host: this.end.host,
      number: this.number,
      address: this.#address,
      implementation: this.#name,
      frames: this.frames,
      application: this.driver.report(),
      trace: this.#trace,
      ...(this.crashed === null ? {} : { crashed: this.crashed }),
    };
  }

  /** @returns null when the call threw, now or before: a TCP that has crashed does nothing more */
  guard<T>(call: () => T): T | null {
    if (this.crashed !== null) return null;
    try {
      return call();
    } catch (error) {
      this.crashed = String(error);
      return null;
    }
  }

  /** Keep what the stack told since the last time, as told of this frame. */
  #collect(frame?: number): readonly { frame?: number }[] {
    const told = this.#stack.takeTrace();
    if (told.length === 0) return NOTHING;
    const records = told.map((event) =>
      frame === undefined ? { host: this.number, event } : { host: this.number, frame, event },
    );
    this.#trace.push(...records);
    return records;
  }
}

const NOTHING: readonly { frame?: number }[] = [];

/** A question for a neighbour goes out while a segment waits for its answer; what is told then is the segment's. */
function carriesPacket(bytes: Uint8Array, start: number): boolean {
  const type = (bytes[start + 12] << 8) | bytes[start + 13];
  if (type !== ETHERTYPE_IPV6) return type === ETHERTYPE_IPV4;
  return bytes[start + 20] !== PROTOCOL_ICMPV6 || !isNeighborDiscovery(bytes[start + 54]);
}

function ipv4AddressOf(number: number): string {
  return `10.77.0.${number}`;
}

function ipv6AddressOf(number: number): string {
  return `fd00:77::${number}`;
}

/** What a reader should see beside the frame. That a wire takes time is no news. */
const WIRE_WORDS: Readonly<Partial<Record<WireEvent, string>>> = {
  lost: 'lost on the wire',
  duplicated: 'duplicated on the wire',
  corrupted: 'a bit flipped on the wire',
  'queue-full': 'lost: the queue before the wire was full',
  'too-long': 'lost: longer than the wire takes',
};
