/** Round-trip time and the retransmission timeout made from it. @rfc 6298 */
import { MisuseError } from '../misuse-error.ts';
import type { Micros } from '../units.ts';
import type { Settings } from './settings.ts';

/** The estimate, in µs. */
export interface Rtt {
  readonly srtt: Micros;
  readonly rttvar: Micros;
}

/** RTT estimation: three pure functions. */
export interface RttPart {
  /** Fold one sample into the estimate; null = no sample yet. */
  addSample(rtt: Rtt | null, sample: Micros): Rtt;
  /** RTO from the estimate, within the settings' floor and ceiling. */
  timeout(rtt: Rtt | null, settings: Settings): Micros;
  /** RTO after the retransmission timer expired. */
  backOff(rto: Micros, settings: Settings): Micros;
}

/** The clock's granularity G: links with less jitter than this get no tighter timer. @rfc 6298 2.3 */
const GRANULARITY: Micros = 1_000;

/**
 * Fold one round-trip sample into the estimate.
 *
 * @param rtt the estimate so far; null before the first sample
 * @param sample time from send to acknowledgement; never from a retransmitted segment (Karn, §3)
 * @returns a new estimate; `rtt` is not changed
 * @throws MisuseError when `sample` is negative
 * @rfc 6298 2.2, 2.3, 2.3b; 9293 3.8.1 MUST-18
 */
export function addSample(rtt: Rtt | null, sample: Micros): Rtt {
  if (sample < 0) throw new MisuseError('rtt-sample-negative', `sample is ${sample} µs`);
  if (rtt === null) return { srtt: sample, rttvar: Math.round(sample / 2) };
  // RTTVAR first: §2.3 computes it from the SRTT of before this sample.
  const rttvar = Math.round(0.75 * rtt.rttvar + 0.25 * Math.abs(rtt.srtt - sample));
  const srtt = Math.round(0.875 * rtt.srtt + 0.125 * sample);
  return { srtt, rttvar };
}

/** RTO = SRTT + max(G, 4 RTTVAR), between floor and ceiling. @rfc 6298 2.1, 2.2, 2.4, 2.5, 4 */
export function timeout(rtt: Rtt | null, settings: Settings): Micros {
  if (rtt === null) return settings.initialRto;
  const rto = rtt.srtt + Math.max(GRANULARITY, 4 * rtt.rttvar);
  return Math.min(settings.maxRto, Math.max(settings.minRto, rto));
}

/** Twice the timeout, up to the ceiling. @rfc 6298 5.5; 9293 3.8.2 MUST-19 */
export function backOff(rto: Micros, settings: Settings): Micros {
  return Math.min(settings.maxRto, 2 * rto);
}

export const rtt: RttPart = { addSample, timeout, backOff };
