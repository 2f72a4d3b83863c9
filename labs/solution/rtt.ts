/** Lab 07: the round-trip time, and the timeout made from it. @rfc 6298 2 */
import type { RtoLimits, Rtt } from 'tcblab';

/** G, the clock's granularity. */
const GRANULARITY = 1_000;

export function addSample(rtt: Rtt | null, sample: number): Rtt {
  if (rtt === null) return { srtt: sample, rttvar: Math.round(sample / 2) };
  // RTTVAR first: it uses the SRTT of before this sample.
  return {
    rttvar: Math.round(0.75 * rtt.rttvar + 0.25 * Math.abs(rtt.srtt - sample)),
    srtt: Math.round(0.875 * rtt.srtt + 0.125 * sample),
  };
}

export function timeout(rtt: Rtt | null, { initialRto, minRto, maxRto }: RtoLimits): number {
  if (rtt === null) return initialRto;
  const rto = rtt.srtt + Math.max(GRANULARITY, 4 * rtt.rttvar);
  return Math.min(maxRto, Math.max(minRto, rto));
}

export function backOff(rto: number, { maxRto }: RtoLimits): number {
  return Math.min(maxRto, 2 * rto);
}
