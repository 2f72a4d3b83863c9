/** `soak`: random worlds, one after the other, until the time is over or one of them breaks. */
import { randomInt } from 'node:crypto';
import { planOf, runWorld } from '@tcblab/tcp/soak';
import { wrongUse } from '../problem.ts';
import type { Surroundings } from '../program.ts';
import { createProgress } from '../terminal/progress.ts';

export interface SoakOptions {
  readonly seconds: string;
  readonly worlds?: string;
  readonly seed?: string;
  readonly json?: boolean;
}

/** A world in which something is wrong. */
interface Broken {
  readonly seed: number;
  readonly broken: readonly string[];
  readonly ended: string;
  /** The command that lets it happen again. */
  readonly again: string;
}

interface SoakResult {
  readonly version: 1;
  /** Of the first world; each has the number after the one before. */
  readonly seed: number;
  readonly worlds: number;
  readonly frames: number;
  readonly seconds: number;
  /** The most that this process had in use after a world. */
  readonly peakMiB: number;
  readonly failure: Broken | null;
}

const MOST_SECONDS = 86_400;
const MOST_SEED = 0xffff_ffff;
const MIB = 1_048_576;

/** @returns 0 when every world held, 1 when one did not, 130 when it was interrupted before that */
export async function soak(around: Surroundings, options: SoakOptions): Promise<number> {
  const seconds = count('--seconds', options.seconds, MOST_SECONDS);
  const most = options.worlds === undefined ? Infinity : count('--worlds', options.worlds, MOST_SEED);
  const seed =
    options.seed === undefined ? randomInt(MOST_SEED) : count('--seed', options.seed, MOST_SEED, 0);
  const progress = createProgress(around.err, []);
  const step = progress.start(`random worlds from seed ${seed}`);
  const began = performance.now();
  const elapsed = (): number => (performance.now() - began) / 1000;
  let worlds = 0;
  let frames = 0;
  let peak = 0;
  let failure: Broken | null = null;
  let told = 0;
  try {
    while (failure === null && worlds < most && elapsed() < seconds && !around.signal.aborted) {
      const one = (seed + worlds) % (MOST_SEED + 1);
      const { broken, ended, frames: sent } = runWorld(planOf(one));
      worlds++;
      frames += sent;
      peak = Math.max(peak, process.memoryUsage().heapUsed);
      if (broken.length > 0) {
        failure = { seed: one, broken, ended, again: `./tcblab soak --seed ${one} --worlds 1` };
      }
      if (elapsed() - told < 0.25) continue;
      told = elapsed();
      step.note(`${worlds} worlds, ${frames} frames, ${Math.round(told)} of ${seconds} s`);
      // A turn for Ctrl-C.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const sum = `${worlds} worlds, ${frames} frames, ${elapsed().toFixed(1)} s`;
    if (failure === null) step.ok(sum);
    else step.fail(`world ${failure.seed} broke, after ${sum}`);
  } finally {
    progress.close();
  }
  const result: SoakResult = {
    version: 1,
    seed,
    worlds,
    frames,
    seconds: Number(elapsed().toFixed(3)),
    peakMiB: Math.ceil(peak / MIB),
    failure,
  };
  const { stream, style } = around.out;
  stream.write(
    options.json === true ? `${JSON.stringify(result, null, 2)}\n` : formatSoak(result, style.bold),
  );
  if (failure !== null) return 1;
  return around.signal.aborted ? 130 : 0;
}

function formatSoak(
  { seed, worlds, frames, seconds, peakMiB, failure }: SoakResult,
  bold: (text: string) => string,
): string {
  if (failure === null) {
    return `${bold('clean')}: ${worlds} worlds from seed ${seed}, ${frames} frames, ${seconds.toFixed(1)} s, at most ${peakMiB} MiB in use\n`;
  }
  const [first, ...more] = failure.broken;
  const rest = more.length > 0 ? `, and ${more.length} more` : '';
  return `${bold(`world ${failure.seed} broke`)}: ${first}${rest} (${failure.ended})\n  again: ${failure.again}\n`;
}

function count(option: string, text: string, most: number, least = 1): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw wrongUse(`${option} is ${least} to ${most}, not ${text}.`, `Leave ${option} out for the usual.`);
  }
  return value;
}
