/** Lab 10: congestion control, NewReno. @rfc 5681, 6582 */
import type { Congestion } from 'tcblab';

interface NewReno extends Congestion {
  /** Octets acknowledged in congestion avoidance since cwnd last grew. */
  acked: number;
}

/** As good as infinite, and safe to add to. */
const LARGEST = 2 ** 30;

export function create(smss: number, initialWindow: number): NewReno {
  return { cwnd: initialWindow > 0 ? initialWindow : firstWindow(smss), ssthresh: LARGEST, acked: 0 };
}

/** @rfc 5681 3.1 */
function firstWindow(smss: number): number {
  if (smss > 2190) return 2 * smss;
  return smss > 1095 ? 3 * smss : 4 * smss;
}

export function acknowledged(congestion: NewReno, acked: number, flight: number, smss: number): void {
  if (congestion.cwnd < congestion.ssthresh) {
    // Slow start; a window that was not used has not been tried.
    if (2 * flight >= congestion.cwnd) congestion.cwnd += Math.min(acked, smss);
    return;
  }
  if (flight + smss < congestion.cwnd) return;
  congestion.acked += acked;
  if (congestion.acked < congestion.cwnd) return;
  congestion.acked -= congestion.cwnd;
  congestion.cwnd += smss;
}

export function enterRecovery(congestion: NewReno, flight: number, smss: number): void {
  congestion.ssthresh = Math.max(Math.floor(flight / 2), 2 * smss);
  congestion.cwnd = congestion.ssthresh + 3 * smss;
}

export function duplicate(congestion: NewReno, smss: number): void {
  congestion.cwnd += smss;
}

export function partialAck(congestion: NewReno, acked: number, smss: number): void {
  congestion.cwnd = Math.max(smss, congestion.cwnd - acked + (acked >= smss ? smss : 0));
}

export function exitRecovery(congestion: NewReno, flight: number, smss: number): void {
  congestion.cwnd = Math.min(congestion.ssthresh, Math.max(flight, smss) + smss);
  congestion.acked = 0;
}

export function timeout(congestion: NewReno, flight: number, smss: number, first: boolean): void {
  // What is lost again was halved for already.
  if (first) congestion.ssthresh = Math.max(Math.floor(flight / 2), 2 * smss);
  congestion.cwnd = smss;
  congestion.acked = 0;
}
