/** Frames that come in batches, as from a ring that is looked at now and then. */
import type { FrameEndpoint } from '../sim/index.ts';

/** A stack that is given frames in batches, and asked for its own only after each. */
export class Gathering implements FrameEndpoint {
  readonly #stack: FrameEndpoint;
  readonly #time: number;
  readonly #frames: Uint8Array[] = [];
  #due = Infinity;

  constructor(stack: FrameEndpoint, time: number) {
    this.#stack = stack;
    this.#time = time;
  }

  get maxFrame(): number {
    return this.#stack.maxFrame;
  }

  onFrame(now: number, bytes: Uint8Array, start: number, end: number): void {
    this.#frames.push(bytes.slice(start, end));
    this.#due = Math.min(this.#due, now + this.#time);
  }

  pollTransmit(now: number, into: Uint8Array, start: number): number {
    return this.#stack.pollTransmit(now, into, start);
  }

  pollTimeout(): number {
    return Math.min(this.#due, this.#stack.pollTimeout());
  }

  onTimeout(now: number): void {
    if (this.#due <= now) {
      this.#due = Infinity;
      for (const frame of this.#frames.splice(0)) this.#stack.onFrame(now, frame, 0, frame.length);
    }
    this.#stack.onTimeout(now);
  }
}
