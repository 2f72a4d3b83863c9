/**
 * Runs a script without doing anything: it says what is to be done next, and is told what came of it. Drivers bring
 * packets, calls and time; whether a script passes is decided here and nowhere else.
 */
import type { Micros } from '@tcblab/tcp';
import type { CallResult, Value } from '../sut/sut.ts';
import { Application, type PreparedCall } from './application.ts';
import { runCode, type CodeValue } from './code-block.ts';
import { countConnections } from './connection-count.ts';
import { FlowTable } from './flow-table.ts';
import { writeInjected } from './injected.ts';
import { gather, judgePacket, type PacketJudge } from './judge-packet.ts';
import type { MatchMode } from './match.ts';
import { missingFeature, type Feature } from './needs.ts';
import type { ScriptOutcome } from './outcome.ts';
import { printAction, printPacket, printSeconds } from './print-script.ts';
import { ScriptError } from './problem.ts';
import { settingsOf, type NamedSettings } from './profile.ts';
import { meaningOf, type Meaning } from './shell-command.ts';
import { stackSettings } from './stack-settings.ts';
import type { CallAction, Command, PacketAction, Position, Script, ScriptEvent } from './syntax.ts';
import { STATE_NUMBERS } from './tcp-states.ts';
import { Transcript } from './transcript.ts';
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
  readonly #judge: PacketJudge;
  readonly #transcript: Transcript;
  /** Settings of the stack, with what the script's commands ask for before its first packet or call. */
  readonly settings: NamedSettings;
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly mtu: number;

  #index = 0;
  #begun = false;
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
  readonly #names = new Map<string, CodeValue>();
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
    for (const [name, state] of Object.entries(STATE_NUMBERS)) this.#names.set(name, state);
    this.#transcript = new Transcript(this.#flows);
    const { localAddress, remoteAddress } = this;
    this.#judge = { mode: options.match, flows: this.#flows, localAddress, remoteAddress };
    const { settings, ignored, unsupported } = stackSettings(script, options.settings);
    this.settings = settings;
    this.#transcript.ignored.push(...ignored);
    const missing = missingFeature(script, options.features);
    if (missing !== null) this.#lacks(missing.feature, missing.at);
    else if (unsupported !== null) this.#meaningless(unsupported.command, unsupported.at);
  }

  next(now: Micros): Step {
    if (!this.#begun) this.#transcript.start = now;
    this.#begun = true;
    const late = now - this.#wake;
    if (late > this.#tolerance) this.abandon(`the driver came ${late} µs late`);
    this.#wake = Infinity;
    try {
      while (this.#transcript.outcome === null) {
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
    const question = this.#questions.get(result.id);
    this.#questions.delete(result.id);
    question?.answer(result);
    const call = this.#calls.get(result.id);
    if (call === undefined || this.#transcript.outcome !== null) return;
    this.#calls.delete(result.id);
    if (this.#waitsFor === result.id) {
      this.#waitsFor = null;
      this.#index++;
    }
    this.#judgeResult(now, call, result);
  }

  /** The platform broke: nothing is said of the stack. */
  abandon(reason: string): ScriptOutcome {
    return this.#transcript.outcome ?? this.#transcript.end('inconclusive', reason, this.#here());
  }

  /** The stack under test threw, which no packet and no call may make it do. */
  crashed(message: string): ScriptOutcome {
    this.#transcript.fail(this.#here(), 'the stack to go on', `it threw: ${message}`);
    return this.abandon(message);
  }

  #lacks(what: string, at: Position): void {
    this.#transcript.end('unsupported', `the stack under test has no ${what}`, at);
  }

  #meaningless(command: string, at: Position): void {
    this.#transcript.end('unsupported', `the command '${command}' has no meaning here`, at);
  }

  /** A call that should have returned by now fails the script. @returns whether there was one */
  #overdue(now: Micros): boolean {
    for (const { end, issued, action, event } of this.#calls.values()) {
      // Equal is too late: everything that comes at `now` has been told.
      if (now < (end ?? issued) + this.#tolerance) continue;
      const by = end === null ? '' : ` by ${this.#transcript.seconds(end)}`;
      this.#transcript.fail(event.at, `${printAction(action)}${by}`, 'it has not returned');
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
    if (this.#asked === 'answered') {
      this.#asked = 'no';
      this.#index++;
      return null;
    }
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
  #pause(until: Micros): Extract<Step, { kind: 'wait' }> {
    const ends = Array.from(this.#calls.values(), ({ end, issued }) => (end ?? issued) + this.#tolerance);
    return { kind: 'wait', until: Math.min(until, ...ends) };
  }

  /** When an event may begin. @throws ScriptError when that was before the event in front of it */
  #scheduled(now: Micros, { time, at }: ScriptEvent): Micros {
    const { start } = this.#transcript;
    switch (time.kind) {
      case 'relative':
        return start + this.#base + time.micros;
      case 'relative-range':
        return start + this.#base + time.from;
      case 'absolute-range':
        return start + time.from;
      case 'any':
        return now;
      case 'absolute':
        if (time.micros >= this.#base) return start + time.micros;
        throw new ScriptError(at, `at ${printSeconds(this.#base)} it is too late for this`);
    }
  }

  /** Times after this event count from its own time, or from when it came where the script leaves that open. */
  #begin({ time }: ScriptEvent, now: Micros, scheduled: Micros): void {
    const exact = time.kind === 'absolute' || time.kind === 'relative';
    this.#base = (exact ? scheduled : now) - this.#transcript.start;
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
    this.#transcript.injected(now, bytes, action);
    return { kind: 'inject', bytes };
  }

  #call(now: Micros, event: ScriptEvent, action: CallAction): Step {
    const counted = event.time.kind === 'relative' ? this.#base - event.time.micros : 0;
    const end = action.until === null ? null : this.#transcript.start + counted + action.until;
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
      if (lacking) this.#lacks(printAction(action), event.at);
      else this.#transcript.fail(event.at, printAction(action), wrong);
    } else if (end !== null && Math.abs(now - end) > this.#tolerance) {
      this.#transcript.fail(
        event.at,
        `${printAction(action)} at ${this.#transcript.seconds(end)}`,
        `it returned at ${this.#transcript.seconds(now)}`,
        null,
      );
    }
  }

  #expect(now: Micros, event: ScriptEvent, action: PacketAction): Step | null {
    const { time } = event;
    const scheduled = this.#scheduled(now, event);
    const { start } = this.#transcript;
    let latest = scheduled;
    if (time.kind === 'absolute-range') latest = start + time.to;
    else if (time.kind === 'relative-range') latest = start + this.#base + time.to;
    else if (time.kind === 'any') latest = start + this.#base + PATIENCE;
    const [seen] = this.#queue;
    if (seen === undefined) {
      if (now < latest + this.#tolerance)
        return { kind: 'expect', by: this.#pause(latest + this.#tolerance).until };
      this.#transcript.fail(event.at, printPacket(action), 'nothing was sent');
      return null;
    }
    const { count, live } = gather(
      this.#judge,
      action,
      this.#queue.map((one) => one.live),
    );
    const { number } = this.#queue.splice(0, count)[count - 1];
    const { wrong, forgiven } = judgePacket(this.#judge, action, live);
    const { line } = event.at;
    const transcript = this.#transcript;
    if (wrong !== null) {
      transcript.fail(event.at, printPacket(action), `${transcript.wordOf(live)}${wrong}`, number);
      return null;
    }
    transcript.forgiven.push(...forgiven.map((text) => `line ${line}: ${text}`));
    if (count > 1) transcript.forgiven.push(`line ${line}: ${count} segments instead of 1`);
    const early = time.kind !== 'any' && seen.time < scheduled - this.#tolerance;
    if (early || seen.time > latest + this.#tolerance) {
      const wanted = latest === scheduled ? '' : ` to ${transcript.seconds(latest)}`;
      const expected = `${printPacket(action)} at ${transcript.seconds(scheduled)}${wanted}`;
      transcript.fail(
        event.at,
        expected,
        `${transcript.wordOf(live)} at ${transcript.seconds(seen.time)}`,
        number,
      );
      return null;
    }
    this.#begin(event, seen.time, scheduled);
    this.#index++;
    return null;
  }

  /** A code block, or a command, which may have questions to the stack before it can be judged. */
  #ask(now: Micros, event: ScriptEvent, scheduled: Micros): Step | null {
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
    if (outcome.kind === 'ok') this.#transcript.printed.push(...outcome.printed);
    else if (outcome.kind === 'failed') this.#transcript.fail(at, outcome.assertion, outcome.message);
    else this.#transcript.end('unsupported', outcome.why, at);
  }

  #run(now: Micros, event: ScriptEvent, command: Command): Step | null {
    const before = this.#events.slice(0, this.#index);
    // Those that stand first were applied when the stack was made.
    const configured = before.every(({ action }) => action.kind === 'shell');
    const meanings = meaningOf(command.text);
    if ('unsupported' in meanings) {
      this.#meaningless(meanings.unsupported, command.at);
      return null;
    }
    for (const meaning of meanings) {
      switch (meaning.kind) {
        case 'set':
          if (configured) break;
          if (settingsOf(meaning.name, meaning.value) === null) {
            this.#transcript.ignored.push(`${meaning.name}=${meaning.value}`);
            break;
          }
          this.#transcript.end('unsupported', `${meaning.name} cannot change once the stack runs`, event.at);
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
      this.#transcript.end('unsupported', 'the stack under test lists no connections', at);
      return;
    }
    const { count, right } = countConnections(meaning, result.value as readonly Value[]);
    if (!right) this.#transcript.fail(at, `\`${command}\``, `the count is ${count}`);
  }

  #drop(now: Micros, { at }: ScriptEvent): Step | null {
    const [descriptor] = this.#application.liveDescriptors;
    if (descriptor === undefined) {
      this.#transcript.end('error', 'there is no connection to drop', at);
      return null;
    }
    return this.#question(now, 'drop', [descriptor], (result) => {
      if ('errno' in result)
        this.#transcript.end('unsupported', 'the stack under test cannot drop connections', at);
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
    const meanings = cleanup === null ? [] : meaningOf(cleanup.text);
    if (cleanup !== null && 'unsupported' in meanings) this.#meaningless(meanings.unsupported, cleanup.at);
    const [left] = this.#queue;
    if (left !== undefined && this.#options.strict && this.#transcript.outcome === null) {
      this.#transcript.fail(this.#here(), 'nothing more', this.#transcript.wordOf(left.live), left.number);
    }
    if (this.#transcript.outcome === null)
      this.#transcript.end('pass', 'everything came as the script says', null);
    return null;
  }

  #here(): Position {
    const event = this.#events[Math.min(this.#index, this.#events.length - 1)];
    return event?.at ?? { line: 1, column: 1 };
  }
}
