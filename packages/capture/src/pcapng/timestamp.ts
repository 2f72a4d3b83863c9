/** Times of a capture, whatever the resolution they were written in. */
import type { Micros } from '@tcblab/tcp';

/** A moment on a host's clock: whole microseconds, and nanoseconds 0 to 999 beyond them. */
export interface CaptureTime {
  readonly micros: Micros;
  readonly nanos: number;
}

/** How an interface counts time. */
export interface TimeScale {
  /** A power of ten, or of two with the top bit set: 9 is nanoseconds. */
  readonly timeResolution: number;
  /** Seconds that were added to each time. */
  readonly timeOffset: number;
}

const TWO_32 = 0x1_0000_0000;

/**
 * The moment that a timestamp means.
 *
 * @param high upper 32 bits of the count of ticks
 * @param low lower 32 bits
 */
export function timeOf(high: number, low: number, { timeResolution, timeOffset }: TimeScale): CaptureTime {
  const offset = timeOffset * 1e6;
  if (timeResolution === 9) {
    const rest = (high % 1000) * TWO_32 + low;
    return {
      micros: Math.floor(high / 1000) * TWO_32 + Math.floor(rest / 1000) + offset,
      nanos: rest % 1000,
    };
  }
  if (timeResolution === 6) return { micros: high * TWO_32 + low + offset, nanos: 0 };
  const ticks = (BigInt(high) << 32n) | BigInt(low);
  const exponent = BigInt(timeResolution & 0x7f);
  const perSecond = (timeResolution & 0x80) === 0 ? 10n ** exponent : 1n << exponent;
  const nanoseconds = (ticks * 1_000_000_000n) / perSecond;
  return { micros: Number(nanoseconds / 1000n) + offset, nanos: Number(nanoseconds % 1000n) };
}
