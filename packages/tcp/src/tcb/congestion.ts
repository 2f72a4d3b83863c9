/** Congestion control: how much may be in flight. NewReno. @rfc 5681, 6582 */
import type { Micros, Octets } from '../units.ts';

/** What a congestion controller knows; a controller may add its own fields. */
export interface Congestion {
  cwnd: Octets;
  ssthresh: Octets;
}

/** What happened, as a congestion controller is told of it. All sizes in octets. */
export interface CongestionPart {
  /** @param initialWindow 0 = the RFC's formula */
  create(smss: Octets, initialWindow: Octets): Congestion;
  /**
   * New data was acknowledged outside recovery; `flight` is what was outstanding before. The time and the smoothed
   * round-trip time (0 = none is known) are for controllers that grow with time.
   */
  acknowledged(
    congestion: Congestion,
    acked: Octets,
    flight: Octets,
    smss: Octets,
    now: Micros,
    srtt: Micros,
  ): void;
  /** A segment is lost, by the third duplicate ACK or what stands for it. With SACK, cwnd then is ssthresh. */
  enterRecovery(congestion: Congestion, flight: Octets, smss: Octets): void;
  /** One more duplicate ACK while in recovery: a segment has left the network. */
  duplicate(congestion: Congestion, smss: Octets): void;
  /** An ACK in recovery that leaves part of the lost window unacknowledged. */
  partialAck(congestion: Congestion, acked: Octets, smss: Octets): void;
  /** All that was outstanding when recovery began is acknowledged; `flight` is what is outstanding now. */
  exitRecovery(congestion: Congestion, flight: Octets, smss: Octets): void;
  /** The retransmission timer expired; `first` = for the first time for these octets. */
  timeout(congestion: Congestion, flight: Octets, smss: Octets, first: boolean): void;
}

/** Ample for any path; keeps arithmetic on windows within 31 bits. */
export const LARGEST_WINDOW: Octets = 2 ** 30;

/** @rfc 5681 3.1-IW */
export function initialWindow(smss: Octets): Octets {
  if (smss > 2190) return 2 * smss;
  return smss > 1095 ? 3 * smss : 4 * smss;
}

interface NewReno extends Congestion {
  /** Octets acknowledged in congestion avoidance since cwnd last grew. */
  acked: Octets;
}

/** @rfc 5681 3.1-ssthresh0 */
function create(smss: Octets, window: Octets): NewReno {
  // RFC 5681 §3.1: ssthresh starts arbitrarily high, so that the network decides.
  return { cwnd: window > 0 ? window : initialWindow(smss), ssthresh: LARGEST_WINDOW, acked: 0 };
}

/**
 * Slow start below ssthresh, one segment a round trip above it.
 *
 * @rfc 5681 3.1-SS, 3.1-CA; 9293 3.8.2 MUST-19
 */
function acknowledged(congestion: Congestion, acked: Octets, flight: Octets, smss: Octets): void {
  const reno = congestion as NewReno;
  if (reno.cwnd < reno.ssthresh) {
    // A sender that leaves its window half unused learns nothing of the path from these ACKs.
    if (2 * flight >= reno.cwnd) reno.cwnd = Math.min(LARGEST_WINDOW, reno.cwnd + Math.min(acked, smss));
    return;
  }
  if (flight + smss < reno.cwnd) return;
  reno.acked += acked;
  if (reno.acked >= reno.cwnd) {
    reno.acked -= reno.cwnd;
    reno.cwnd = Math.min(LARGEST_WINDOW, reno.cwnd + smss);
  }
}

/** @rfc 5681 3.2-s2, 3.2-s3 */
function enterRecovery(congestion: Congestion, flight: Octets, smss: Octets): void {
  congestion.ssthresh = halved(flight, smss);
  congestion.cwnd = congestion.ssthresh + 3 * smss;
}

/** @rfc 5681 3.2-s4 */
function duplicate(congestion: Congestion, smss: Octets): void {
  congestion.cwnd = Math.min(LARGEST_WINDOW, congestion.cwnd + smss);
}

/** @rfc 6582 3.2-3partial */
function partialAck(congestion: Congestion, acked: Octets, smss: Octets): void {
  congestion.cwnd = Math.max(smss, congestion.cwnd - acked + (acked >= smss ? smss : 0));
}

/** The careful variant: no burst when little is in flight. @rfc 6582 3.2 step 3 (1), 3.2-3full; 5681 3.2-s6 */
function exitRecovery(congestion: Congestion, flight: Octets, smss: Octets): void {
  const reno = congestion as NewReno;
  reno.cwnd = Math.min(reno.ssthresh, Math.max(flight, smss) + smss);
  reno.acked = 0;
}

/**
 * RFC 5681 §3.1 (4): a segment that is lost again does not halve ssthresh again.
 *
 * @rfc 5681 3.1-LW, 3.1-RTO-ssthresh; 9293 3.8.2 MUST-19
 */
function timeout(congestion: Congestion, flight: Octets, smss: Octets, first: boolean): void {
  const reno = congestion as NewReno;
  if (first) reno.ssthresh = halved(flight, smss);
  reno.cwnd = smss;
  reno.acked = 0;
}

function halved(flight: Octets, smss: Octets): Octets {
  return Math.max(Math.floor(flight / 2), 2 * smss);
}

export const newReno: CongestionPart = {
  create,
  acknowledged,
  enterRecovery,
  duplicate,
  partialAck,
  exitRecovery,
  timeout,
};
