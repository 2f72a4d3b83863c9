/** When to send again: the retransmission timer, and the three ways to see a loss before it expires. @rfc 6298, 5681, 6582, 6675, 8985 */
import type { Micros, Octets, Seq } from '../units.ts';
import { SYN, type Segment } from '../wire/segment.ts';
import {
  detectByTime,
  markLostAtTimeout,
  noteAcknowledged,
  noteDuplicate,
  noteRecovered,
  rackOf,
  type Rack,
} from './rack.ts';
import { enterRecovery, flightSize, sendUrgently } from './recovery.ts';
import type { SentSegment } from './retransmit-queue.ts';
import { sampleAcknowledged } from './round-trip.ts';
import { detectBySack, noteSentAgain, spareSegment, takeBlocks, tellsDuplicate } from './sack-recovery.ts';
import { isProbe, judgeProbe, scheduleProbe, sendProbe } from './tail-loss-probe.ts';
import type { Tcb } from './tcb.ts';
import { replacesR2 } from './user-timeout.ts';

export interface RetransmissionPart {
  /** A segment that takes up sequence space was sent for the first time. */
  sent(now: Micros, tcb: Tcb): void;
  /**
   * An ACK came that is not older than SND.UNA, on a connection that uses selective acknowledgements. Runs before SND.UNA
   * changes. A part without it takes no notice of them.
   *
   * @returns whether its blocks tell of octets that none told of before
   */
  selective?(now: Micros, tcb: Tcb, segment: Segment): boolean;
  /** SND.UNA moves to `ack`, which acknowledges `acked` octets of sequence space. Runs before SND.UNA changes. */
  acknowledged(now: Micros, tcb: Tcb, ack: Seq, acked: Octets): void;
  /** A duplicate ACK as RFC 5681 §2 defines it; with selective acknowledgements, as RFC 6675 §2 does. */
  duplicate(now: Micros, tcb: Tcb): void;
  /** The retransmission timer expired. @returns false when the connection must be given up */
  timeout(now: Micros, tcb: Tcb): boolean;
  /** The timer of a loss that may still be reordering expired, or that of a tail loss probe. */
  suspicion?(now: Micros, tcb: Tcb, timer: 'reordering' | 'tail-loss-probe'): void;
  /** What to send again now; null = nothing. */
  next(tcb: Tcb): SentSegment | null;
  /** What to send again when nothing new can go; null = nothing. */
  spare?(tcb: Tcb): SentSegment | null;
  /** What `next` or `spare` gave was sent. */
  sentAgain(now: Micros, tcb: Tcb, record: SentSegment): void;
}

/** @rfc 6298 5.1, 8985 7.2 */
function sent(now: Micros, tcb: Tcb): void {
  const { recovery, timers, parts } = tcb;
  recovery.lastSentAt = now;
  if (!timers.isSet('retransmission')) timers.set('retransmission', now + tcb.rto);
  const rack = rackOf(tcb);
  if (rack === null) return;
  const { seq, len } = recovery.queue.at(recovery.queue.length - 1);
  if (!isProbe(rack, parts.sequence.add(seq, len))) scheduleProbe(now, tcb);
}

function selective(now: Micros, tcb: Tcb, segment: Segment): boolean {
  const rack = rackOf(tcb);
  if (rack !== null) {
    rack.duplicateEnd = null;
    if (tellsDuplicate(tcb, segment)) noteDuplicate(tcb, rack, segment.ack, segment.sack[0]);
    judgeProbe(now, tcb, rack, segment);
  }
  if (segment.sack.length === 0 || !takeBlocks(now, tcb, segment)) return false;
  tcb.timers.cancel('tail-loss-probe');
  return true;
}

/** @rfc 6298 5.2, 5.3; 6582 3.2-1, 3.2-3full, 3.2-3partial, 3.2-3timer; 5681 3.2-s6; 6675 5-A; 2018 8-renege */
function acknowledged(now: Micros, tcb: Tcb, ack: Seq, acked: Octets): void {
  const { recovery, parts } = tcb;
  const { queue } = recovery;
  const flight = flightSize(tcb);
  sampleAcknowledged(now, tcb, ack);
  const rack = rackOf(tcb);
  if (rack !== null) noteAcknowledged(now, tcb, rack, ack);
  queue.release(ack);
  // What the peer had, it would have acknowledged: it has thrown it away. RFC 2018 §8.
  if (queue.length > 0 && queue.at(0).sacked) queue.forgetSacked();
  if (recovery.urgent !== null && !parts.sequence.less(ack, parts.sequence.add(recovery.urgent.seq, 1))) {
    recovery.urgent = null;
  }
  recovery.overdueSince = null;
  recovery.expiries = 0;
  recovery.duplicateAcks = 0;
  const left = parts.sequence.distance(ack, tcb.snd.nxt);
  const restart = advance(now, tcb, ack, acked, flight, left);
  // Kept on, it would seem to lie ahead after 2^31 octets. What is selected cannot be an echo: it may go one ACK earlier.
  const reach = tcb.options.sack ? 0 : 1;
  if (recovery.recover !== null && parts.sequence.distance(recovery.recover, ack) >= reach)
    recovery.recover = null;
  if (rack !== null) {
    rack.probing = false;
    answerLosses(now, tcb, rack);
  }
  // RFC 6298 §5.2 and §5.3.
  if (left === 0) tcb.timers.cancel('retransmission');
  else if (restart) tcb.timers.set('retransmission', now + tcb.rto);
  scheduleProbe(now, tcb);
}

/** What an ACK of new octets is to the congestion window and to a recovery. @returns whether it restarts the timer */
function advance(now: Micros, tcb: Tcb, ack: Seq, acked: Octets, flight: Octets, left: Octets): boolean {
  const { recovery, congestion, parts, snd, options } = tcb;
  const { queue } = recovery;
  if (!recovery.inRecovery) {
    parts.congestion.acknowledged(congestion, acked, flight, snd.mss, now, tcb.rtt?.srtt ?? 0);
    return true;
  }
  if (recovery.recover === null || !parts.sequence.less(ack, recovery.recover)) {
    parts.congestion.exitRecovery(congestion, left - queue.absentOctets, snd.mss);
    recovery.inRecovery = false;
    if (recovery.rack !== null) noteRecovered(recovery.rack);
    return true;
  }
  // The scoreboard knows what else is lost.
  if (options.sack) return true;
  // A partial ACK: the segment after it is lost too. RFC 6582 §3.2, step 3.
  parts.congestion.partialAck(congestion, acked, snd.mss);
  if (queue.length > 0) sendUrgently(tcb, 0);
  return recovery.partialAcks++ === 0;
}

/** @rfc 5681 3.2, 3.2-frtx; 6582 3.2-2; 3042 2; 6675 5; 8985 9.2 */
function duplicate(now: Micros, tcb: Tcb): void {
  const { recovery, congestion, parts, options } = tcb;
  const rack = rackOf(tcb);
  recovery.duplicateAcks++;
  if (rack !== null) return answerLosses(now, tcb, rack);
  if (options.sack) return detectBySack(now, tcb);
  if (recovery.duplicateAcks === 1) recovery.flightAtFirst = flightSize(tcb);
  if (recovery.inRecovery) {
    parts.congestion.duplicate(congestion, tcb.snd.mss);
    return;
  }
  if (recovery.duplicateAcks !== 3 || recovery.queue.length === 0) return;
  // After a timeout, duplicate ACKs of what was sent before it are echoes of our own retransmissions.
  if (recovery.recover !== null) return;
  enterRecovery(now, tcb, recovery.flightAtFirst);
  sendUrgently(tcb, 0);
}

/** What time says is lost, and what follows: a recovery, unless one goes on that has answered for it. @rfc 8985 6.2 step 5, 5681 4.3 */
function answerLosses(now: Micros, tcb: Tcb, rack: Rack): void {
  const { recovery } = tcb;
  const flight = flightSize(tcb);
  const { segments, again } = detectByTime(now, tcb, rack);
  if (segments === 0) return;
  tcb.timers.cancel('tail-loss-probe');
  if (!again && (recovery.inRecovery || recovery.recover !== null)) return;
  // Of a first loss, what the ACKs before it let out does not count.
  enterRecovery(now, tcb, again || recovery.duplicateAcks === 0 ? flight : recovery.flightAtFirst);
  rack.probeEnd = null;
  recovery.urgent = recovery.queue.firstLost();
}

/** @rfc 8985 6.2 step 5, 7.3 */
function suspicion(now: Micros, tcb: Tcb, timer: 'reordering' | 'tail-loss-probe'): void {
  const rack = rackOf(tcb);
  if (rack === null) return;
  if (timer === 'reordering') answerLosses(now, tcb, rack);
  else sendProbe(now, tcb);
}

/** @rfc 6298 5.4 to 5.7, 9293 3.8.3 MUST-20, 3.8.6.1 SHLD-30; 6582 3.2-4; 5681 4.3; 2018 5-rto, 5-left, 5.1 */
function timeout(now: Micros, tcb: Tcb): boolean {
  const { recovery, settings, parts } = tcb;
  const { queue } = recovery;
  if (queue.length === 0) return true;
  recovery.overdueSince ??= queue.at(0).sentAt;
  if (now - recovery.overdueSince >= limit(tcb)) return false;
  // A peer whose window is shut answers probes with ACKs of nothing new: no sign of congestion.
  if (tcb.snd.wnd > 0) {
    parts.congestion.timeout(tcb.congestion, flightSize(tcb), tcb.snd.mss, recovery.expiries === 0);
    recovery.reducedAt = now;
  }
  recovery.expiries++;
  recovery.inRecovery = false;
  recovery.duplicateAcks = 0;
  recovery.recover = tcb.snd.nxt;
  // RFC 2018 §5.1: what the peer selected before the timeout is forgotten, lest it has thrown it away.
  queue.forgetSacked();
  const rack = rackOf(tcb);
  if (rack === null) queue.markAllLost();
  else {
    markLostAtTimeout(now, tcb, rack);
    rack.probeEnd = null;
    tcb.timers.cancel('tail-loss-probe');
    tcb.timers.cancel('reordering');
  }
  sendUrgently(tcb, 0);
  tcb.rto = parts.rtt.backOff(tcb.rto, settings);
  tcb.timers.set('retransmission', now + tcb.rto);
  return true;
}

/** @rfc 9293 3.8.6 MUST-34, SHLD-16; 6675 4-nextseg */
function next(tcb: Tcb): SentSegment | null {
  const { urgent, queue } = tcb.recovery;
  if (urgent !== null) return urgent;
  const lost = queue.firstLost();
  if (lost === null || flightSize(tcb) + lost.len > tcb.congestion.cwnd) return null;
  // What a window that has shrunk leaves out waits until it opens, or for the timer. RFC 9293 §3.8.6, MUST-34, SHLD-16.
  return tcb.parts.sequence.distance(tcb.snd.una, lost.seq) < tcb.snd.wnd ? lost : null;
}

/** RACK has probes and timers of its own for what this is good for. @rfc 6675 4-nextseg; 8985 9.2 */
function spare(tcb: Tcb): SentSegment | null {
  return tcb.options.sack && tcb.recovery.rack === null ? spareSegment(tcb) : null;
}

/** @rfc 6298 5, 5.6 */
function sentAgain(now: Micros, tcb: Tcb, record: SentSegment): void {
  const { recovery, timers } = tcb;
  const wasLost = record.lost;
  recovery.queue.sentAgain(now, record);
  recovery.lastSentAt = now;
  if (recovery.urgent === record) recovery.urgent = null;
  if (recovery.inRecovery && tcb.options.sack && recovery.rack === null) noteSentAgain(tcb, record, wasLost);
  // The oldest segment has a whole RTO from here; though not at later partial ACKs, so that many losses end in a timeout.
  const anew = recovery.partialAcks === 0 && record === recovery.queue.at(0);
  if (anew || !timers.isSet('retransmission')) timers.set('retransmission', now + tcb.rto);
}

export const retransmission: RetransmissionPart = {
  sent,
  selective,
  acknowledged,
  duplicate,
  timeout,
  suspicion,
  next,
  spare,
  sentAgain,
};

/** R2, which depends on what waits for its ACK. @rfc 9293 3.8.3 MUST-20 to MUST-23, SHLD-11; 4987 3.3 */
function limit(tcb: Tcb): Micros {
  if (replacesR2(tcb)) return Infinity;
  if ((tcb.recovery.queue.at(0).flags & SYN) === 0) return tcb.settings.retransmissionLimit;
  return tcb.passive ? tcb.settings.synReceivedLimit : tcb.settings.synLimit;
}
