/** Congestion control: how much may be in flight. NewReno. Sizes are octets. */
import type { Congestion } from 'tcblab';

/** @param initialWindow 0 = by the formula @rfc 5681 3.1 */
export function create(smss: number, initialWindow: number): Congestion {
  // TODO: ssthresh begins as high as you like.
  throw new Error('create is not written yet');
}

/** New data was acknowledged outside recovery; `flight` was outstanding before. @rfc 5681 3.1 */
export function acknowledged(congestion: Congestion, acked: number, flight: number, smss: number): void {
  // TODO: slow start below ssthresh, congestion avoidance above.
  throw new Error('acknowledged is not written yet');
}

/** The third duplicate ACK. @rfc 5681 3.2 */
export function enterRecovery(congestion: Congestion, flight: number, smss: number): void {
  // TODO
  throw new Error('enterRecovery is not written yet');
}

/** One more duplicate ACK in recovery. @rfc 5681 3.2 */
export function duplicate(congestion: Congestion, smss: number): void {
  // TODO
  throw new Error('duplicate is not written yet');
}

/** An ACK in recovery that leaves part of the lost flight unacknowledged. @rfc 6582 3.2 */
export function partialAck(congestion: Congestion, acked: number, smss: number): void {
  // TODO
  throw new Error('partialAck is not written yet');
}

/** All that was outstanding when recovery began is acknowledged; `flight` is outstanding now. @rfc 6582 3.2 */
export function exitRecovery(congestion: Congestion, flight: number, smss: number): void {
  // TODO
  throw new Error('exitRecovery is not written yet');
}

/** The retransmission timer expired; `first` = for the first time for these octets. @rfc 5681 3.1 */
export function timeout(congestion: Congestion, flight: number, smss: number, first: boolean): void {
  // TODO
  throw new Error('timeout is not written yet');
}
