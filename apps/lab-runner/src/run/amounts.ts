/** Amounts as a person types them: a share such as `2%`, a time such as `20ms`, a seed. */
import type { Micros } from '@tcblab/tcp';
import { wrongUse } from '../problem.ts';

/**
 * A share of frames: `0.02` or `2%`.
 *
 * @returns 0 to 1
 * @throws Problem when it is no number, or no share
 */
export function parseShare(option: string, text: string): number {
  const match = /^(\d+(?:\.\d*)?|\.\d+)(%?)$/.exec(text.trim());
  if (match === null) {
    throw wrongUse(
      `${option} is a share of the frames; "${text}" is none.`,
      `Write ${option} 2% or ${option} 0.02.`,
    );
  }
  const share = Number(match[1]) / (match[2] === '%' ? 100 : 1);
  if (share > 1) {
    const meant = match[2] === '%' ? 'at most 100%' : `between 0 and 1. Did you mean ${option} ${match[1]}%?`;
    throw wrongUse(`${option} ${text} is impossible: it is a share of the frames.`, `Give a value ${meant}`);
  }
  return share;
}

const MICROS_IN = { us: 1, µs: 1, ms: 1_000, s: 1_000_000 } as const;
const LONGEST: Micros = 60_000_000;

/**
 * A length of time with its unit: `250us`, `20ms`, `1.5s`; at most 60 s.
 *
 * @throws Problem when the unit is missing or the time is out of bounds
 */
export function parseDuration(option: string, text: string): Micros {
  const match = /^(\d+(?:\.\d*)?|\.\d+)\s*(us|µs|ms|s)?$/.exec(text.trim());
  if (match === null) {
    throw wrongUse(
      `${option} is a length of time; "${text}" is none.`,
      `Write ${option} 20ms; units are us, ms and s.`,
    );
  }
  if (match[2] === undefined && Number(match[1]) !== 0) {
    throw wrongUse(
      `${option} ${text} has no unit.`,
      `Write ${option} ${match[1]}ms or ${option} ${match[1]}s.`,
    );
  }
  const unit = (match[2] ?? 'us') as keyof typeof MICROS_IN;
  const micros = Math.round(Number(match[1]) * MICROS_IN[unit]);
  if (micros > LONGEST) {
    throw wrongUse(
      `${option} ${text} is longer than 60 s, so no connection would open.`,
      `Give at most ${option} 60s.`,
    );
  }
  return micros;
}

/**
 * A seed: an unsigned 32-bit number, decimal or 0x….
 *
 * @throws Problem when it is not one
 */
export function parseSeed(text: string): number {
  const seed = /^(\d{1,10}|0x[0-9a-f]{1,8})$/i.test(text) ? Number(text) : NaN;
  if (!(seed <= 0xffff_ffff)) {
    throw wrongUse(
      `--seed "${text}" is not a whole number from 0 to 4294967295.`,
      'Copy the seed that a run printed.',
    );
  }
  return seed;
}
