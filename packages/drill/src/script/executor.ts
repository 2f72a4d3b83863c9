/**
 * Runs a script without doing anything: it says what is to be done next, and is told what came of it. Drivers bring
 * packets, calls and time; whether a script passes is decided here and nowhere else.
 */
import type { Micros } from '@tcblab/tcp';
import type { CallResult, Value } from '../sut/sut.ts';
import { Application, type PreparedCall } from './application.ts';
import { runCode, type CodeValue } from './code-block.ts';
import type { Flow } from './flow.ts';
import { FlowTable } from './flow-table.ts';
import { comparePackets, type MatchMode } from './match.ts';
import { missingFeature, type Feature } from './needs.ts';
import type { ExchangedPacket, ScriptOutcome } from './outcome.ts';
import { printAction, printPacket, printSeconds } from './print-script.ts';
import { ScriptError } from './problem.ts';
import { settingsOf, type NamedSettings } from './profile.ts';
import { writeInjected } from './injected.ts';
import { meaningOf, type Meaning } from './shell-command.ts';
import { STATE_NUMBERS } from './tcp-states.ts';
import { NO_IP_INFO } from './syntax.ts';
import type { CallAction, Command, PacketAction, Position, Script, ScriptEvent } from './syntax.ts';
import { readPacket, type LivePacket } from './wire-packet.ts';

export interface ExecutorOptions {
  readonly script: Script;
  readonly match: MatchMode;
  /** Before what the script's own commands set. */
  readonly settings: NamedSettings;
  /** What the stack under test has beyond plain TCP. */
  readonly features: ReadonlySet<Feature>;
  /** What is sent and not expected by the script's end fails it; packetdrill lets that pass. */
  readonly strict: boolean;
  /** How far times may be off when the script does not say. */
  readonly tolerance: Micros;
}

/** What a driver is to do. It has told everything that came until now before it asks. */
export type Step =
  | { readonly kind: 'inject'; readonly bytes: Uint8Array }
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly args: readonly Value[] }
  /** A packet is wanted: ask again when one has come, and no later than `by`. */
  | { readonly kind: 'expect'; readonly by: Micros }
  /** Ask again at `until`, or when something has come. */
  | { readonly kind: 'wait'; readonly until: Micros }
  | { readonly kind: 'done'; readonly outcome: ScriptOutcome };

/** How long a packet at any time may take. */
const PATIENCE: Micros = 86_400_000_000;
const DEFAULT_PORT = 8080;

interface Observed {
  readonly number: number;
  readonly time: Micros;
  readonly live: LivePacket;
}

interface PendingCall {
  readonly event: ScriptEvent;
  readonly action: CallAction;
  readonly prepared: PreparedCall;
  readonly issued: Micros;
  /** When it is to return; null = at once. */
  readonly end: Micros | null;
}

/** One of our own questions to the stack. */
interface Question {
  readonly issued: Micros;
  answer(result: CallResult): void;
}

export class Executor {
  readonly #options: ExecutorOptions;
  readonly #events: readonly ScriptEvent[];
  readonly #tolerance: Micros;
  readonly #flows: FlowTable;
  readonly #application: Application;
  readonly #settings: Record<string, number>;
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly mtu: number;

  #index = 0;
  #start: Micros | null = null;
  /** What relative times count from. */
  #base: Micros = 0;
  /** When the driver was last told to come back. */
  #wake: Micros = Infinity;
  #lastId = 0;
  readonly #calls = new Map<number, PendingCall>();
  readonly #questions = new Map<number, Question>();
  /** The call that holds the script up. */
  #waitsFor: number | null = null;
  readonly #queue: Observed[] = [];
  readonly #exchanged: {
    at: Micros;
    direction: 'in' | 'out';
    bytes: Uint8Array;
    text: string | LivePacket;
  }[] = [];
  readonly #names = new Map<string, CodeValue>();
  readonly #forgiven: string[] = [];
  readonly #ignored: string[] = [];
  readonly #printed: string[] = [];
  #outcome: ScriptOutcome | null = null;
  /** What a question left to be done when the script goes on. */
  #asked: 'no' | 'waiting' | 'answered' = 'no';

  constructor(options: ExecutorOptions) {
    this.#options = options;
    const { script } = options;
    const option = (name: string) => script.options.findLast((one) => one.name === name)?.value ?? null;
    const number = (name: string, otherwise: number) => Number(option(name) ?? otherwise);
    this.#events = script.events;
    this.#tolerance = number('tolerance_usecs', options.tolerance);
    this.mtu = number('mtu', 1500);
    this.localAddress = option('local_ip') ?? '192.168.0.1';
    this.remoteAddress = option('remote_ip') ?? '192.0.2.1';
    const bound = number('bind_port', number('local_port', DEFAULT_PORT));
    // Each of our sides begins near the ring's end, so that numbers go round it.
    this.#flows = new FlowTable(bound, (index) => (0xffff_fc00 + index * 0x0100_0000) >>> 0);
    this.#application = new Application(this.#flows, {
      localAddress: this.localAddress,
      remoteAddress: this.remoteAddress,
      connectPort: number('connect_port', DEFAULT_PORT),
    });
    this.#settings = { ...options.settings };
    for (const [name, state] of Object.entries(STATE_NUMBERS)) this.#names.set(name, state);
    this.#prepare();
  }

  /** Settings of the stack, with what the script's commands ask for before its first packet or call. */
  get settings(): NamedSettings {
    return this.#settings;
  }

  next(now: Micros): Step {
    this.#start ??= now;
    if (now - this.#wake > this.#tolerance && this.#outcome === null) {
      this.#end('inconclusive', `the driver came ${now - this.#wake} µs late`, this.#here());
    }
    this.#wake = Infinity;
    try {
      while (this.#outcome === null) {
        const step = this.#step(now);
        if (step === null) continue;
        const until = step.kind === 'expect' ? step.by : step.kind === 'wait' ? step.until : null;
        // With something to do, what is due at this very moment may still come of it.
        if (until !== null && this.#overdue(now)) continue;
        this.#wake = until ?? Infinity;
        return step;
      }
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      this.#end('error', error.problem.message, error.problem.at);
    }
    return { kind: 'done', outcome: this.abandon('there is no verdict') };
  }

  /** The stack sent a packet at `now`. */
  observe(now: Micros, bytes: Uint8Array): void {
    const live = readPacket(bytes);
    this.#exchanged.push({ at: now - (this.#start ?? now), direction: 'out', bytes, text: live });
    if (live.kind === 'tcp' && live.flags.includes('R')) {
      const flow = this.#flows.of(live.ports);
      if (flow !== null) flow.mayRestart = true;
    }
    this.#queue.push({ number: this.#exchanged.length, time: now, live });
  }

  /** A call has returned at `now`. */
  returned(now: Micros, result: CallResult): void {
    const question = this.#questions.get(result.id);
    this.#questions.delete(result.id);
    question?.answer(result);
    const call = this.#calls.get(result.id);
    if (call === undefined || this.#outcome !== null) return;
    this.#calls.delete(result.id);
    if (this.#waitsFor === result.id) {
      this.#waitsFor = null;
      this.#index++;
    }
    this.#judgeResult(now, call, result);
  }

  /** The platform broke: nothing is said of the stack. */
  abandon(reason: string): ScriptOutcome {
    return this.#outcome ?? this.#end('inconclusive', reason, this.#here());
  }

  /** The stack under test threw, which no packet and no call may make it do. */
  crashed(message: string): ScriptOutcome {
    this.#fail(this.#here(), 'the stack to go on', `it threw: ${message}`, null);
    return this.abandon(message);
  }

  #prepare(): void {
    const missing = missingFeature(this.#options.script, this.#options.features);
    if (missing !== null) {
      this.#end('unsupported', `the stack under test has no ${missing.feature}`, missing.at);
      return;
    }
    const { init } = this.#options.script;
    if (init !== null) this.#configure(init);
    for (const { action } of this.#events) {
      if (action.kind !== 'shell') break;
      this.#configure(action.command);
    }
  }

  /** Apply a command's settings: the stack is not there yet. */
  #configure(command: Command): void {
    for (const meaning of this.#meanings(command)) {
      if (meaning.kind !== 'set') continue;
      const settings = settingsOf(meaning.name, meaning.value);
      if (settings === null) this.#ignored.push(`${meaning.name}=${meaning.value}`);
      else Object.assign(this.#settings, settings);
    }
  }

  #meanings(command: Command): readonly Meaning[] {
    const meanings = meaningOf(command.text);
    if (!('unsupported' in meanings)) return meanings;
    this.#end('unsupported', `the command '${meanings.unsupported}' has no meaning here`, command.at);
    return [];
  }

  /** A call that should have returned by now fails the script. @returns whether there was one */
  #overdue(now: Micros): boolean {
    for (const { end, issued, action, event } of this.#calls.values()) {
      // Equal is too late: everything that comes at `now` has been told.
      if (now < (end ?? issued) + this.#tolerance) continue;
      const by = end === null ? '' : ` by ${this.#seconds(end)}`;
      this.#fail(event.at, `${printAction(action)}${by}`, 'it has not returned', null);
      return true;
    }
    for (const { issued } of this.#questions.values()) {
      if (now < issued + this.#tolerance) continue;
      this.abandon('the system under test does not answer');
      return true;
    }
    return false;
  }

  #step(now: Micros): Step | null {
    const event = this.#events[this.#index];
    if (event === undefined) return this.#finish();
    if (this.#waitsFor !== null || this.#asked === 'waiting') return this.#pause(now + this.#tolerance);
    const { action } = event;
    if (action.kind === 'packet' && action.direction === 'out') return this.#expect(now, event, action);
    // One application makes the calls: the next waits for the last to return.
    const blocked = [...this.#calls.values()].some(({ end }) => end !== null);
    if (action.kind === 'call' && blocked) return this.#pause(Infinity);
    const scheduled = this.#scheduled(now, event);
    if (now < scheduled) return this.#pause(scheduled);
    if (action.kind === 'code' || action.kind === 'shell') return this.#ask(now, event, scheduled);
    this.#begin(event, now, scheduled);
    if (action.kind === 'call') return this.#call(now, event, action);
    this.#index++;
    return this.#inject(now, action);
  }

  /** Wait, but not past the end of a call that blocks. */
  #pause(until: Micros): Step {
    const ends = Array.from(this.#calls.values(), ({ end, issued }) => (end ?? issued) + this.#tolerance);
    return { kind: 'wait', until: Math.min(until, ...ends) };
  }

  /** When an event may begin. */
  #scheduled(now: Micros, { time }: ScriptEvent): Micros {
    const start = this.#start ?? now;
    switch (time.kind) {
      case 'absolute':
        return start + time.micros;
      case 'relative':
        return start + this.#base + time.micros;
      case 'absolute-range':
        return start + time.from;
      case 'relative-range':
        return start + this.#base + time.from;
      case 'any':
        return now;
    }
  }

  /** Times after this event count from its own time, or from when it came where the script leaves that open. */
  #begin({ time }: ScriptEvent, now: Micros, scheduled: Micros): void {
    const exact = time.kind === 'absolute' || time.kind === 'relative';
    this.#base = (exact ? scheduled : now) - (this.#start ?? now);
  }

  #inject(now: Micros, action: PacketAction): Step {
    const { body } = action;
    const opens = body.kind === 'tcp' && body.flags === 'S';
    const ports = body.kind === 'icmp' ? null : body.ports;
    const flow = this.#flows.injected(ports, opens);
    const bytes = writeInjected(action, flow, { from: this.remoteAddress, to: this.localAddress });
    if (body.kind === 'tcp') {
      if (body.flags.includes('R')) flow.mayRestart = true;
      if (opens && body.seq !== flow.synSeq) flow.mayRestart = true;
      if (opens) flow.synSeq = body.seq;
    }
    this.#exchanged.push({
      at: now - (this.#start ?? now),
      direction: 'in',
      bytes,
      text: printPacket(action),
    });
    return { kind: 'inject', bytes };
  }

  #call(now: Micros, event: ScriptEvent, action: CallAction): Step {
    const counted = event.time.kind === 'relative' ? this.#base - event.time.micros : 0;
    const end = action.until === null ? null : (this.#start ?? now) + counted + action.until;
    const prepared = this.#application.prepare(action);
    const id = ++this.#lastId;
    this.#calls.set(id, { event, action, prepared, issued: now, end });
    if (end === null) this.#waitsFor = id;
    else this.#index++;
    return { kind: 'call', id, name: prepared.name, args: prepared.args };
  }

  #judgeResult(now: Micros, { event, action, prepared, end }: PendingCall, result: CallResult): void {
    const wrong = prepared.complete(result);
    if (wrong !== null) {
      const lacking = 'errno' in result && (result.errno === 'ENOSYS' || result.errno === 'ENOPROTOOPT');
      if (lacking) this.#end('unsupported', `the stack under test has no ${printAction(action)}`, event.at);
      else this.#fail(event.at, printAction(action), wrong, null);
    } else if (end !== null && Math.abs(now - end) > this.#tolerance) {
      this.#fail(
        event.at,
        `${printAction(action)} at ${this.#seconds(end)}`,
        `it returned at ${this.#seconds(now)}`,
        null,
      );
    }
  }

  #expect(now: Micros, event: ScriptEvent, action: PacketAction): Step | null {
    const { time } = event;
    const scheduled = this.#scheduled(now, event);
    const start = this.#start ?? now;
    let latest = scheduled;
    if (time.kind === 'absolute-range') latest = start + time.to;
    else if (time.kind === 'relative-range') latest = start + this.#base + time.to;
    else if (time.kind === 'any') latest = start + this.#base + PATIENCE;
    const seen = this.#queue.shift();
    if (seen === undefined) {
      if (now < latest + this.#tolerance) {
        const { until } = this.#pause(latest + this.#tolerance) as { until: Micros };
        return { kind: 'expect', by: until };
      }
      this.#fail(event.at, printPacket(action), 'nothing was sent', null);
      return null;
    }
    if (!this.#matches(event, action, seen)) return null;
    const early = time.kind !== 'any' && seen.time < scheduled - this.#tolerance;
    if (early || seen.time > latest + this.#tolerance) {
      const text = `${this.#wordOf(seen.live)} at ${this.#seconds(seen.time)}`;
      const wanted = latest === scheduled ? '' : ` to ${this.#seconds(latest)}`;
      this.#fail(
        event.at,
        `${printPacket(action)} at ${this.#seconds(scheduled)}${wanted}`,
        text,
        seen.number,
      );
      return null;
    }
    this.#begin(event, seen.time, scheduled);
    this.#index++;
    return null;
  }

  #matches({ at }: ScriptEvent, action: PacketAction, { live, number }: Observed): boolean {
    const { body } = action;
    const fail = (what: string) => {
      this.#fail(at, printPacket(action), `${this.#wordOf(live)}${what}`, number);
      return false;
    };
    if (body.kind === 'icmp') {
      const same = live.kind === 'icmp' && live.type === 0 && body.type === 'echo_reply';
      return same && (body.id === null || body.id === live.id) ? true : fail('');
    }
    if (body.kind !== 'tcp' || live.kind !== 'tcp') return fail('');
    const flow = this.#flows.expected(body.ports);
    const addressed = live.from === this.localAddress && live.to === this.remoteAddress;
    if (flow === null || !flow.owns(live.ports) || !addressed) return fail(' of another connection');
    flow.learn(live, body.seq);
    this.#learnClock(flow, action, live);
    const tcp = flow.toScript(live);
    const comparison = comparePackets(this.#options.match, { ip: action.ip, tcp: body }, { live, tcp });
    for (const text of comparison.forgiven) this.#forgiven.push(`line ${at.line}: ${text}`);
    if (comparison.differences.length > 0) return fail(` (${comparison.differences.join(', ')})`);
    const octet = flow.written.differsAt(tcp.seq - 1, live.payload);
    return octet < 0 ? true : fail(` (octet ${octet} of its payload is not what was written)`);
  }

  /** The first timestamp of the stack says how its clock stands to the script's. */
  #learnClock(flow: Flow, action: PacketAction, live: LivePacket): void {
    if (flow.timestampOffset !== null || action.body.kind !== 'tcp' || live.kind !== 'tcp') return;
    const wanted = action.body.options?.find(({ kind }) => kind === 'TS');
    const got = live.options.find(({ kind }) => kind === 'TS');
    if (wanted?.kind !== 'TS' || got?.kind !== 'TS' || wanted.val === null || got.val === null) return;
    flow.timestampOffset = (got.val - wanted.val) >>> 0;
  }

  /** A code block, or a command, which may have questions to the stack before it can be judged. */
  #ask(now: Micros, event: ScriptEvent, scheduled: Micros): Step | null {
    if (this.#asked === 'answered') {
      this.#asked = 'no';
      this.#index++;
      return null;
    }
    this.#begin(event, now, scheduled);
    const { action } = event;
    if (action.kind === 'code') {
      const [descriptor] = this.#application.liveDescriptors;
      if (descriptor === undefined) {
        this.#judgeCode(event, action.text);
        this.#index++;
        return null;
      }
      return this.#question(now, 'getsockopt', [descriptor, 'SOL_TCP', 'TCP_INFO'], (result) => {
        const fields =
          'value' in result && Array.isArray(result.value) ? (result.value as readonly Value[]) : [];
        for (const field of fields) {
          const [name, value] = Array.isArray(field) ? (field as readonly Value[]) : [];
          if (typeof name === 'string' && typeof value === 'number') this.#names.set(name, value);
        }
        this.#judgeCode(event, action.text);
      });
    }
    return action.kind === 'shell' ? this.#run(now, event, action.command) : null;
  }

  #judgeCode({ at }: ScriptEvent, text: string): void {
    const outcome = runCode(text, this.#names);
    if (outcome.kind === 'ok') this.#printed.push(...outcome.printed);
    else if (outcome.kind === 'failed') this.#fail(at, outcome.assertion, outcome.message, null);
    else this.#end('unsupported', outcome.why, at);
  }

  #run(now: Micros, event: ScriptEvent, command: Command): Step | null {
    const before = this.#events.slice(0, this.#index);
    // Those that stand first were applied when the stack was made.
    const configured = before.every(({ action }) => action.kind === 'shell');
    for (const meaning of this.#meanings(command)) {
      switch (meaning.kind) {
        case 'set':
          if (configured) break;
          if (settingsOf(meaning.name, meaning.value) === null) {
            this.#ignored.push(`${meaning.name}=${meaning.value}`);
            break;
          }
          this.#end('unsupported', `${meaning.name} cannot change once the stack runs`, event.at);
          return null;
        case 'sleep':
          this.#base += meaning.micros;
          break;
        case 'count':
          return this.#question(now, 'connections', [], (result) =>
            this.#judgeCount(event, command, meaning, result),
          );
        case 'drop':
          return this.#drop(now, event);
      }
    }
    this.#index++;
    return null;
  }

  #judgeCount(
    { at }: ScriptEvent,
    { text: command }: Command,
    meaning: Extract<Meaning, { kind: 'count' }>,
    result: CallResult,
  ): void {
    if ('errno' in result || !Array.isArray(result.value)) {
      this.#end('unsupported', 'the stack under test lists no connections', at);
      return;
    }
    const { state, text, header, wanted, whole } = meaning;
    const lines = (result.value as readonly Value[]).filter((line) => {
      const [its, local, remote] = Array.isArray(line) ? (line as readonly Value[]) : [];
      return (
        (state === null || its === state) &&
        (text === null || `${String(local)} ${String(remote)}`.includes(text))
      );
    });
    const count = `${lines.length + header}`;
    if (whole ? count === wanted : count.includes(wanted)) return;
    this.#fail(at, `\`${command}\``, `the count is ${count}`, null);
  }

  #drop(now: Micros, { at }: ScriptEvent): Step | null {
    const [descriptor] = this.#application.liveDescriptors;
    if (descriptor === undefined) {
      this.#end('error', 'there is no connection to drop', at);
      return null;
    }
    return this.#question(now, 'drop', [descriptor], (result) => {
      if ('errno' in result) this.#end('unsupported', 'the stack under test cannot drop connections', at);
    });
  }

  #question(now: Micros, name: string, args: readonly Value[], answer: (result: CallResult) => void): Step {
    const id = ++this.#lastId;
    this.#asked = 'waiting';
    this.#questions.set(id, {
      issued: now,
      answer: (result) => {
        this.#asked = 'answered';
        answer(result);
      },
    });
    return { kind: 'call', id, name, args };
  }

  #finish(): Step | null {
    if (this.#calls.size > 0) return this.#pause(Infinity);
    const { cleanup } = this.#options.script;
    if (cleanup !== null) this.#meanings(cleanup);
    const [left] = this.#queue;
    if (left !== undefined && this.#options.strict && this.#outcome === null) {
      this.#fail(this.#here(), 'nothing more', this.#wordOf(left.live), left.number);
    }
    if (this.#outcome === null) this.#end('pass', 'everything came as the script says', null);
    return null;
  }

  #here(): Position {
    const event = this.#events[Math.min(this.#index, this.#events.length - 1)];
    return event?.at ?? { line: 1, column: 1 };
  }

  #seconds(time: Micros): string {
    return printSeconds(time - (this.#start ?? time));
  }

  /** A packet of the stack as a script would write it. */
  #wordOf(live: LivePacket): string {
    if (live.kind === 'icmp') return `> icmp type ${live.type} code ${live.code}`;
    if (live.kind === 'other') return `> ${live.text}`;
    const flow = this.#flows.of(live.ports);
    const ports = { source: live.ports.source, destination: live.ports.destination };
    const body = flow?.toScript(live) ?? {
      ...live,
      ports,
      length: live.payload.length,
      ack: live.flags.includes('.') ? live.ack : null,
      urg: live.urg === 0 ? null : live.urg,
    };
    return printPacket({ kind: 'packet', direction: 'out', ip: NO_IP_INFO, body });
  }

  #fail(at: Position, expected: string, actual: string, packet: number | null): void {
    if (this.#outcome !== null) return;
    this.#end('fail', `line ${at.line}: expected ${expected}; seen ${actual}`, at, {
      expected,
      actual,
      packet,
    });
  }

  #end(
    verdict: ScriptOutcome['verdict'],
    reason: string,
    at: Position | null,
    found: Partial<Pick<ScriptOutcome, 'expected' | 'actual' | 'packet'>> = {},
  ): ScriptOutcome {
    const packets = this.#exchanged.map(({ at: time, direction, bytes, text }): ExchangedPacket => {
      return { at: time, direction, bytes, text: typeof text === 'string' ? text : this.#wordOf(text) };
    });
    this.#outcome ??= {
      verdict,
      reason,
      at,
      expected: found.expected ?? null,
      actual: found.actual ?? null,
      packet: found.packet ?? null,
      forgiven: this.#forgiven,
      ignored: this.#ignored,
      printed: this.#printed,
      packets,
    };
    return this.#outcome;
  }
}
