/** The round-trip time, and the timeout made from it. All times are whole microseconds. */
import type { RtoLimits, Rtt } from 'tcblab';

/** Fold one sample into the estimate; null = it is the first. @returns a new estimate @rfc 6298 2.2, 2.3 */
export function addSample(rtt: Rtt | null, sample: number): Rtt {
  // TODO
  throw new Error('addSample is not written yet');
}

/** RTO from the estimate, between floor and ceiling. The clock's granularity G is 1 ms. @rfc 6298 2.1 to 2.5 */
export function timeout(rtt: Rtt | null, limits: RtoLimits): number {
  // TODO
  throw new Error('timeout is not written yet');
}

/** RTO after the timer expired. @rfc 6298 5.5 */
export function backOff(rto: number, limits: RtoLimits): number {
  // TODO
  throw new Error('backOff is not written yet');
}
