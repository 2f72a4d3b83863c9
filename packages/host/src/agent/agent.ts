/**
 * One host's work as its own process. It does what a runner asks for over a byte stream, and puts everything back when
 * the runner is gone, whatever the reason.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { machine as machineName } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import type { TraceEvent } from '@tcblab/tcp/trace';
import { MisuseError } from '@tcblab/tcp';
import { systemClock, type Clock } from '../clock.ts';
import { openRawLink } from '../link/raw-link.ts';
import { Channel, MESSAGE } from './channel.ts';
import { MAX_PAYLOAD } from './frame-codec.ts';
import { parseRequest, type AgentRequest, type ParsedMessage } from './parse-message.ts';
import { PROTOCOL_VERSION } from './protocol.ts';
import type {
  AgentCalls,
  AgentEvent,
  AgentJob,
  Findings,
  Hello,
  ReadArgs,
  Refusal,
  Reply,
} from './protocol.ts';
import { playKernel } from './roles/kernel-role.ts';
import { playMiddlebox } from './roles/middlebox-role.ts';
import { playReference } from './roles/reference-role.ts';
import type { Role, Surroundings } from './roles/role.ts';
import { Starvation } from './starvation.ts';

export interface AgentOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** Such as `tcblab 0.1.0`. */
  readonly software: string;
  /** Ends the agent's work: the capture is finished, the interface put back, what was found can still be fetched. */
  readonly signal?: AbortSignal;
  /** Called before a student's code is loaded, with its folder. @returns what ends the watch */
  readonly watch?: (folder: string) => Promise<() => void>;
  /** Real time unless told. */
  readonly clock?: Clock;
  /** The wire of an end; the interface of the job unless told. */
  readonly openLink?: Surroundings['openLink'];
}

/**
 * Serve one runner.
 *
 * @returns when the runner has gone or `signal` has ended the work, and everything is put back
 */
export function runAgent(options: AgentOptions): Promise<void> {
  return new Agent(options).run();
}

/** What an agent says at least this often, so that silence means that it is dead. */
const ALIVE_EVERY_MS = 1000;
const PROGRESS_EVERY_MS = 500;
/** Records wait this long for company, and no longer line than this waits for the runner. */
const RECORDS_EVERY_MS = 20;
const RECORDS_AT_ONCE = 500;
const MOST_BACKLOG = 8 << 20;
/** After a signal: how long the runner has to fetch what was found. */
const GRACE_MS = 1000;

class Agent {
  readonly #options: AgentOptions;
  readonly #channel: Channel;
  readonly #ended: Promise<void>;
  #end: () => void = () => {};
  #greeted = false;
  #job: AgentJob | null = null;
  #role: Role | null = null;
  #starvation: Starvation | null = null;
  #endWatch: () => void = () => {};
  /** Answers given or being made, by the request's id: a request that comes twice is answered twice and done once. */
  readonly #answers = new Map<number, Promise<Reply>>();
  #records: { frame: number; event: TraceEvent }[] = [];
  #recordsTold = 0;
  #recordsMissing = 0;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#ended = new Promise((resolve) => (this.#end = resolve));
    this.#channel = new Channel(options.input, options.output, {
      onMessage: (type, payload) => this.#onMessage(type, payload),
      onEnd: () => this.#end(),
    });
  }

  async run(): Promise<void> {
    const { signal } = this.#options;
    const alive = setInterval(() => this.#sayAlive(), ALIVE_EVERY_MS);
    const records = setInterval(() => this.#sendRecords(), RECORDS_EVERY_MS);
    const progress = setInterval(() => this.#sendProgress(), PROGRESS_EVERY_MS);
    const stop = () => void this.#stop(String(signal?.reason ?? 'a signal'));
    signal?.addEventListener('abort', stop, { once: true });
    this.#sayAlive();
    await this.#ended;
    signal?.removeEventListener('abort', stop);
    for (const timer of [alive, records, progress]) clearInterval(timer);
    await this.#role?.finish();
    this.#endWatch();
    this.#channel.close();
  }

  async #stop(reason: string): Promise<void> {
    await this.#role?.finish();
    this.#event({ name: 'stopped', reason });
    setTimeout(() => this.#end(), this.#role === null ? 0 : GRACE_MS).unref();
  }

  #onMessage(type: number, payload: Uint8Array): void {
    switch (type) {
      case MESSAGE.hello:
        this.#greeted = true;
        this.#sayHello();
        return;
      case MESSAGE.request:
        void this.#onRequest(parseRequest(payload));
        return;
      default:
    }
  }

  async #onRequest(request: ParsedMessage<AgentRequest>): Promise<void> {
    if (!request.ok) {
      const refusal = refusalOf(new MisuseError('bad-request', `a request cannot be read: ${request.fault}`));
      this.#channel.sendJson(MESSAGE.reply, { id: request.id, refusal } satisfies Reply);
      return;
    }
    const { id, verb, args } = request.value;
    if (verb === 'read') {
      this.#sendPiece(id, args);
      return;
    }
    let answer = this.#answers.get(id);
    if (answer === undefined) {
      answer = this.#answer(id, verb, args);
      this.#answers.set(id, answer);
    }
    const reply = await answer;
    // What led to an answer is told before it.
    this.#sendRecords();
    this.#channel.sendJson(MESSAGE.reply, reply);
  }

  async #answer(id: number, verb: keyof AgentCalls, args: unknown): Promise<Reply> {
    try {
      const value = await this.#perform(verb, args);
      return { id, value: value ?? null };
    } catch (error) {
      return { id, refusal: refusalOf(error) };
    }
  }

  #perform(verb: keyof AgentCalls, args: unknown): unknown {
    if (verb === 'prepare') return this.#prepare(args as AgentJob);
    const role = this.#role;
    if (role === null) throw new MisuseError('not-prepared', `${verb} was asked for before prepare`);
    switch (verb) {
      case 'arm':
        return role.arm();
      case 'start':
        this.#starvation = new Starvation();
        return role.start();
      case 'done':
        return role.done;
      case 'quiet':
        return this.#quiet(role, args as AgentCalls['quiet']['args']);
      case 'sockets':
        return role.sockets();
      case 'finish':
        return this.#finish(role);
    }
  }

  async #finish(role: Role): Promise<Findings> {
    const who = this.#job?.kind === 'end' ? `host ${this.#job.host}` : 'the middlebox';
    const starved = this.#starvation?.end(who) ?? [];
    const findings = await role.finish();
    return { ...findings, faults: [...findings.faults, ...starved] };
  }

  async #prepare(job: AgentJob): Promise<AgentCalls['prepare']['reply']> {
    if (this.#role !== null) throw new MisuseError('already-prepared', 'an agent plays one part in its life');
    const { clock = systemClock, software, openLink = openInterface, watch } = this.#options;
    const onRecord = (event: TraceEvent, frame: number) => this.#record(event, frame);
    const surroundings: Surroundings = { clock, software, openLink, onRecord };
    this.#job = job;
    if (job.kind === 'end' && job.submission !== undefined && watch !== undefined)
      this.#endWatch = await watch(job.submission);
    if (job.kind === 'middlebox') this.#role = playMiddlebox(job, surroundings);
    else if (job.implementation === 'kernel') this.#role = playKernel(job, surroundings);
    else this.#role = await playReference(job, surroundings);
    return { warnings: this.#role.warnings };
  }

  async #quiet(role: Role, { silence, limit }: AgentCalls['quiet']['args']): Promise<void> {
    const started = performance.now();
    let frames = role.progress().frames;
    let changed = started;
    while (performance.now() < changed + silence && performance.now() < started + limit) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(silence, 20)));
      const now = role.progress().frames;
      if (now !== frames) changed = performance.now();
      frames = now;
    }
  }

  #sendPiece(id: number, { offset, length }: ReadArgs): void {
    const piece = Buffer.alloc(4 + Math.min(length, MAX_PAYLOAD - 4));
    piece.writeUInt32BE(id);
    let count = 0;
    if (this.#job?.kind === 'end') {
      try {
        const fd = openSync(this.#job.capture, 'r');
        try {
          count = readSync(fd, piece, 4, piece.length - 4, offset);
        } finally {
          closeSync(fd);
        }
      } catch (error) {
        this.#channel.sendJson(MESSAGE.reply, { id, refusal: refusalOf(error) } satisfies Reply);
        return;
      }
    }
    this.#channel.send(MESSAGE.piece, piece.subarray(0, 4 + count));
  }

  #sayHello(): void {
    const { platform, version } = process;
    const machine = `${platform} ${machineName()}, Node ${version.slice(1)}`;
    const hello: Hello = { protocol: PROTOCOL_VERSION, software: this.#options.software, machine };
    this.#channel.sendJson(MESSAGE.hello, hello);
  }

  #sayAlive(): void {
    if (this.#greeted) this.#channel.send(MESSAGE.alive, new Uint8Array(0));
    else this.#sayHello();
  }

  #event(event: AgentEvent): void {
    this.#channel.sendJson(MESSAGE.event, event);
  }

  #sendProgress(): void {
    if (this.#role !== null) this.#event({ name: 'progress', progress: this.#role.progress() });
  }

  #record(event: TraceEvent, frame: number): void {
    if (this.#channel.backlog > MOST_BACKLOG) {
      this.#recordsMissing++;
      return;
    }
    this.#records.push({ frame, event });
    if (this.#records.length >= RECORDS_AT_ONCE) this.#sendRecords();
  }

  #sendRecords(): void {
    if (this.#records.length > 0) {
      this.#event({ name: 'records', first: this.#recordsTold, records: this.#records });
      this.#recordsTold += this.#records.length;
      this.#records = [];
    }
    if (this.#recordsMissing > 0 && this.#channel.backlog <= MOST_BACKLOG) {
      this.#event({ name: 'records_missing', count: this.#recordsMissing });
      this.#recordsMissing = 0;
    }
  }
}

const openInterface: Surroundings['openLink'] = (job, groups) =>
  openRawLink({
    interface: job.interface,
    hear: job.implementation === 'kernel' ? 'everything' : { mac: job.mac, groups },
  });

/** An error as a runner can show it. */
function refusalOf(error: unknown): Refusal {
  const { code, message, remedy } = error as { code?: unknown; message?: unknown; remedy?: unknown };
  return {
    code: typeof code === 'string' ? code : 'unexpected',
    message: typeof message === 'string' ? message : String(error),
    remedy: typeof remedy === 'string' ? remedy : '',
  };
}
