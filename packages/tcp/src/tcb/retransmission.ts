/** When to send again: the retransmission timer, duplicate ACKs, fast retransmit and NewReno recovery. @rfc 6298, 5681, 6582 */
import type { Micros, Octets, Seq } from '../units.ts';
import { SYN } from '../wire/segment.ts';
import type { RetransmitQueue, SentSegment } from './retransmit-queue.ts';
import type { Tcb } from './tcb.ts';
import { echoedRoundTrip } from './timestamps.ts';

/** What the sender knows of losses. */
export interface Recovery {
  readonly queue: RetransmitQueue;
  /** Duplicate ACKs in a row. @rfc 5681 2 */
  duplicateAcks: number;
  /** What was in flight when the first of them came: what limited transmit adds does not count. @rfc 5681 3.2 */
  flightAtFirst: Octets;
  /** Between the third duplicate ACK and the ACK of `recover`. */
  inRecovery: boolean;
  /** SND.NXT when the last recovery or timeout began; null = all of that is acknowledged. @rfc 6582 3.2 */
  recover: Seq | null;
  /** The first partial ACK of a recovery restarts the timer, later ones do not. */
  partialAcks: number;
  /** A segment that goes out whatever the congestion window says: the fast retransmit. */
  urgent: SentSegment | null;
  /** When something that takes up sequence space was last sent. @rfc 5681 4.1 */
  lastSentAt: Micros;
  /** When the first unanswered retransmission was sent; null = nothing is overdue. */
  overdueSince: Micros | null;
}

export interface RetransmissionPart {
  /** A segment that takes up sequence space was sent for the first time. */
  sent(now: Micros, tcb: Tcb): void;
  /** SND.UNA moves to `ack`, which acknowledges `acked` octets of sequence space. Runs before SND.UNA changes. */
  acknowledged(now: Micros, tcb: Tcb, ack: Seq, acked: Octets): void;
  /** A duplicate ACK as RFC 5681 §2 defines it. */
  duplicate(now: Micros, tcb: Tcb): void;
  /** The retransmission timer expired. @returns false when the connection must be given up */
  timeout(now: Micros, tcb: Tcb): boolean;
  /** What to send again now; null = nothing. */
  next(tcb: Tcb): SentSegment | null;
  /** What `next` gave was sent. */
  sentAgain(now: Micros, tcb: Tcb, record: SentSegment): void;
}

/** Octets in flight: sent, not acknowledged, not taken for lost. */
export function flightSize(tcb: Tcb): Octets {
  return tcb.parts.sequence.distance(tcb.snd.una, tcb.snd.nxt) - tcb.recovery.queue.lostOctets;
}

/** @rfc 6298 5.1 */
function sent(now: Micros, tcb: Tcb): void {
  tcb.recovery.lastSentAt = now;
  if (!tcb.timers.isSet('retransmission')) tcb.timers.set('retransmission', now + tcb.rto);
}

/** @rfc 6298 5.2, 5.3; 6582 3.2-1, 3.2-3full, 3.2-3partial, 3.2-3timer; 5681 3.2-s6 */
function acknowledged(now: Micros, tcb: Tcb, ack: Seq, acked: Octets): void {
  const { recovery, congestion, parts } = tcb;
  const { queue } = recovery;
  const flight = flightSize(tcb);
  takeSample(now, tcb, ack);
  queue.release(ack);
  if (recovery.urgent !== null && !parts.sequence.less(ack, parts.sequence.add(recovery.urgent.seq, 1))) {
    recovery.urgent = null;
  }
  recovery.overdueSince = null;
  recovery.duplicateAcks = 0;
  const left = parts.sequence.distance(ack, tcb.snd.nxt);
  let restart = true;
  if (!recovery.inRecovery) {
    parts.congestion.acknowledged(congestion, acked, flight, tcb.snd.mss);
  } else if (recovery.recover !== null && parts.sequence.less(ack, recovery.recover)) {
    // A partial ACK: the segment after it is lost too. RFC 6582 §3.2, step 3.
    parts.congestion.partialAck(congestion, acked, tcb.snd.mss);
    if (queue.length > 0) sendUrgently(tcb, queue.at(0));
    restart = recovery.partialAcks++ === 0;
  } else {
    parts.congestion.exitRecovery(congestion, left - queue.lostOctets, tcb.snd.mss);
    recovery.inRecovery = false;
  }
  // Kept on, it would seem to lie ahead after 2^31 octets.
  if (recovery.recover !== null && parts.sequence.less(recovery.recover, ack)) recovery.recover = null;
  // RFC 6298 §5.2 and §5.3.
  if (left === 0) tcb.timers.cancel('retransmission');
  else if (restart) tcb.timers.set('retransmission', now + tcb.rto);
}

/** @rfc 5681 3.2, 3.2-frtx; 6582 3.2-2; 3042 2 */
function duplicate(_now: Micros, tcb: Tcb): void {
  const { recovery, congestion, parts } = tcb;
  if (++recovery.duplicateAcks === 1) recovery.flightAtFirst = flightSize(tcb);
  if (recovery.inRecovery) {
    parts.congestion.duplicate(congestion, tcb.snd.mss);
    return;
  }
  if (recovery.duplicateAcks !== 3 || recovery.queue.length === 0) return;
  // After a timeout, duplicate ACKs of what was sent before it are echoes of our own retransmissions.
  if (recovery.recover !== null) return;
  parts.congestion.enterRecovery(congestion, recovery.flightAtFirst, tcb.snd.mss);
  recovery.inRecovery = true;
  recovery.recover = tcb.snd.nxt;
  recovery.partialAcks = 0;
  sendUrgently(tcb, recovery.queue.at(0));
}

/** @rfc 6298 5.4 to 5.7, 9293 3.8.3 MUST-20, 3.8.6.1 SHLD-30; 6582 3.2-4; 5681 4.3 */
function timeout(now: Micros, tcb: Tcb): boolean {
  const { recovery, settings, parts } = tcb;
  const { queue } = recovery;
  if (queue.length === 0) return true;
  recovery.overdueSince ??= queue.at(0).sentAt;
  if (now - recovery.overdueSince >= limit(tcb)) return false;
  const first = queue.at(0);
  // A peer whose window is shut answers probes with ACKs of nothing new: no sign of congestion.
  if (tcb.snd.wnd > 0) {
    parts.congestion.timeout(tcb.congestion, flightSize(tcb), tcb.snd.mss, first.transmissions === 1);
  }
  recovery.inRecovery = false;
  recovery.duplicateAcks = 0;
  recovery.recover = tcb.snd.nxt;
  queue.markAllLost();
  sendUrgently(tcb, first);
  tcb.rto = parts.rtt.backOff(tcb.rto, settings);
  tcb.timers.set('retransmission', now + tcb.rto);
  return true;
}

/** @rfc 9293 3.8.6 MUST-34, SHLD-16 */
function next(tcb: Tcb): SentSegment | null {
  const { urgent, queue } = tcb.recovery;
  if (urgent !== null) return urgent;
  const lost = queue.firstLost();
  if (lost === null || flightSize(tcb) + lost.len > tcb.congestion.cwnd) return null;
  // What a window that has shrunk leaves out waits until it opens, or for the timer. RFC 9293 §3.8.6, MUST-34, SHLD-16.
  return tcb.parts.sequence.distance(tcb.snd.una, lost.seq) < tcb.snd.wnd ? lost : null;
}

/** @rfc 6298 5, 5.6 */
function sentAgain(now: Micros, tcb: Tcb, record: SentSegment): void {
  tcb.recovery.queue.sentAgain(now, record);
  tcb.recovery.lastSentAt = now;
  if (tcb.recovery.urgent === record) tcb.recovery.urgent = null;
  if (!tcb.timers.isSet('retransmission')) tcb.timers.set('retransmission', now + tcb.rto);
}

export const retransmission: RetransmissionPart = {
  sent,
  acknowledged,
  duplicate,
  timeout,
  next,
  sentAgain,
};

function sendUrgently(tcb: Tcb, record: SentSegment): void {
  tcb.recovery.queue.markLost(record);
  tcb.recovery.urgent = record;
}

/**
 * Karn: no sample when any of the acknowledged segments was sent twice. The youngest of them gives the sample.
 *
 * @rfc 6298 3, 3b; 9293 3.8.1 MUST-18
 */
function takeSample(now: Micros, tcb: Tcb, ack: Seq): void {
  const { queue } = tcb.recovery;
  const { sequence, rtt } = tcb.parts;
  let sentAt = -1;
  for (let i = 0; i < queue.length; i++) {
    const record = queue.at(i);
    if (sequence.less(ack, sequence.add(record.seq, record.len))) break;
    if (record.transmissions > 1) return sampleEcho(now, tcb);
    sentAt = record.sentAt;
  }
  if (sentAt < 0) return;
  tcb.rtt = rtt.addSample(tcb.rtt, now - sentAt);
  tcb.rto = rtt.timeout(tcb.rtt, tcb.settings);
}

/**
 * What Karn forbids to measure, the echo of a timestamp tells: which of the transmissions was acknowledged. A handshake
 * that needed its timer is left out, so that the transfer begins with the caution that RFC 6298 §5.7 asks for.
 *
 * @rfc 7323 4.1, 6298 3
 */
function sampleEcho(now: Micros, tcb: Tcb): void {
  const sample = tcb.synAcked ? echoedRoundTrip(now, tcb, tcb.openedAt) : -1;
  if (sample < 0) return;
  const { rtt } = tcb.parts;
  tcb.rtt = rtt.addSample(tcb.rtt, sample);
  tcb.rto = rtt.timeout(tcb.rtt, tcb.settings);
}

/** R2, which depends on what waits for its ACK. @rfc 9293 3.8.3 MUST-20 to MUST-23, SHLD-11; 4987 3.3 */
function limit(tcb: Tcb): Micros {
  if ((tcb.recovery.queue.at(0).flags & SYN) === 0) return tcb.settings.retransmissionLimit;
  return tcb.passive ? tcb.settings.synReceivedLimit : tcb.settings.synLimit;
}
