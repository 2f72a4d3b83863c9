/** Congestion control whose window grows with time, not with round trips: CUBIC. @rfc 9438 */
import type { Micros, Octets } from '../units.ts';
import { LARGEST_WINDOW, type Congestion, type CongestionPart, newReno } from './congestion.ts';

/** How steeply the window grows, in segments per second cubed. @rfc 9438 5.1 */
const C = 0.4;
/** What is left of the window after a loss. @rfc 9438 4.6 */
const BETA = 0.7;
/** Segments a round trip by which a window that loses as often, yet keeps BETA of itself, equals Reno's. @rfc 9438 4.3 */
const ALPHA = (3 * (1 - BETA)) / (1 + BETA);

const SECOND: Micros = 1_000_000;

interface Cubic extends Congestion {
  /** Where the last loss was, in octets; 0 = none yet, or the timer has forgotten it. @rfc 9438 4.1.2 */
  wMax: Octets;
  /** cwnd before the last reduction. @rfc 9438 4.1.2 */
  cwndPrior: Octets;
  /** When this congestion avoidance began, pauses of the application left out; -1 = it has not. */
  epochStart: Micros;
  /** When ACKs last found the window in use. */
  lastUse: Micros;
  /** Seconds from `epochStart` until the window is `wMax` again. @rfc 9438 4.2 */
  k: number;
  /** The window that Reno would have, in octets. @rfc 9438 4.3 */
  wEst: number;
  /** Octets by which cwnd is to grow, and that are no whole octet yet. */
  rest: number;
}

function create(smss: Octets, window: Octets): Cubic {
  const { cwnd, ssthresh } = newReno.create(smss, window);
  return { cwnd, ssthresh, wMax: 0, cwndPrior: cwnd, epochStart: -1, lastUse: -1, k: 0, wEst: 0, rest: 0 };
}

/** Slow start below ssthresh, as NewReno; above it the larger of the cubic curve and Reno's line. @rfc 9438 4.2, 4.2-target, 4.3, 4.10 */
function acknowledged(
  congestion: Congestion,
  acked: Octets,
  flight: Octets,
  smss: Octets,
  now: Micros,
  srtt: Micros,
): void {
  const cubic = congestion as Cubic;
  if (cubic.cwnd < cubic.ssthresh) {
    cubic.epochStart = -1;
    return newReno.acknowledged(cubic, acked, flight, smss, now, srtt);
  }
  if (flight + smss < cubic.cwnd) {
    // The curve stands still while the application has nothing to send. RFC 9438 §4.2.
    if (cubic.epochStart >= 0 && cubic.lastUse >= 0) cubic.epochStart += now - cubic.lastUse;
    cubic.lastUse = now;
    return;
  }
  cubic.lastUse = now;
  if (cubic.epochStart < 0) begin(cubic, now, smss);
  const alpha = cubic.wEst >= cubic.cwndPrior ? 1 : ALPHA;
  cubic.wEst = Math.min(LARGEST_WINDOW, cubic.wEst + (alpha * acked * smss) / cubic.cwnd);
  const t = (now - cubic.epochStart) / SECOND;
  if (curve(cubic, t, smss) < cubic.wEst) {
    // The Reno-friendly region.
    cubic.cwnd = Math.max(cubic.cwnd, Math.floor(cubic.wEst));
    return;
  }
  const target = Math.min(1.5 * cubic.cwnd, Math.max(cubic.cwnd, curve(cubic, t + srtt / SECOND, smss)));
  cubic.rest += ((target - cubic.cwnd) / cubic.cwnd) * acked;
  const whole = Math.floor(cubic.rest);
  cubic.rest -= whole;
  cubic.cwnd = Math.min(LARGEST_WINDOW, cubic.cwnd + whole);
}

/** W_cubic(t) in octets. @rfc 9438 4.2 figure 1 */
function curve({ k, wMax }: Cubic, t: number, smss: Octets): number {
  return C * (t - k) ** 3 * smss + wMax;
}

/** A new congestion avoidance begins with this window. @rfc 9438 4.2, 4.3, 4.8, 4.10 */
function begin(cubic: Cubic, now: Micros, smss: Octets): void {
  cubic.epochStart = now;
  cubic.wEst = cubic.cwnd;
  cubic.rest = 0;
  if (cubic.wMax <= cubic.cwnd) {
    cubic.wMax = cubic.cwnd;
    cubic.k = 0;
  } else cubic.k = Math.cbrt((cubic.wMax - cubic.cwnd) / smss / C);
}

/** @rfc 9438 4.6, 4.7, 4.8 */
function enterRecovery(congestion: Congestion, flight: Octets, smss: Octets): void {
  const cubic = congestion as Cubic;
  reduce(cubic, flight, smss);
  // Where the losses come earlier than the last time, others want their share: leave more than was lost.
  cubic.wMax = cubic.cwndPrior < cubic.wMax ? (cubic.cwndPrior * (1 + BETA)) / 2 : cubic.cwndPrior;
  cubic.cwnd = cubic.ssthresh + 3 * smss;
}

/** One segment, as Reno, with CUBIC's ssthresh; the curve then begins flat, where slow start ends. @rfc 9438 4.8 */
function timeout(congestion: Congestion, flight: Octets, smss: Octets, first: boolean): void {
  const cubic = congestion as Cubic;
  if (first) reduce(cubic, flight, smss);
  cubic.wMax = 0;
  cubic.epochStart = -1;
  cubic.cwnd = smss;
}

function reduce(cubic: Cubic, flight: Octets, smss: Octets): void {
  cubic.cwndPrior = cubic.cwnd;
  cubic.ssthresh = Math.max(Math.round(flight * BETA), 2 * smss);
  cubic.epochStart = -1;
}

/** Inside a recovery, RFC 9438 leaves everything as it is. @rfc 9438 4.6; 9293 3.8.2 MAY-18 */
export const cubic: CongestionPart = { ...newReno, create, acknowledged, enterRecovery, timeout };
