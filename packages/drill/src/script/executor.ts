/**
 * Runs a script without doing anything: it says what is to be done next, and is told what came of it. Drivers bring
 * packets, calls and time; whether a script passes is decided here and nowhere else.
 */
import type { Micros } from '@tcblab/tcp';
import type { CallResult, Value } from '../sut/sut.ts';
import { Application } from './application.ts';
import { EventTimes } from './event-time.ts';
import { FlowTable } from './flow-table.ts';
import { writeInjected } from './injected.ts';
import { Inquirer, type Configuration, type Inquiry } from './inquiry.ts';
import { gather, judgePacket, type PacketJudge } from './judge-packet.ts';
import type { MatchMode } from './match.ts';
import { missingFeature, type Feature } from './needs.ts';
import { OpenCalls } from './open-calls.ts';
import type { ScriptOutcome } from './outcome.ts';
import { printPacket } from './print-script.ts';
import { ScriptError } from './problem.ts';
import type { NamedSettings } from './profile.ts';
import { meaningOf } from './shell-command.ts';
import { scriptAddresses } from './script-addresses.ts';
import { stackSettings } from './stack-settings.ts';
import type {
  CallAction,
  CodeAction,
  PacketAction,
  Position,
  Script,
  ScriptEvent,
  ShellAction,
} from './syntax.ts';
import { Transcript } from './transcript.ts';
import { readPacket, type LivePacket } from './wire-packet.ts';

export interface ExecutorOptions {
  readonly script: Script;
  readonly match: MatchMode;
  /** Before what the script's own commands set. */
  readonly settings: NamedSettings;
  /** Who carries out what the script's commands set; `before` unless told. */
  readonly configuration?: Configuration;
  /** What the stack under test has beyond plain TCP. */
  readonly features: ReadonlySet<Feature>;
  /** What is sent and not expected by the script's end fails it; packetdrill lets that pass. */
  readonly strict: boolean;
  /** How far times may be off when the script does not say. */
  readonly tolerance: Micros;
  /** The version of IP to play the script over; the script's own unless told. */
  readonly ipVersion?: 4 | 6 | undefined;
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

const DEFAULT_PORT = 8080;

interface Observed {
  readonly number: number;
  readonly time: Micros;
  readonly live: LivePacket;
}

/** A code block or command under way. */
interface Asking {
  readonly inquiry: Inquiry;
  readonly issued: Micros;
  readonly id: number;
  /** Null while it has not come. */
  answer: CallResult | null;
}

export class Executor {
  readonly #script: Script;
  readonly #strict: boolean;
  readonly #events: readonly ScriptEvent[];
  readonly #tolerance: Micros;
  readonly #flows: FlowTable;
  readonly #application: Application;
  readonly #judge: PacketJudge;
  readonly #transcript: Transcript;
  readonly #calls: OpenCalls;
  readonly #inquirer: Inquirer;
  /** Settings of the stack, with what the script's commands ask for before its first packet or call. */
  readonly settings: NamedSettings;
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly ipVersion: 4 | 6;
  readonly mtu: number;

  #index = 0;
  #begun = false;
  readonly #times = new EventTimes();
  /** When the driver was last told to come back, and whether by a packet at the latest. */
  #wake: { readonly by: Micros; readonly step: 'expect' | 'wait' } | null = null;
  #lastId = 0;
  #asking: Asking | null = null;
  readonly #queue: Observed[] = [];

  constructor(options: ExecutorOptions) {
    const { script, configuration = 'before' } = options;
    this.#script = script;
    this.#strict = options.strict;
    const option = (name: string) => script.options.findLast((one) => one.name === name)?.value ?? null;
    const number = (name: string, otherwise: number) => Number(option(name) ?? otherwise);
    this.#events = configuration === 'before' ? script.events : withInit(script);
    this.#tolerance = number('tolerance_usecs', options.tolerance);
    const addresses = scriptAddresses(script.options, options.ipVersion);
    const { local: localAddress, remote: remoteAddress } = addresses;
    this.localAddress = localAddress;
    this.remoteAddress = remoteAddress;
    this.ipVersion = addresses.version;
    this.mtu = addresses.mtu;
    const bound = number('bind_port', number('local_port', DEFAULT_PORT));
    // Each of our sides begins near the ring's end, so that numbers go round it.
    this.#flows = new FlowTable(bound, (index) => (0xffff_fc00 + index * 0x0100_0000) >>> 0);
    const connectPort = number('connect_port', DEFAULT_PORT);
    this.#application = new Application(this.#flows, { localAddress, remoteAddress, connectPort });
    this.#transcript = new Transcript(this.#flows);
    this.#calls = new OpenCalls(this.#transcript, this.#tolerance);
    this.#inquirer = new Inquirer(this.#transcript, configuration);
    this.#judge = { mode: options.match, flows: this.#flows, localAddress, remoteAddress };
    const { settings, ignored, unsupported } = stackSettings(script, options.settings);
    this.settings = settings;
    if (configuration === 'before') this.#transcript.ignored.push(...ignored);
    const missing = missingFeature(script, options.features);
    if (missing !== null) this.#transcript.lacks(missing.feature, missing.at);
    else if (unsupported !== null) this.#transcript.meaningless(unsupported.command, unsupported.at);
  }

  /** How far times may be off. */
  get tolerance(): Micros {
    return this.#tolerance;
  }

  /** What the script's first injected SYN tells of segment sizes, in octets; null = nothing. */
  get peerSegment(): number | null {
    for (const { action } of this.#events) {
      if (action.kind !== 'packet' || action.direction !== 'in' || action.body.kind !== 'tcp') continue;
      if (!action.body.flags.includes('S')) continue;
      const mss = action.body.options?.find(({ kind }) => kind === 'mss');
      return mss?.kind === 'mss' && typeof mss.value === 'number' ? mss.value : null;
    }
    return null;
  }

  next(now: Micros): Step {
    if (!this.#begun) this.#transcript.start = this.#times.start = now;
    this.#begun = true;
    const late = now - (this.#wake?.by ?? Infinity);
    if (late > this.#tolerance) {
      const what = `the driver came ${late} µs late`;
      // What has come has its own time, and can be judged by it; what is to be done at a time cannot be done later.
      if (this.#wake?.step === 'expect') this.excuse(what);
      else this.abandon(what);
    }
    this.#wake = null;
    try {
      while (this.#transcript.outcome === null) {
        const step = this.#step(now);
        if (step === null) continue;
        if (step.kind === 'expect' || step.kind === 'wait') {
          // With something to do, what is due at this very moment may still come of it.
          if (this.#overdue(now)) continue;
          this.#wake = { by: step.kind === 'expect' ? step.by : step.until, step: step.kind };
        }
        return step;
      }
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      this.#transcript.end('error', error.problem.message, error.problem.at);
    }
    return { kind: 'done', outcome: this.abandon('there is no verdict') };
  }

  /** The stack sent a packet at `now`. */
  observe(now: Micros, bytes: Uint8Array): void {
    const live = readPacket(bytes);
    if (live.kind === 'tcp' && live.flags.includes('R')) {
      const flow = this.#flows.of(live.ports);
      if (flow !== null) flow.mayRestart = true;
    }
    this.#queue.push({ number: this.#transcript.observed(now, bytes, live), time: now, live });
  }

  /** A call has returned at `now`. */
  returned(now: Micros, result: CallResult): void {
    if (this.#transcript.outcome !== null) return;
    if (this.#asking?.id === result.id) this.#asking.answer = result;
    else if (this.#calls.returned(now, result)?.end === null) this.#index++;
  }

  /** The platform broke: nothing is said of the stack. */
  abandon(reason: string): ScriptOutcome {
    return this.#transcript.outcome ?? this.#transcript.end('inconclusive', reason, this.#here());
  }

  /** The platform was not there when it should have been: a failure from now on may be its own, and says nothing. */
  excuse(reason: string): void {
    this.#transcript.excuse ??= reason;
  }

  /** The stack under test threw, which no packet and no call may make it do. */
  crashed(message: string): ScriptOutcome {
    this.#transcript.fail(this.#here(), 'the stack to go on', `it threw: ${message}`);
    return this.abandon(message);
  }

  /** The stack under test goes on for ever, and the script cannot. @param timers that expired beside the `packets` */
  neverRests(now: Micros, packets: number, timers: number): ScriptOutcome {
    const [first] = this.#queue;
    const last = this.#queue.at(-1);
    const said = last === undefined ? '' : `, the last of them ${this.#transcript.wordOf(last.live)}`;
    const counts = `${packets} packets and ${timers} timers since the script's last event`;
    const actual = `no end of it at ${this.#transcript.seconds(now)}: ${counts}${said}`;
    this.#transcript.fail(this.#here(), 'the stack to rest', actual, first?.number);
    return this.abandon('the stack never rests');
  }

  /** A call or an answer that should be there by now ends the script. @returns whether there was one */
  #overdue(now: Micros): boolean {
    if (this.#calls.overdue(now)) return true;
    if (this.#asking === null || now < this.#asking.issued + this.#tolerance) return false;
    this.abandon('the system under test does not answer');
    return true;
  }

  #step(now: Micros): Step | null {
    const event = this.#events[this.#index];
    if (event === undefined) return this.#finish();
    if (this.#asking !== null) {
      const { answer, inquiry } = this.#asking;
      return answer === null ? this.#pause(now + this.#tolerance) : this.#ask(now, inquiry, answer);
    }
    if (this.#calls.holdsUp) return this.#pause(now + this.#tolerance);
    const { action } = event;
    if (action.kind === 'packet' && action.direction === 'out') return this.#expect(now, event, action);
    if (action.kind === 'call' && this.#calls.blocks) return this.#pause(Infinity);
    const earliest = this.#times.earliest(now, event);
    if (now < earliest) return this.#pause(earliest);
    this.#times.begin(event, now, earliest);
    switch (action.kind) {
      case 'code':
      case 'shell':
        return this.#ask(now, this.#inquiry(action), null);
      case 'call':
        return this.#call(now, event, action);
      case 'packet':
        this.#index++;
        return this.#inject(now, action);
    }
  }

  /** Wait, but not past the end of a call that blocks. */
  #pause(until: Micros): Extract<Step, { kind: 'wait' }> {
    return { kind: 'wait', until: Math.min(until, this.#calls.deadline) };
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
      if (body.flags.includes('U')) flow.urgentOctet = body.seq + (body.urg ?? 0) - 1;
    }
    this.#transcript.injected(now, bytes, action);
    return { kind: 'inject', bytes };
  }

  #call(now: Micros, event: ScriptEvent, action: CallAction): Step {
    const end = this.#times.end(event, action);
    const prepared = this.#application.prepare(action);
    const id = ++this.#lastId;
    this.#calls.add(id, { at: event.at, action, prepared, issued: now, end });
    if (end !== null) this.#index++;
    return { kind: 'call', id, name: prepared.name, args: prepared.args };
  }

  #inquiry(action: CodeAction | ShellAction): Inquiry {
    const [descriptor] = this.#application.liveDescriptors;
    if (action.kind === 'code') return this.#inquirer.code(action, descriptor);
    // Those that stand first were applied when the stack was made.
    const before = this.#events.slice(0, this.#index);
    const configured = before.every((event) => event.action.kind === 'shell');
    return this.#inquirer.command(action.command, configured, descriptor);
  }

  /** Go on with a code block or command. @param answer to its last question; null = it has asked none */
  #ask(now: Micros, inquiry: Inquiry, answer: CallResult | null): Step | null {
    this.#asking = null;
    // What is given to a generator's first step goes nowhere.
    const { done, value } = answer === null ? inquiry.next() : inquiry.next(answer);
    if (done === true) {
      this.#times.sleep(value);
      this.#index++;
      return null;
    }
    const id = ++this.#lastId;
    this.#asking = { inquiry, issued: now, id, answer: null };
    return { kind: 'call', id, name: value.name, args: value.args };
  }

  #expect(now: Micros, event: ScriptEvent, action: PacketAction): Step | null {
    const earliest = this.#times.earliest(now, event);
    const latest = this.#times.latest(event, earliest);
    const transcript = this.#transcript;
    const { at } = event;
    const [seen] = this.#queue;
    if (seen === undefined) {
      if (now < latest + this.#tolerance)
        return { kind: 'expect', by: this.#pause(latest + this.#tolerance).until };
      transcript.fail(at, printPacket(action), 'nothing was sent');
      return null;
    }
    const { count, live } = gather(
      this.#judge,
      action,
      this.#queue.map((one) => one.live),
    );
    const { number } = this.#queue.splice(0, count)[count - 1];
    const { wrong, forgiven } = judgePacket(this.#judge, action, live);
    if (wrong !== null) {
      transcript.fail(at, printPacket(action), `${transcript.wordOf(live)}${wrong}`, number);
      return null;
    }
    transcript.forgiven.push(...forgiven.map((text) => `line ${at.line}: ${text}`));
    if (count > 1) transcript.forgiven.push(`line ${at.line}: ${count} segments instead of 1`);
    const early = event.time.kind !== 'any' && seen.time < earliest - this.#tolerance;
    if (early || seen.time > latest + this.#tolerance) {
      const wanted = latest === earliest ? '' : ` to ${transcript.seconds(latest)}`;
      const expected = `${printPacket(action)} at ${transcript.seconds(earliest)}${wanted}`;
      const actual = `${transcript.wordOf(live)} at ${transcript.seconds(seen.time)}`;
      transcript.fail(at, expected, actual, number);
      return null;
    }
    this.#times.begin(event, seen.time, earliest);
    this.#index++;
    return null;
  }

  #finish(): Step | null {
    if (this.#calls.size > 0) return this.#pause(Infinity);
    const { cleanup } = this.#script;
    const meanings = cleanup === null ? [] : meaningOf(cleanup.text);
    const transcript = this.#transcript;
    if (cleanup !== null && 'unsupported' in meanings)
      transcript.meaningless(meanings.unsupported, cleanup.at);
    const [left] = this.#queue;
    if (left !== undefined && this.#strict)
      transcript.fail(this.#here(), 'nothing more', transcript.wordOf(left.live), left.number);
    transcript.end('pass', 'everything came as the script says', null);
    return null;
  }

  #here(): Position {
    const event = this.#events[Math.min(this.#index, this.#events.length - 1)];
    return event?.at ?? { line: 1, column: 1 };
  }
}

/** The init command as the first event. */
function withInit({ init, events }: Script): readonly ScriptEvent[] {
  if (init === null) return events;
  const first: ScriptEvent = {
    at: init.at,
    time: { kind: 'relative', micros: 0 },
    action: { kind: 'shell', command: init },
  };
  return [first, ...events];
}
