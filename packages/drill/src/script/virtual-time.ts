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
/** Steps after which a stack that never rests is given up. */
const MOST_STEPS = 1_000_000;

/** Yields what the system under test is told, takes its batches, and returns what the script came to. */
export function* inVirtualTime(executor: Executor): Generator<SutRequest, ScriptOutcome, Batch> {
  let now = BEGIN;
  let deadline: Micros = Infinity;
  const told = (batch: Batch) => {
    for (const packet of batch.packets) executor.observe(now, packet);
    for (const result of batch.results) executor.returned(now, result);
    ({ deadline } = batch);
  };
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const step = executor.next(now);
    if (step.kind === 'done') return step.outcome;
    if (step.kind === 'inject') told(yield { type: 'packet', now, bytes: step.bytes });
    else if (step.kind === 'call')
      told(yield { type: 'call', now, id: step.id, name: step.name, args: step.args });
    else {
      const until = step.kind === 'expect' ? step.by : step.until;
      if (until === Infinity && deadline === Infinity)
        return executor.abandon('nothing will ever happen again');
      now = Math.max(now, Math.min(until, deadline));
    }
    for (; deadline <= now && steps < MOST_STEPS; steps++) told(yield { type: 'advance', now });
  }
  return executor.abandon(`no end after ${MOST_STEPS} steps`);
}
