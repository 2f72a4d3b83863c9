/**
 * Runs one end's program of a scenario over an `EndPort`. Sans-I/O: no clock, no promise, no callback. World steps it in
 * virtual time, an agent in real time over our stack or over kernel sockets; both drive it alike:
 *
 * ```
 * const driver = createEndDriver({ end, port, peer });
 * driver.prepare(now);      // passive opens; then a barrier between the two ends
 * driver.start(now);        // the run's time begins to count, now
 * while (!driver.over) {
 *   const wake = driver.step(now);   // tries what can be tried; never blocks
 *   …wait for a frame, for readiness, or until `wake`, whichever comes first…
 * }
 * driver.report();          // at any time, also after a limit or a crash
 * driver.dispose(now);      // lets go of what is still open
 * ```
 *
 * A program that is through lets go of its connections at once, as the end of a process does. One that went wrong keeps
 * them until `dispose`, so that nothing of its own making is added to the capture.
 */
import { MisuseError } from '@tcblab/tcp';
import type { Micros, Octets } from '@tcblab/tcp';
import type { EndListener, EndPort, EndSocket } from './end-port.ts';
import type { EndReport, StepOutcome, StepReport } from './evidence.ts';
import { fillPattern, findStranger, patternOctet } from './pattern.ts';
import type { Data, EndStep, ScenarioEnd } from './scenario.ts';

export interface EndDriverOptions {
  readonly end: ScenarioEnd;
  readonly port: EndPort;
  /** Address of the other end. */
  readonly peer: string;
}

export interface EndDriver {
  /** Perform the passive opens that stand first in the program, so that nobody is refused because of a race at the start. */
  prepare(now: Micros): void;
  /** Both ends are prepared: the program's times count from `now`. */
  start(now: Micros): void;
  /**
   * Do all that can be done now.
   *
   * @returns when to call again even if nothing happens; Infinity when only the TCP can make a difference
   */
  step(now: Micros): Micros;
  /** The program is through, or a step ended otherwise than the scenario demands and nothing more will be tried. */
  readonly over: boolean;
  report(): EndReport;
  /** The program is gone: release every connection and listener, as the end of a process does. */
  dispose(now: Micros): void;
}

export function createEndDriver(options: EndDriverOptions): EndDriver {
  return new ProgramDriver(options);
}

const CHUNK: Octets = 65_536;
const DONE: StepOutcome = { kind: 'done' };
const WAITING: StepOutcome = { kind: 'waiting' };

/** A connection of the program, with how far each of its streams has come. */
interface Open {
  readonly name: string;
  readonly socket: EndSocket;
  sent: Octets;
  received: Octets;
  released: boolean;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

class ProgramDriver implements EndDriver {
  over = false;
  readonly #end: ScenarioEnd;
  readonly #port: EndPort;
  readonly #peer: string;
  /** Every connection of the program; of two with one name the later counts. */
  readonly #open: Open[] = [];
  readonly #buffer = new Uint8Array(CHUNK);
  readonly #steps: Writable<StepReport>[] = [];
  #listener: EndListener | null = null;
  #index = 0;
  #begun = false;
  /** The running step was tried before. */
  #tried = false;
  #startedAt: Micros | null = null;
  #done = false;
  /** Bytes of the running `send` or `receive` that are already through. */
  #through: Octets = 0;
  #text: Uint8Array | null = null;
  /** Bytes made and not yet taken: ready[readyFrom, readyTo). */
  #ready: Uint8Array = new Uint8Array(0);
  #readyFrom = 0;
  #readyTo = 0;

  constructor(options: EndDriverOptions) {
    this.#end = options.end;
    this.#port = options.port;
    this.#peer = options.peer;
  }

  prepare(now: Micros): void {
    while (!this.over && this.#end.steps[this.#index]?.call.name === 'listen') {
      this.#begin(now);
      this.#attempt(now);
    }
  }

  start(now: Micros): void {
    this.#startedAt = now;
  }

  step(now: Micros): Micros {
    if (this.#startedAt === null) throw new MisuseError('not-started', 'call start(now) before step(now)');
    while (!this.over) {
      const step = this.#end.steps[this.#index];
      if (step === undefined) {
        this.over = true;
        this.#done = true;
        this.dispose(now);
        break;
      }
      if (!this.#begun) {
        const due = this.#startedAt + (step.at ?? 0);
        if (now < due) return due;
        this.#begin(now);
      }
      if (!this.#attempt(now)) {
        return step.call.name === 'wait'
          ? this.#steps[this.#steps.length - 1].began + step.call.time
          : Infinity;
      }
    }
    return Infinity;
  }

  report(): EndReport {
    return { role: this.#end.role, done: this.#done, steps: this.#steps.map((step) => ({ ...step })) };
  }

  dispose(now: Micros): void {
    this.over = true;
    for (const open of this.#open) {
      if (!open.released) open.socket.release(now);
      open.released = true;
    }
    this.#listener?.close(now);
    this.#listener = null;
  }

  #begin(now: Micros): void {
    this.#begun = true;
    this.#tried = false;
    this.#through = 0;
    this.#readyFrom = this.#readyTo = 0;
    this.#steps.push({ step: this.#index, began: now, ended: null, outcome: WAITING, octets: 0 });
    const { call } = this.#end.steps[this.#index];
    this.#text =
      (call.name === 'send' || call.name === 'receive') && 'text' in call.data ? ascii(call.data.text) : null;
  }

  /** @returns whether the step is over */
  #attempt(now: Micros): boolean {
    const step = this.#end.steps[this.#index];
    const report = this.#steps[this.#steps.length - 1];
    const outcome = this.#perform(now, step);
    this.#tried = true;
    report.octets = this.#through;
    if (outcome === WAITING) return false;
    report.outcome = outcome;
    report.ended = now;
    if (asDemanded(step, outcome)) {
      this.#index++;
      this.#begun = false;
    } else {
      this.over = true;
    }
    return true;
  }

  #perform(now: Micros, step: EndStep): StepOutcome {
    const { call } = step;
    switch (call.name) {
      case 'listen': {
        const { port, backlog } = call;
        this.#listener = this.#port.listen(now, backlog === undefined ? { port } : { port, backlog });
        return this.#listener.error === null ? DONE : { kind: 'error', errno: this.#listener.error };
      }
      case 'accept': {
        if (this.#listener === null) return { kind: 'error', errno: 'EINVAL' };
        if (this.#listener.error !== null) return { kind: 'error', errno: this.#listener.error };
        const socket = this.#listener.accept(now);
        if (socket === null) return WAITING;
        this.#keep(step.on, socket);
        return DONE;
      }
      case 'open': {
        const { port, localPort } = call;
        const to = { address: this.#peer, port };
        // The first try of a step makes the connection; the later ones look how it goes.
        const open = this.#tried
          ? this.#named(step.on)
          : this.#keep(step.on, this.#port.open(now, localPort === undefined ? to : { ...to, localPort }));
        if (open === null) return { kind: 'error', errno: 'ENOTCONN' };
        // In this order: a port that must ask for the state learns of the error by asking.
        if (open.socket.connecting) return WAITING;
        return open.socket.error === null ? DONE : { kind: 'error', errno: open.socket.error };
      }
      case 'wait':
        return now - this.#steps[this.#steps.length - 1].began >= call.time ? DONE : WAITING;
      default:
        break;
    }
    const open = this.#named(step.on);
    if (open === null) return { kind: 'error', errno: 'ENOTCONN' };
    switch (call.name) {
      case 'wait-state': {
        // An implementation that does not tell its state cannot be waited for; the packets are judged all the same.
        const state = open.socket.state();
        return state === null || state === call.state ? DONE : WAITING;
      }
      case 'send':
        return this.#send(now, open, call.data);
      case 'receive':
        return this.#receive(now, open, call.data);
      case 'receive-end':
        return this.#receiveEnd(now, open);
      case 'close':
        open.socket.close(now);
        return DONE;
      case 'release':
      case 'abort':
        if (call.name === 'abort') open.socket.abort(now);
        else open.socket.release(now);
        open.released = true;
        return DONE;
    }
  }

  #keep(name: string, socket: EndSocket): Open {
    const open: Open = { name, socket, sent: 0, received: 0, released: false };
    this.#open.push(open);
    return open;
  }

  #named(name: string): Open | null {
    return this.#open.findLast((open) => open.name === name) ?? null;
  }

  #send(now: Micros, open: Open, data: Data): StepOutcome {
    const total = octetsOf(data);
    while (this.#through < total) {
      // A socket takes what it has room for; what it left stands ready for the next time.
      if (this.#readyFrom === this.#readyTo) this.#prepare(total - this.#through, open.sent);
      const taken = open.socket.send(now, this.#ready, this.#readyFrom, this.#readyTo);
      if (taken === 0) return waitingUnlessFailed(open);
      this.#readyFrom += taken;
      this.#through += taken;
      open.sent += taken;
    }
    return DONE;
  }

  /** Make the next bytes to send. */
  #prepare(left: Octets, position: Octets): void {
    this.#readyFrom = 0;
    if (this.#text !== null) {
      this.#ready = this.#text;
      this.#readyTo = this.#text.length;
      return;
    }
    if (this.#ready.length < CHUNK) this.#ready = new Uint8Array(CHUNK);
    this.#readyTo = Math.min(CHUNK, left);
    fillPattern(this.#ready, 0, this.#readyTo, position);
  }

  #receive(now: Micros, open: Open, data: Data): StepOutcome {
    const total = octetsOf(data);
    while (this.#through < total) {
      const length = Math.min(CHUNK, total - this.#through);
      const count = open.socket.receive(now, this.#buffer, 0, length);
      if (count === 0) return waitingUnlessFailed(open);
      if (count < 0) return { kind: 'ended-early', missing: total - this.#through };
      const strange = this.#findStranger(count, open.received);
      if (strange >= 0) {
        const expected =
          this.#text === null ? patternOctet(open.received + strange) : this.#text[this.#through + strange];
        return { kind: 'wrong-octet', at: open.received + strange, expected, seen: this.#buffer[strange] };
      }
      this.#through += count;
      open.received += count;
    }
    return DONE;
  }

  #findStranger(count: number, position: Octets): number {
    if (this.#text === null) return findStranger(this.#buffer, 0, count, position);
    for (let i = 0; i < count; i++) if (this.#buffer[i] !== this.#text[this.#through + i]) return i;
    return -1;
  }

  #receiveEnd(now: Micros, open: Open): StepOutcome {
    const count = open.socket.receive(now, this.#buffer, 0, 1);
    if (count < 0) return DONE;
    return count > 0 ? { kind: 'not-ended' } : waitingUnlessFailed(open);
  }
}

/** Whether a finished step ended as its author wrote it. */
export function asDemanded(step: EndStep, outcome: StepOutcome): boolean {
  if (step.fails === undefined) return outcome.kind === 'done';
  return outcome.kind === 'error' && outcome.errno === step.fails;
}

function waitingUnlessFailed(open: Open): StepOutcome {
  return open.socket.error === null ? WAITING : { kind: 'error', errno: open.socket.error };
}

function octetsOf(data: Data): Octets {
  return 'text' in data ? data.text.length : data.octets;
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
