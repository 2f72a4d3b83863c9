/**
 * A scenario between judged code and our own stack, in virtual time: IP packets over a wire that loses, doubles and
 * delays them by the seed. The captures that the judge reads are made here, from what was seen to pass.
 */
import { transferCase, type CaseOutcome, type LabCase } from '@tcblab/drill/lab';
import {
  parseScenario,
  type Evidence,
  type HostEvidence,
  type Scenario,
  type TappedFrame,
} from '@tcblab/drill/scenario';
import {
  createInProcessSut,
  type AsyncSut,
  type Batch,
  type Sut,
  type SutConfiguration,
} from '@tcblab/drill/sut';
import type { Micros } from '@tcblab/tcp';
import { createImpairment, type Impairment } from '@tcblab/tcp/sim';
import { JudgedEnd, type JudgedProcess } from '../judged/judged-process.ts';
import { EndProgram } from './end-program.ts';

type Transfer = Extract<LabCase, { kind: 'transfer' }>;

/** One-way time on the wire. */
const LATENCY: Micros = 100;
/** After both programs are over. */
const SILENCE: Micros = 1_000_000;
const MOST_STEPS = 200_000;

export async function tryTransfer(
  one: Transfer,
  text: string,
  judged: JudgedProcess,
  seed: number,
): Promise<CaseOutcome> {
  const parsed = parseScenario(one.path, text);
  if (!parsed.ok) throw new TypeError(`labs/${one.path} is broken`);
  const { loss, duplicate, reorder } = one;
  const harmed = loss + duplicate + reorder > 0;
  // A TCP that waits longer after each loss is right.
  const scenario = harmed ? { ...parsed.value, limit: 6 * parsed.value.limit } : parsed.value;
  const own = createInProcessSut({ configuration: standing(2, one.seed) });
  const mixed = (one.seed ^ Math.imul(seed - 1, 0x9e37_79b1)) >>> 0;
  const ends = [
    new End(1, scenario, judged, createImpairment({ loss, duplicate, reorder }, mixed, 1)),
    new End(2, scenario, promised(own), createImpairment({ loss, duplicate, reorder }, mixed, 2)),
  ] as const;
  let crash: string | null = null;
  let ended: Evidence['ended'] = 'limit';
  try {
    await judged.begin(standing(1, mixed));
    ended = await run(ends, scenario);
  } catch (error) {
    if (!(error instanceof JudgedEnd) || error.blame === 'platform') throw error;
    crash = error.message;
  }
  const [a, b] = ends;
  const evidence = { hosts: [a.evidence(crash), b.evidence(null)] as const, ended, faults: [], harmed };
  return transferCase(one, parsed.value, evidence);
}

function standing(host: number, seed: number): SutConfiguration {
  const isnSecret = Uint8Array.from({ length: 16 }, (_, i) => (seed >>> (8 * (i % 4))) + 17 * i + host);
  return { address: addressOf(host), mtu: 1500, isnSecret, seed: (seed ^ host) >>> 0, settings: {} };
}

function addressOf(host: number): string {
  return `10.77.0.${host}`;
}

/** Ours answers at once. */
function promised(sut: Sut): AsyncSut {
  return {
    packet: (now, bytes) => Promise.resolve(sut.packet(now, bytes)),
    call: (now, id, name, args) => Promise.resolve(sut.call(now, id, name, args)),
    advance: (now) => Promise.resolve(sut.advance(now)),
  };
}

async function run(ends: readonly [End, End], scenario: Scenario): Promise<Evidence['ended']> {
  const [a, b] = ends;
  const begin: Micros = 1_000_000;
  let now = begin;
  let limit = begin + scenario.limit;
  let through = false;
  // Whoever listens does so before the other calls.
  await b.program.step(now);
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    await a.settle(now, b);
    await b.settle(now, a);
    if (!through && a.program.over && b.program.over) {
      through = true;
      limit = Math.min(limit, now + SILENCE);
    }
    const next = Math.min(a.due, b.due);
    if (next === Infinity) return through ? 'done' : 'quiet';
    if (next > limit) return through ? 'done' : 'limit';
    now = Math.max(now, next);
  }
  return 'limit';
}

class End {
  readonly program: EndProgram;
  readonly #number: number;
  readonly #scenario: Scenario;
  readonly #sut: AsyncSut;
  readonly #impairment: Impairment;
  readonly #frames: TappedFrame[] = [];
  /** What is on its way here, the first first. */
  readonly #coming: { readonly at: Micros; readonly bytes: Uint8Array }[] = [];
  readonly #leaving: { readonly at: Micros; readonly bytes: Uint8Array }[] = [];
  #deadline: Micros = Infinity;

  constructor(number: number, scenario: Scenario, sut: AsyncSut, impairment: Impairment) {
    this.#number = number;
    this.#scenario = scenario;
    this.#sut = sut;
    this.#impairment = impairment;
    this.program = new EndProgram(scenario.ends[number - 1], addressOf(3 - number), (now, id, name, args) =>
      this.#take(now, sut.call(now, id, name, args)),
    );
  }

  /** When something is to be done here. */
  get due(): Micros {
    return Math.min(this.#deadline, this.#coming[0]?.at ?? Infinity);
  }

  /** Do all that is due, and send what comes of it. */
  async settle(now: Micros, other: End): Promise<void> {
    for (let packet = this.#coming[0]; packet !== undefined && packet.at <= now; packet = this.#coming[0]) {
      this.#coming.shift();
      this.#tap(now, 'in', packet.bytes);
      await this.#take(now, this.#sut.packet(now, packet.bytes));
    }
    if (this.#deadline <= now) await this.#take(now, this.#sut.advance(now));
    await this.program.step(now);
    for (const { at, bytes } of this.#leaving.splice(0)) other.#arrives(at, bytes);
  }

  evidence(crashed: string | null): HostEvidence {
    return {
      host: this.#number === 1 ? 'a' : 'b',
      number: this.#number,
      address: addressOf(this.#number),
      implementation: this.#number === 1 ? 'submission' : 'reference',
      frames: this.#frames,
      application: this.program.report(this.#scenario),
      trace: [],
      ...(crashed === null ? {} : { crashed }),
    };
  }

  #arrives(at: Micros, bytes: Uint8Array): void {
    const behind = this.#coming.findIndex((one) => one.at > at);
    this.#coming.splice(behind === -1 ? this.#coming.length : behind, 0, { at, bytes });
  }

  async #take(now: Micros, asked: Promise<Batch>): Promise<void> {
    const { packets, results, deadline } = await asked;
    this.#deadline = deadline;
    for (const bytes of packets) {
      this.#tap(now, 'out', bytes);
      const { copies, delay } = this.#impairment.next(bytes.length + ETHERNET);
      for (let copy = 0; copy < copies; copy++)
        this.#leaving.push({ at: now + LATENCY + this.#scenario.delay + delay, bytes });
    }
    for (const result of results) this.program.returned(now, result);
  }

  #tap(time: Micros, direction: 'in' | 'out', packet: Uint8Array): void {
    const from = direction === 'out' ? this.#number : 3 - this.#number;
    this.#frames.push({ index: this.#frames.length + 1, time, direction, bytes: framed(packet, from) });
  }
}

const ETHERNET = 14;

/** As it would stand on a wire of two hosts. */
function framed(packet: Uint8Array, from: number): Uint8Array {
  const frame = new Uint8Array(ETHERNET + packet.length);
  frame.set([0x02, 0x74, 0x63, 0x62, 0, 3 - from, 0x02, 0x74, 0x63, 0x62, 0, from, 0x08, 0x00]);
  frame.set(packet, ETHERNET);
  return frame;
}
