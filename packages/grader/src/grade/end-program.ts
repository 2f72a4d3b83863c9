/** One end's program of a scenario, made of socket calls that return later. What it reads is compared octet by octet. */
import {
  asDemanded,
  fillPattern,
  type Data,
  type EndReport,
  type EndStep,
  type Scenario,
  type ScenarioEnd,
  type StepOutcome,
  type StepReport,
} from '@tcblab/drill/scenario';
import type { CallResult, Value } from '@tcblab/drill/sut';
import type { Micros, Octets } from '@tcblab/tcp';

export type MakeCall = (now: Micros, id: number, name: string, args: readonly Value[]) => Promise<void>;

const CHUNK: Octets = 16_384;

export class EndProgram {
  over = false;
  readonly #end: ScenarioEnd;
  readonly #peer: string;
  readonly #call: MakeCall;
  readonly #results = new Map<number, CallResult>();
  readonly #steps: StepReport[] = [];
  #work: AsyncGenerator<undefined, StepOutcome> | null = null;
  #calls = 0;
  #now: Micros = 0;
  #octets: Octets = 0;
  #listener = -1;
  #socket = -1;
  #sent: Octets = 0;
  #received: Octets = 0;

  constructor(end: ScenarioEnd, peer: string, call: MakeCall) {
    this.#end = end;
    this.#peer = peer;
    this.#call = call;
  }

  returned(now: Micros, result: CallResult): void {
    this.#now = now;
    this.#results.set(result.id, result);
  }

  /** Go on as far as can be gone now. */
  async step(now: Micros): Promise<void> {
    this.#now = now;
    while (!this.over) {
      const step: EndStep | undefined = this.#end.steps[this.#steps.length - (this.#work === null ? 0 : 1)];
      if (step === undefined) {
        this.over = true;
        return;
      }
      if (this.#work === null) {
        this.#octets = 0;
        this.#steps.push({
          step: this.#steps.length,
          began: now,
          ended: null,
          outcome: { kind: 'waiting' },
          octets: 0,
        });
        this.#work = this.#perform(step);
      }
      const went = await this.#work.next();
      const last = this.#steps.length - 1;
      const report = { ...this.#steps[last], octets: this.#octets };
      if (went.done !== true) {
        this.#steps[last] = report;
        return;
      }
      this.#steps[last] = { ...report, ended: now, outcome: went.value };
      this.#work = null;
      if (!asDemanded(step, went.value)) this.over = true;
    }
  }

  report({ ends }: Scenario): EndReport {
    const { role, steps } = this.#end;
    const done =
      ends.includes(this.#end) &&
      this.#steps.length === steps.length &&
      this.#steps.every(({ step, outcome }) => asDemanded(steps[step], outcome));
    return { role, done, steps: this.#steps };
  }

  async *#perform({ call }: EndStep): AsyncGenerator<undefined, StepOutcome> {
    switch (call.name) {
      case 'listen':
        this.#listener = yield* this.#number('socket', ['AF_INET', 'SOCK_STREAM', 0]);
        yield* this.#number('bind', [this.#listener, '0.0.0.0', call.port]);
        return outcomeOf(yield* this.#ask('listen', [this.#listener, call.backlog ?? 8]));
      case 'accept': {
        const result = yield* this.#ask('accept', [this.#listener]);
        if (!('errno' in result) && Array.isArray(result.value)) this.#socket = Number(result.value[0]);
        return outcomeOf(result);
      }
      case 'open':
        this.#socket = yield* this.#number('socket', ['AF_INET', 'SOCK_STREAM', 0]);
        return outcomeOf(yield* this.#ask('connect', [this.#socket, this.#peer, call.port]));
      case 'send':
        return yield* this.#send(call.data);
      case 'receive':
        return yield* this.#receive(call.data);
      case 'receive-end': {
        const result = yield* this.#ask('read', [this.#socket, CHUNK]);
        if (!('errno' in result) && lengthOf(result.value) > 0) return { kind: 'not-ended' };
        return outcomeOf(result);
      }
      case 'close':
        return outcomeOf(yield* this.#ask('shutdown', [this.#socket, 'SHUT_WR']));
      case 'release':
        return outcomeOf(yield* this.#ask('close', [this.#socket]));
      case 'abort':
      case 'wait':
      case 'wait-state':
        throw new TypeError(`a transfer that is graded has no step "${call.name}"`);
    }
  }

  async *#send(data: Data): AsyncGenerator<undefined, StepOutcome> {
    const bytes = bytesOf(data, this.#sent);
    for (let done = 0; done < bytes.length;) {
      const result = yield* this.#ask('write', [this.#socket, bytes.subarray(done, done + CHUNK)]);
      if ('errno' in result) return outcomeOf(result);
      const taken = Number(result.value);
      // It may claim anything; only what the peer gets counts.
      if (!(taken > 0 && taken <= CHUNK)) return { kind: 'error', errno: 'EIO' };
      done += taken;
      this.#octets = done;
    }
    this.#sent += bytes.length;
    return { kind: 'done' };
  }

  async *#receive(data: Data): AsyncGenerator<undefined, StepOutcome> {
    const wanted = bytesOf(data, this.#received);
    for (let done = 0; done < wanted.length;) {
      const room = Math.min(CHUNK, wanted.length - done);
      const result = yield* this.#ask('read', [this.#socket, room]);
      if ('errno' in result) return outcomeOf(result);
      const { value } = result;
      if (!(value instanceof Uint8Array) || value.length > room) return { kind: 'error', errno: 'EIO' };
      if (value.length === 0) return { kind: 'ended-early', missing: wanted.length - done };
      for (let i = 0; i < value.length; i++) {
        const expected = wanted[done + i];
        if (value[i] !== expected)
          return { kind: 'wrong-octet', at: this.#received + done + i, expected, seen: value[i] };
      }
      done += value.length;
      this.#octets = done;
    }
    this.#received += wanted.length;
    return { kind: 'done' };
  }

  async *#number(name: string, args: readonly Value[]): AsyncGenerator<undefined, number> {
    const result = yield* this.#ask(name, args);
    return 'errno' in result ? -1 : Number(result.value);
  }

  /** Make a call, and wait until it has returned. */
  async *#ask(name: string, args: readonly Value[]): AsyncGenerator<undefined, CallResult> {
    const id = ++this.#calls;
    await this.#call(this.#now, id, name, args);
    for (;;) {
      const result = this.#results.get(id);
      if (result !== undefined) {
        this.#results.delete(id);
        return result;
      }
      yield;
    }
  }
}

function bytesOf(data: Data, from: Octets): Uint8Array {
  if ('text' in data) return new TextEncoder().encode(data.text);
  const bytes = new Uint8Array(data.octets);
  fillPattern(bytes, 0, bytes.length, from);
  return bytes;
}

function outcomeOf(result: CallResult): StepOutcome {
  return 'errno' in result ? { kind: 'error', errno: result.errno } : { kind: 'done' };
}

function lengthOf(value: Value): number {
  return value instanceof Uint8Array ? value.length : 1;
}
