/** Two stacks, a bad wire and two programs that do as a plan says: the same plan gives the same frames. */
import { createNetwork, createRandom } from '../sim/index.ts';
import type { PartialParts } from '../tcb/parts.ts';
import { Gathering } from './gathering.ts';
import type { WorldPlan } from './plan.ts';
import { Program } from './program.ts';
import { Promises } from './promises.ts';
import { CLEAN, Router } from './router.ts';

export interface WorldOutcome {
  /** What went wrong; empty = nothing. */
  readonly broken: readonly string[];
  /** A number that every frame, its time and its order have a part in. */
  readonly fingerprint: number;
  readonly frames: number;
  readonly ended: string;
}

/** A program whose peer was to leave at any moment, and may have left in silence, leaves as late as this. */
const PATIENCE = 10_000_000_000;
const LIMIT = 20_000_000_000;
/** Of the run's purposes, these. */
const ROUTERS = 0x526f;

/**
 * Let the plan happen.
 *
 * @param parts what both ends have in place of the reference's
 */
export function runWorld(plan: WorldPlan, parts: PartialParts = {}): WorldOutcome {
  const broken: string[] = [];
  let fingerprint = 0;
  let frames = 0;
  const promises = [new Promises(), new Promises()];
  const network = createNetwork({
    seed: plan.seed,
    latency: 1000,
    tap: {
      frame(host, _index, now, direction, bytes, start, end) {
        fingerprint = Math.imul(fingerprint ^ now ^ host, 0x9e3779b1) >>> 0;
        for (let i = start; i < end; i++) fingerprint = Math.imul(fingerprint ^ bytes[i], 0x01000193) >>> 0;
        if (direction === 'in') return;
        frames++;
      },
    },
  });
  const programs = plan.ends.map(
    (end, i) =>
      new Program(end, {
        parts,
        crossing: plan.crossing,
        ipv6: plan.ipv6 ?? false,
        number: i,
        patience: isOrderly(plan) ? Infinity : PATIENCE,
      }),
  );
  for (const [i, program] of programs.entries()) {
    const { stack, plan: end } = program;
    const host = end.gather > 0 ? new Gathering(stack, end.gather) : stack;
    const random = createRandom(plan.seed, ROUTERS + i);
    const endpoint = new Router(host, end.route ?? CLEAN, random, (frame) => {
      if (program.connection !== null) promises[i].sent(program.connection, frame, promises[1 - i], broken);
    });
    network.add({ stack: endpoint, application: program, impairment: end.impairment });
  }
  let ended = 'by an exception';
  try {
    ended = network.run({
      limit: LIMIT,
      steps: 2_000_000,
      until() {
        for (const program of programs) program.look(broken);
        return broken.length > 0;
      },
    }).ended;
  } catch (error) {
    broken.push(`throws ${String(error)}`);
  }
  if (broken.length === 0) judge(plan, programs, ended, broken);
  return { broken, fingerprint, frames, ended: `${ended} at ${network.now}` };
}

function judge(plan: WorldPlan, programs: readonly Program[], ended: string, broken: string[]): void {
  if (ended !== 'quiet') broken.push(`the network never rests: ${ended}`);
  const orderly = isOrderly(plan);
  for (const [i, program] of programs.entries()) {
    const { connection } = program;
    if (connection === null) {
      if (orderly) broken.push(`end ${i} was never opened`);
      continue;
    }
    if (connection.state !== 'CLOSED') broken.push(`end ${i} hangs in ${connection.state}`);
    if (!orderly) continue;
    const expected = programs[1 - i].plan.total;
    if (connection.error !== null) broken.push(`end ${i} failed: ${connection.error.code}`);
    if (program.received !== expected) broken.push(`end ${i} has ${program.received} of ${expected} octets`);
  }
}

/** Whether both ends close after their last octet. */
function isOrderly({ ends }: WorldPlan): boolean {
  return ends.every(({ end }) => end === 'close' || end === 'wait');
}
