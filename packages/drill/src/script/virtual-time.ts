/** Drives a script in virtual time: nothing waits, and the same script gives the same outcome, always. */
import type { Micros } from '@tcblab/tcp';
import type { Batch, Value } from '../sut/sut.ts';
import type { Executor } from './executor.ts';
import type { ScriptOutcome } from './outcome.ts';

/** What the system under test is told next; each is answered by a batch. */
export type SutRequest =
  | { readonly type: 'packet'; readonly now: Micros; readonly bytes: Uint8Array }
  | {
      readonly type: 'call';
      readonly now: Micros;
      readonly id: number;
      readonly name: string;
      readonly args: readonly Value[];
    }
  | { readonly type: 'advance'; readonly now: Micros };

/** When the script begins on the stack's clock; not 0, so that nothing mistakes "no time" for it. */
const BEGIN: Micros = 1_000_000;
/** What a stack does by itself between two events of a script, in packets and timers; a right one does far less. */
const MOST_UNASKED = 20_000;

/**
 * Yields what the system under test is told, takes its batches, and returns what the script came to. A system that never
 * rests has failed.
 */
export function* inVirtualTime(executor: Executor): Generator<SutRequest, ScriptOutcome, Batch> {
  let now = BEGIN;
  let deadline: Micros = Infinity;
  let packets = 0;
  let timers = 0;
  const told = (batch: Batch) => {
    for (const packet of batch.packets) executor.observe(now, packet);
    for (const result of batch.results) executor.returned(now, result);
    packets += batch.packets.length;
    ({ deadline } = batch);
  };
  for (;;) {
    const step = executor.next(now);
    if (step.kind === 'done') return step.outcome;
    if (step.kind === 'inject' || step.kind === 'call') {
      packets = timers = 0;
      told(
        yield step.kind === 'inject'
          ? { type: 'packet', now, bytes: step.bytes }
          : { type: 'call', now, id: step.id, name: step.name, args: step.args },
      );
    } else {
      const until = step.kind === 'expect' ? step.by : step.until;
      // Compared so that a deadline which is no number counts as none.
      const next = deadline < until ? deadline : until;
      if (next === Infinity) return executor.abandon('nothing will ever happen again');
      now = Math.max(now, next);
    }
    for (; deadline <= now; timers++) {
      if (packets + timers > MOST_UNASKED) return executor.neverRests(now, packets, timers);
      told(yield { type: 'advance', now });
    }
  }
}
