/** Runs a scenario between two agents, from barrier to barrier, and brings home what they saw. */
import { existsSync, readFileSync } from 'node:fs';
import { CHECKSUM_NOT_READY, DIRECTION_MASK, OUTBOUND, readCapture } from '@tcblab/capture';
import type { TraceRecord } from '@tcblab/capture';
import type { EndReport, Evidence, HostEvidence, PlatformFault, TappedFrame } from '@tcblab/drill/scenario';
import type { Micros } from '@tcblab/tcp';
import type { TraceEvent } from '@tcblab/tcp/trace';
import { AgentError } from './agent-error.ts';
import type { AgentClient, Limits } from './agent-client.ts';
import { reachBarrier, type Barrier } from './barrier.ts';
import { Starvation } from './starvation.ts';
import type { EndJob, Findings, MiddleboxJob, Progress } from './protocol.ts';

export interface ConductOptions {
  /** Host a's agent, then host b's; both have been greeted. */
  readonly agents: readonly [AgentClient, AgentClient];
  readonly jobs: readonly [EndJob, EndJob];
  readonly middlebox?: { readonly agent: AgentClient; readonly job: MiddleboxJob };
  /** How long the programs may take. */
  readonly limit: Micros;
  /** Where to bring the captures; left out where the agents write to this machine's disk. */
  readonly captures?: readonly [string, string];
  readonly onBarrier?: (name: Barrier) => void;
  /** What agents noticed that need not stop a run, in sentences. */
  readonly onWarning?: (warning: string) => void;
  readonly onProgress?: (job: EndJob, progress: Progress) => void;
  /** What both hosts and the bench tell, each in order: what a trace file and a live stream hold. */
  readonly onRecord?: (record: TraceRecord) => void;
  /** Ends the run early; what was seen until then is kept. */
  readonly signal?: AbortSignal;
}

/** For what is done at once. */
const SOON: Limits = { total: 40_000, silence: 15_000 };
const SILENCE_MS = 5000;
/** After both programs: the last ACK must not miss the capture, nor what a bad wire still holds. */
const QUIET = { silence: 250, limit: 3000 };
/** Tells of what no host does; see `TraceRecord`. */
const BENCH = 0;
/** A file may be large and a line slow. */
const FETCH: Limits = { total: 60_000, silence: 10_000 };

/**
 * @throws AgentError when an agent cannot even begin: its interface, its capture or its job is not as it should be.
 *   What goes wrong later is a fault in the evidence
 */
export function conductRun(options: ConductOptions): Promise<Evidence> {
  return new Conductor(options).run();
}

class Conductor {
  readonly #options: ConductOptions;
  readonly #agents: readonly AgentClient[];
  readonly #faults: PlatformFault[] = [];
  /** Names of agents that no longer answer. */
  readonly #lost = new Set<string>();
  /** By name of the agent: how its student's code does not return. */
  readonly #endless = new Map<string, string>();
  #onEndless: () => void = () => {};
  readonly #traces: TraceRecord[][] = [];
  readonly #bench: TraceRecord[] = [];

  constructor(options: ConductOptions) {
    this.#options = options;
    const { agents, middlebox, jobs } = options;
    this.#agents = middlebox === undefined ? agents : [middlebox.agent, ...agents];
    if (middlebox !== undefined) middlebox.agent.onRecord = (event) => this.#onBenchEvent(event);
    agents.forEach((agent, index) => {
      const job = jobs[index];
      const trace: TraceRecord[] = [];
      this.#traces.push(trace);
      agent.onRecord = (event, frame) => {
        const record = { host: job.number, ...(frame === 0 ? {} : { frame }), event };
        trace.push(record);
        options.onRecord?.(record);
      };
      agent.onProgress = (progress) => options.onProgress?.(job, progress);
      agent.onEndless = (what) => {
        this.#endless.set(agent.name, what);
        // What it cannot answer any more is no fault of the platform.
        this.#lost.add(agent.name);
        this.#onEndless();
      };
      agent.onStopped = (reason) =>
        this.#fault({ what: `${agent.name} was stopped by ${reason}`, next: 'let it run to its end' });
    });
  }

  #onBenchEvent(event: TraceEvent): void {
    const record = { host: BENCH, event };
    this.#bench.push(record);
    this.#options.onRecord?.(record);
  }

  async run(): Promise<Evidence> {
    const { jobs, middlebox, onBarrier, onWarning } = this.#options;
    const all = middlebox === undefined ? jobs : [middlebox.job, ...jobs];
    const nothing = all.map(() => null);
    const prepared = await reachBarrier('ready', this.#agents, all, SOON);
    for (const warning of prepared.flatMap(({ warnings }) => warnings)) onWarning?.(warning);
    onBarrier?.('ready');
    let ended: Pick<Evidence, 'ended' | 'reason'> = { ended: 'quiet', reason: 'the run broke off' };
    try {
      await reachBarrier('armed', this.#agents, nothing, SOON);
      onBarrier?.('armed');
      await reachBarrier('start', this.#agents, nothing, SOON);
      onBarrier?.('start');
      const starvation = new Starvation();
      ended = await this.#untilDone();
      for (const fault of starvation.end('the runner')) this.#fault(fault);
      onBarrier?.('done');
    } catch (error) {
      this.#onAgentError(error);
    }
    const hosts = [await this.#bringHome(0), await this.#bringHome(1)] as const;
    await this.#dismissMiddlebox();
    return { hosts, bench: this.#bench, ...ended, faults: this.#faults };
  }

  async #untilDone(): Promise<Pick<Evidence, 'ended' | 'reason'>> {
    const { agents, limit, signal } = this.#options;
    const total = limit / 1000;
    let interrupt: () => void = () => {};
    const interrupted = new Promise<'interrupted'>((resolve) => (interrupt = () => resolve('interrupted')));
    if (signal?.aborted === true) interrupt();
    signal?.addEventListener('abort', interrupt, { once: true });
    try {
      const done = reachBarrier('done', agents, [null, null], { total, silence: SILENCE_MS });
      const broken = this.#untilMiddleboxBreaks();
      for (const lost of [done, broken]) lost.catch(() => {});
      const endless = new Promise<'endless'>((resolve) => (this.#onEndless = () => resolve('endless')));
      if (this.#endless.size > 0) this.#onEndless();
      const first = await Promise.race([done, broken, interrupted, endless]);
      if (first === 'endless') return { ended: 'limit', reason: [...this.#endless.values()].join('; ') };
      if (first === 'interrupted') return { ended: 'quiet', reason: 'the run was interrupted' };
      if (first === 'broken') return { ended: 'quiet', reason: 'the middlebox carried nothing any more' };
      await Promise.all(agents.map((agent) => agent.call('quiet', QUIET, SOON)));
      return { ended: 'done' };
    } catch (error) {
      if (error instanceof AgentError && error.code === 'agent-late') {
        return { ended: 'limit', reason: `the programs were not through after ${total / 1000} s` };
      }
      throw error;
    } finally {
      signal?.removeEventListener('abort', interrupt);
    }
  }

  /** @throws AgentError when it is gone or silent: without a wire between them the ends prove nothing */
  async #untilMiddleboxBreaks(): Promise<'broken'> {
    const agent = this.#options.middlebox?.agent;
    if (agent === undefined) return new Promise(() => {});
    await agent.call('done', null, { total: Infinity, silence: SILENCE_MS });
    return 'broken';
  }

  async #dismissMiddlebox(): Promise<void> {
    const agent = this.#options.middlebox?.agent;
    if (agent === undefined) return;
    try {
      const { faults } = await agent.call('finish', null, SOON);
      for (const fault of faults) this.#fault(fault);
    } catch (error) {
      this.#onAgentError(error);
    }
  }

  /** What one host saw. Whatever of it is lost is a fault. */
  async #bringHome(index: 0 | 1): Promise<HostEvidence> {
    const { agents, jobs, captures } = this.#options;
    const [agent, job, trace] = [agents[index], jobs[index], this.#traces[index]];
    let findings: Findings | null = null;
    let frames: TappedFrame[] = [];
    const endless = this.#endless.get(agent.name);
    try {
      findings = endless === undefined ? await agent.call('finish', null, SOON) : null;
      for (const fault of findings?.faults ?? []) this.#fault(fault);
      for (const warning of findings?.warnings ?? []) this.#options.onWarning?.(warning);
    } catch (error) {
      this.#onAgentError(error);
    }
    try {
      if (captures !== undefined && !this.#lost.has(agent.name)) {
        await agent.fetchCapture(captures[index], FETCH);
      }
      // Also the capture of an agent that died: as far as it came.
      frames = this.#readFrames(agent, captures?.[index] ?? job.capture);
    } catch (error) {
      this.#onAgentError(error);
    }
    const { recordsMissing, name } = agent;
    const crashed = findings?.crashed ?? endless;
    if (recordsMissing > 0) {
      this.#options.onWarning?.(`${recordsMissing} trace records of ${name} were lost on the way`);
    }
    return {
      host: job.host,
      number: job.number,
      address: job.ipv6?.address ?? job.address,
      implementation: job.implementation,
      frames,
      application: findings?.application ?? nothingDone(job),
      trace,
      ...(crashed === undefined ? {} : { crashed }),
    };
  }

  #readFrames(agent: AgentClient, path: string): TappedFrame[] {
    if (!existsSync(path)) return [];
    const { packets, fault } = readCapture(readFileSync(path));
    if (fault !== null && !this.#lost.has(agent.name))
      this.#fault({ what: `the capture of ${agent.name} is damaged: ${fault.detail}`, next: 'run again' });
    return packets.map(({ bytes, micros, flags, id }, index) => ({
      index: id?.frame ?? index + 1,
      time: micros,
      direction: (flags & DIRECTION_MASK) === OUTBOUND ? 'out' : 'in',
      bytes,
      ...((flags & CHECKSUM_NOT_READY) === 0 ? {} : { checksumNotReady: true }),
    }));
  }

  #onAgentError(error: unknown): void {
    if (!(error instanceof AgentError)) throw error;
    const { code, agent, message, remedy } = error;
    // Whoever is gone once is gone for every question after.
    if (code === 'agent-gone' || code === 'agent-silent') {
      if (this.#lost.has(agent)) return;
      this.#lost.add(agent);
    }
    this.#fault({ what: message, next: remedy === '' ? 'run again' : remedy });
  }

  #fault(fault: PlatformFault): void {
    if (this.#faults.every(({ what }) => what !== fault.what)) this.#faults.push(fault);
  }
}

function nothingDone(job: EndJob): EndReport {
  return { role: job.end.role, done: false, steps: [] };
}
