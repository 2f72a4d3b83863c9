/** Drives a script in real time: packets over a wire, calls to whatever is under test, and the machine's clock. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Executor, ScriptOutcome } from '@tcblab/drill/script';
import type { Micros } from '@tcblab/tcp';
import { systemClock } from '../clock.ts';
import type { PacketEnd } from './packet-end.ts';
import type { Listener, UnderTest } from './under-test.ts';

export interface WireRun {
  readonly executor: Executor;
  /** The script's own end of the wire. */
  readonly peer: PacketEnd;
  readonly create: (listener: Listener) => UnderTest | Promise<UnderTest>;
  readonly signal: AbortSignal;
}

/** Timers of the event loop count in ms and come late; the last of them is waited for by looking at the clock. */
const LOOKING: Micros = 1500;
/** How late a turn may be at least before anything is excused by it, however small the tolerance. */
const LEAST_STALL: Micros = 1000;

/** Run one script. @returns its outcome; `inconclusive` when `signal` ended it */
export async function runOnWire({ executor, peer, create, signal }: WireRun): Promise<ScriptOutcome> {
  const turns = new Turns(executor, signal);
  const underTest = await create({
    onResult(result) {
      executor.returned(systemClock.now(), result);
      turns.wake();
    },
    onLate: (by) => turns.late(by),
    onBroken: () => turns.wake(),
  });
  void peer.onReadable(() => turns.wake());
  try {
    for (;;) {
      underTest.turn();
      for (const { time, bytes } of peer.receive()) {
        turns.late(systemClock.now() - time);
        executor.observe(time, bytes);
      }
      if (signal.aborted) return executor.abandon('it was interrupted');
      if (underTest.broken !== null) return executor.crashed(underTest.broken);
      const now = systemClock.now();
      const step = executor.next(now);
      switch (step.kind) {
        case 'done':
          return step.outcome;
        case 'inject':
          peer.send(step.bytes);
          turns.late(systemClock.now() - now);
          break;
        case 'call':
          underTest.call(step.id, step.name, step.args);
          break;
        case 'expect':
        case 'wait':
          await turns.next(Math.min(step.kind === 'expect' ? step.by : step.until, underTest.deadline));
      }
    }
  } finally {
    await underTest.close();
  }
}

/** Waits for the next thing to happen, and notices when this process could not run meanwhile. */
class Turns {
  readonly #executor: Executor;
  readonly #stall: Micros;
  #awake = false;
  #wake: () => void = () => {};

  constructor(executor: Executor, signal: AbortSignal) {
    this.#executor = executor;
    this.#stall = Math.max(executor.tolerance, LEAST_STALL);
    signal.addEventListener('abort', () => this.wake(), { once: true });
  }

  wake(): void {
    this.#awake = true;
    this.#wake();
  }

  /** Something was done so much later than it should have been; a few of these use the tolerance up. */
  late(by: Micros): void {
    if (by > Math.max(this.#stall / 4, LEAST_STALL))
      this.#executor.excuse(`this machine kept the script waiting for ${(by / 1000).toFixed(1)} ms`);
  }

  /** Until something happens, or `until` has come. */
  async next(until: Micros): Promise<void> {
    while (!this.#awake) {
      const now = systemClock.now();
      if (now >= until) break;
      if (until - now <= LOOKING) await new Promise((resolve) => setImmediate(resolve));
      else await this.#nap(now, Math.min(until - LOOKING, now + this.#stall));
    }
    this.#awake = false;
  }

  /** Short naps, so that a machine that lets us oversleep is found out. */
  async #nap(now: Micros, until: Micros): Promise<void> {
    const length = Math.max(1, Math.floor((until - now) / 1000));
    const over = new AbortController();
    const woken = new Promise<void>((resolve) => (this.#wake = resolve));
    const slept = sleep(length, undefined, { signal: over.signal }).catch(() => {});
    await Promise.race([woken, slept]);
    over.abort();
    // A timer is up to a millisecond late by its nature.
    this.late(systemClock.now() - now - (length + 1) * 1000);
  }
}
