/** The script's calls that have not returned: which of them holds it up, and when each is late. */
import type { Micros } from '@tcblab/tcp';
import type { CallResult } from '../sut/sut.ts';
import type { PreparedCall } from './application.ts';
import { printAction } from './print-script.ts';
import type { CallAction, Position } from './syntax.ts';
import type { Transcript } from './transcript.ts';

export interface OpenCall {
  readonly at: Position;
  readonly action: CallAction;
  readonly prepared: PreparedCall;
  readonly issued: Micros;
  /** When it is to return; null = at once, and the script waits for it. */
  readonly end: Micros | null;
}

export class OpenCalls {
  readonly #transcript: Transcript;
  readonly #tolerance: Micros;
  readonly #calls = new Map<number, OpenCall>();

  constructor(transcript: Transcript, tolerance: Micros) {
    this.#transcript = transcript;
    this.#tolerance = tolerance;
  }

  get size(): number {
    return this.#calls.size;
  }

  /** The script goes on only when a call has returned. */
  get holdsUp(): boolean {
    return [...this.#calls.values()].some(({ end }) => end === null);
  }

  /** One application makes the calls: the next waits for the last to return. */
  get blocks(): boolean {
    return [...this.#calls.values()].some(({ end }) => end !== null);
  }

  /** When the first of them is late; Infinity = none is open. */
  get deadline(): Micros {
    return Math.min(...Array.from(this.#calls.values(), (call) => this.#latest(call)));
  }

  add(id: number, call: OpenCall): void {
    this.#calls.set(id, call);
  }

  /** @returns the call, judged; null when it was none of these */
  returned(now: Micros, result: CallResult): OpenCall | null {
    const call = this.#calls.get(result.id);
    if (call === undefined) return null;
    this.#calls.delete(result.id);
    this.#judge(now, call, result);
    return call;
  }

  /** A call that should have returned by now fails the script. @returns whether there was one */
  overdue(now: Micros): boolean {
    for (const call of this.#calls.values()) {
      // Equal is too late: everything that comes at `now` has been told.
      if (now < this.#latest(call)) continue;
      const by = call.end === null ? '' : ` by ${this.#transcript.seconds(call.end)}`;
      this.#transcript.fail(call.at, `${printAction(call.action)}${by}`, 'it has not returned');
      return true;
    }
    return false;
  }

  #latest({ end, issued }: OpenCall): Micros {
    return (end ?? issued) + this.#tolerance;
  }

  #judge(now: Micros, { at, action, prepared, end }: OpenCall, result: CallResult): void {
    const transcript = this.#transcript;
    const wrong = prepared.complete(result);
    if (wrong !== null) {
      const lacking = 'errno' in result && (result.errno === 'ENOSYS' || result.errno === 'ENOPROTOOPT');
      if (lacking) transcript.lacks(printAction(action), at);
      else transcript.fail(at, printAction(action), wrong);
    } else if (end !== null && Math.abs(now - end) > this.#tolerance) {
      const expected = `${printAction(action)} at ${transcript.seconds(end)}`;
      transcript.fail(at, expected, `it returned at ${transcript.seconds(now)}`);
    }
  }
}
