/** SEGMENT ARRIVES: the heart of TCP, check by check in the RFC's order. @rfc 9293 3.10.7 */
import type { Micros } from '../units.ts';
import { ACK, FIN, RST, SYN, type Segment } from '../wire/segment.ts';
import { seqAdd, seqLessOrEqual } from '../wire/seq.ts';
import { watchPeer } from './keep-alive.ts';
import { established, noTrouble } from './opening.ts';
import { insertText, take } from './receive-window.ts';
import type { Step, Tcb } from './tcb.ts';
import { startTimeWait } from './time-wait.ts';
import { checkTimestamps, takeTimestamp } from './timestamps.ts';
import { pointUrgent } from './urgent.ts';
import { end } from './user-calls.ts';
import { progress, takeUserTimeout } from './user-timeout.ts';

const STEPS = {
  listen: { trigger: 'listen-arrives', rfc: '3.10.7.2' },
  synSent: { trigger: 'syn-sent-arrives', rfc: '3.10.7.3' },
  sequence: { trigger: 'check-sequence', rfc: '3.10.7.4 first' },
  reset: { trigger: 'check-reset', rfc: '3.10.7.4 second' },
  security: { trigger: 'check-security', rfc: '3.10.7.4 third' },
  syn: { trigger: 'check-syn', rfc: '3.10.7.4 fourth' },
  ack: { trigger: 'check-ack', rfc: '3.10.7.4 fifth' },
  urgent: { trigger: 'check-urgent', rfc: '3.10.7.4 sixth' },
  text: { trigger: 'take-text', rfc: '3.10.7.4 seventh' },
  fin: { trigger: 'check-fin', rfc: '3.10.7.4 eighth' },
} as const satisfies Record<string, Step>;

/** A segment for this connection has come. The segment's record may be changed; nothing of it is kept. */
export function segmentArrives(now: Micros, tcb: Tcb, segment: Segment): void {
  const { connection } = tcb.parts;
  tcb.stepTime = now;
  switch (tcb.state) {
    case 'CLOSED': {
      const reply = connection.closedArrives(segment);
      if (reply !== null) tcb.output.push(reply);
      return;
    }
    case 'LISTEN':
      tcb.step = STEPS.listen;
      return connection.listenArrives(now, tcb, segment);
    case 'SYN-SENT':
      tcb.step = STEPS.synSent;
      return connection.synSentArrives(now, tcb, segment);
    default:
      otherwise(now, tcb, segment);
  }
}

/** @rfc 9293 3.10.7.4 */
function otherwise(now: Micros, tcb: Tcb, segment: Segment): void {
  const { connection } = tcb.parts;
  tcb.step = STEPS.sequence;
  if (!connection.checkSequence(now, tcb, segment)) return;
  tcb.heardAt = now;
  if (tcb.probesSent > 0) watchPeer(now, tcb);
  tcb.step = STEPS.reset;
  if (!connection.checkReset(now, tcb, segment)) return;
  tcb.step = STEPS.security;
  if (!connection.checkSecurity(now, tcb, segment)) return;
  tcb.step = STEPS.syn;
  if (!connection.checkSyn(now, tcb, segment)) return;
  tcb.step = STEPS.ack;
  if (!connection.checkAck(now, tcb, segment)) return;
  tcb.step = STEPS.urgent;
  const { up } = tcb.rcv;
  if (!connection.checkUrgent(now, tcb, segment)) return;
  if (tcb.rcv.up !== up) pointUrgent(tcb);
  tcb.step = STEPS.text;
  if (!connection.takeText(now, tcb, segment)) return;
  tcb.step = STEPS.fin;
  connection.checkFin(now, tcb, segment);
}

/**
 * First: is it of this incarnation, and is any of it in the window?
 *
 * @rfc 9293 3.10.7.4 first, 3.4 MUST-66; 7323 5.3
 */
export function checkSequence(now: Micros, tcb: Tcb, segment: Segment): boolean {
  if (!tcb.synAcked) trimAnsweringSyn(tcb, segment);
  const stamp = checkTimestamps(now, tcb, segment);
  if (stamp === 'missing') return false;
  const { connection } = tcb.parts;
  if (stamp === 'good' && connection.isAcceptable(tcb, segment)) {
    takeTimestamp(now, tcb, segment);
    return true;
  }
  // A peer that never saw our last ACK sends its FIN again, and that FIN lies left of the window: TIME-WAIT starts anew.
  if (stamp === 'good' && tcb.state === 'TIME-WAIT' && isTheFinAgain(tcb, segment)) {
    connection.repeatedFin(now, tcb);
  }
  connection.unacceptable(now, tcb, segment);
  return false;
}

/** Whether it ends where the peer's FIN ended, and acknowledges nothing that we never sent. */
function isTheFinAgain({ rcv, snd }: Tcb, segment: Segment): boolean {
  const { flags, ack } = segment;
  if ((flags & (FIN | ACK | RST | SYN)) !== (FIN | ACK)) return false;
  return seqAdd(segment.seq, segment.len) === rcv.nxt && seqLessOrEqual(ack, snd.nxt);
}

/** A segment that the first check refuses is answered by an ACK, unless it is a reset. @rfc 9293 3.10.7.4 first */
export function unacceptable(now: Micros, tcb: Tcb, segment: Segment): void {
  if (!segment.rst) answer(now, tcb, segment);
}

/**
 * Of a simultaneous open, the SYN,ACK repeats a SYN that was taken already: the SYN is cut off and the ACK counts.
 *
 * @rfc 9293 3.5 figure 8
 */
function trimAnsweringSyn(tcb: Tcb, segment: Segment): void {
  const { sequence } = tcb.parts;
  if ((segment.flags & (SYN | ACK | RST)) !== (SYN | ACK) || segment.seq !== tcb.irs) return;
  if (!sequence.less(tcb.snd.una, segment.ack) || !sequence.lessOrEqual(segment.ack, tcb.snd.nxt)) return;
  segment.flags &= ~SYN;
  segment.seq = sequence.add(segment.seq, 1);
}

/** The four cases of the table in §3.4. @rfc 9293 3.4 */
export function isAcceptable(tcb: Tcb, segment: Segment): boolean {
  const { sequence } = tcb.parts;
  const { nxt, wnd } = tcb.rcv;
  const { len } = segment;
  if (wnd === 0) {
    // A window of 0 still takes valid ACKs and resets; text is cut off later. §3.10.7.4, MUST-66.
    return segment.seq === nxt;
  }
  if (sequence.inWindow(segment.seq, nxt, wnd)) return true;
  return len > 0 && sequence.inWindow(sequence.add(segment.seq, len - 1), nxt, wnd);
}

/**
 * Second: a reset counts only at RCV.NXT exactly; elsewhere in the window it is challenged.
 *
 * @rfc 9293 3.10.7.4 second, 3.5.3 MUST-11, MUST-12, SHLD-2; 5961 3.2; 1337 3-F1
 */
export function checkReset(now: Micros, tcb: Tcb, segment: Segment): boolean {
  if (!segment.rst) return true;
  if (segment.seq !== tcb.rcv.nxt) {
    challenge(now, tcb);
    return false;
  }
  switch (tcb.state) {
    case 'SYN-RECEIVED':
      if (tcb.passive) {
        end(tcb, null, 'LISTEN');
      } else end(tcb, 'ECONNREFUSED');
      return false;
    case 'TIME-WAIT':
      if (!tcb.settings.timeWaitIgnoresResets) end(tcb, null);
      return false;
    case 'CLOSING':
    case 'LAST-ACK':
      end(tcb, null);
      return false;
    default:
      end(tcb, 'ECONNRESET');
      return false;
  }
}

/** Third: security compartments are not in use. @rfc 9293 3.10.7.4 third, A.1 */
export function checkSecurity(): boolean {
  return true;
}

/** Fourth: a SYN on an open connection is challenged, whatever its number. @rfc 9293 3.10.7.4 fourth, 5961 4.2 */
export function checkSyn(now: Micros, tcb: Tcb, segment: Segment): boolean {
  if (!segment.syn) return true;
  if (tcb.state === 'SYN-RECEIVED' && tcb.passive) {
    end(tcb, null, 'LISTEN');
    return false;
  }
  challenge(now, tcb);
  return false;
}

/** Fifth. @rfc 9293 3.10.7.4 fifth, MAY-12; 5961 5.2, 5.2-range, 5.2-maxwnd */
export function checkAck(now: Micros, tcb: Tcb, segment: Segment): boolean {
  if (!segment.hasAck) return false;
  const { connection, sequence } = tcb.parts;
  const { snd } = tcb;
  if (tcb.state === 'SYN-RECEIVED') {
    if (!connection.ackOfSyn(now, tcb, segment)) return false;
  } else if (sequence.less(segment.ack, sequence.add(snd.una, -snd.maxWnd))) {
    // RFC 5961 §5.2: an ACK older than the largest window ever offered cannot be honest.
    challenge(now, tcb);
    return false;
  } else if (sequence.less(snd.nxt, segment.ack)) {
    // An ACK of what was never sent is answered, not obeyed.
    answer(now, tcb, segment);
    return false;
  }
  acknowledge(now, tcb, segment);
  return connection.ackOfFin(now, tcb);
}

/** In SYN-RECEIVED, the ACK of our SYN opens the connection. @rfc 9293 3.10.7.4-5ack-synrcvd, 3.10.7.4-5ack-synrcvd-bad */
export function ackOfSyn(_now: Micros, tcb: Tcb, segment: Segment): boolean {
  const { sequence } = tcb.parts;
  if (!sequence.less(tcb.snd.una, segment.ack) || !sequence.lessOrEqual(segment.ack, tcb.snd.nxt)) {
    tcb.output.push({ seq: segment.ack, flags: RST });
    return false;
  }
  tcb.state = tcb.closing ? 'FIN-WAIT-1' : 'ESTABLISHED';
  return true;
}

/** Move SND.UNA, count duplicates, take the window. @rfc 9293 3.8.3 MUST-37, SHLD-17; 5681 2-dupdef */
function acknowledge(now: Micros, tcb: Tcb, segment: Segment): void {
  const { snd, parts, recovery, options } = tcb;
  const { sequence, retransmission, sendWindow } = parts;
  const wasWindow = snd.wnd;
  // An older ACK tells nothing, its window least of all.
  if (sequence.less(segment.ack, snd.una)) return;
  const news = options.sack && (retransmission.selective?.(now, tcb, segment) ?? false);
  if (segment.userTimeout >= 0) takeUserTimeout(now, tcb, segment.userTimeout);
  if (sequence.less(snd.una, segment.ack)) {
    const acked = sequence.distance(snd.una, segment.ack);
    parts.path.acknowledged(tcb, segment.ack);
    retransmission.acknowledged(now, tcb, segment.ack, acked);
    noTrouble(tcb);
    // The number of our SYN stands for no octet of the buffer, nor does that of our FIN.
    tcb.sendBuffer.release(acked - (tcb.synAcked ? 0 : 1));
    snd.una = segment.ack;
    progress(now, tcb);
    // The right edge stays where it was, unless this segment is new enough to move it.
    snd.wnd = Math.max(0, snd.wnd - acked);
    sendWindow.update(tcb, segment);
    if (!tcb.synAcked) established(now, tcb);
    if (news) retransmission.duplicate(now, tcb);
    return;
  }
  sendWindow.update(tcb, segment);
  // What was sent into a shut window was most likely thrown away.
  if (wasWindow === 0 && snd.wnd > 0) recovery.queue.markAllLost();
  if (snd.una === snd.nxt) return;
  if (snd.wnd === 0) {
    // RFC 9293 §3.8.3, MUST-35 to MUST-37: a peer that answers with a shut window lives, and nothing is lost.
    recovery.overdueSince = null;
    tcb.unanswered = false;
    progress(now, tcb);
    return;
  }
  // RFC 5681 §2: a duplicate carries nothing, moves nothing and leaves the window as it was. With SACK it is whatever
  // tells of something new beyond a hole: RFC 6675 §2.
  if (options.sack ? news : segment.len === 0 && snd.wnd === wasWindow) retransmission.duplicate(now, tcb);
}

/** What each state makes of it that our FIN is, or is not, acknowledged. @rfc 9293 3.10.7.4 fifth */
export function ackOfFin(now: Micros, tcb: Tcb): boolean {
  const finAcked = tcb.finSent && tcb.snd.una === tcb.snd.nxt;
  switch (tcb.state) {
    case 'FIN-WAIT-1':
      if (finAcked) tcb.state = 'FIN-WAIT-2';
      return true;
    case 'CLOSING':
      if (!finAcked) return false;
      startTimeWait(now, tcb);
      return false;
    case 'LAST-ACK':
      if (finAcked) end(tcb, null);
      return false;
    case 'TIME-WAIT':
      // All that may come is the peer's FIN once more, which lies left of the window: the first check has answered it.
      return false;
    default:
      return true;
  }
}

/**
 * Sixth: the urgent pointer moves forward only; the data stays in line.
 *
 * @rfc 9293 3.10.7.4 sixth, 3.8.5 MUST-30; 6093
 */
export function checkUrgent(_now: Micros, tcb: Tcb, segment: Segment): boolean {
  if (!segment.urg || !takesText(tcb)) return true;
  const up = tcb.parts.sequence.add(segment.seq, segment.up);
  if (tcb.parts.sequence.less(tcb.rcv.up, up)) tcb.rcv.up = up;
  return true;
}

/**
 * Seventh: in ESTABLISHED, FIN-WAIT-1 and FIN-WAIT-2, take what is new and in the window.
 *
 * @rfc 9293 3.10.7.4 seventh, 3.8.5 MUST-31, MAY-13, 3.8.6.3 MUST-40, SHLD-18, SHLD-19; 5681 3.2-dup, 3.2-gap, 4.2
 */
export function takeText(now: Micros, tcb: Tcb, segment: Segment): boolean {
  if (segment.payloadLength === 0 || !takesText(tcb)) return true;
  const { rcv, snd, parts, reassembler, settings, timers, options, sackBlocks } = tcb;
  const ahead = parts.sequence.distance(rcv.nxt, segment.seq);
  const old = Math.max(0, -ahead);
  const selects = options.sack && (ahead !== 0 || sackBlocks.any);
  if (selects) noteDuplicate(tcb, segment);
  const moved = insertText(tcb, Math.max(0, ahead), segment, segment.payloadStart + old);
  if (selects) {
    if (moved > 0) sackBlocks.advanced(tcb);
    else if (ahead > 0) sackBlocks.arrived(tcb, segment.seq);
  }
  tcb.unacknowledgedText += moved;
  // RFC 5681 §4.2: out of order, or filling a hole: at once. Else every second full segment, or after a short wait.
  const orderly = moved > 0 && ahead <= 0 && reassembler.ranges.length === 0 && !sackBlocks.any;
  if (ahead > 0 && moved === 0) tcb.duplicatesOwed++;
  else if (
    !orderly ||
    moved > segment.payloadLength ||
    tcb.unacknowledgedText >= 2 * Math.min(rcv.mss, snd.mss)
  )
    tcb.ackNow = true;
  else if (!timers.isSet('delayed-ack')) timers.set('delayed-ack', now + settings.delayedAck);
  return true;
}

/** After the peer's FIN, nothing more can come. */
function takesText({ state }: Tcb): boolean {
  return state === 'ESTABLISHED' || state === 'FIN-WAIT-1' || state === 'FIN-WAIT-2';
}

/** Eighth: a FIN counts once everything before it is here. @rfc 9293 3.10.7.4 eighth, 3.6 MUST-12 */
export function checkFin(now: Micros, tcb: Tcb, segment: Segment): boolean {
  const { rcv, parts } = tcb;
  if ((segment.flags & FIN) !== 0 && !tcb.finReceived) {
    const at = parts.sequence.add(segment.seq, segment.payloadLength);
    // Beyond the window nothing is taken, and with a window of 0 only the very next number is.
    if (parts.sequence.lessOrEqual(rcv.nxt, at) && parts.sequence.distance(rcv.nxt, at) <= rcv.wnd)
      tcb.finAt = at;
    // One answer is enough where text beyond a hole came with it.
    if (tcb.duplicatesOwed === 0) tcb.ackNow = true;
  }
  if (tcb.finAt === null || tcb.finAt !== rcv.nxt || tcb.finReceived) return true;
  parts.connection.finArrives(now, tcb);
  return true;
}

/** The peer's FIN, with everything before it here. @rfc 9293 3.10.7.4 eighth */
export function finArrives(now: Micros, tcb: Tcb): void {
  tcb.finReceived = true;
  tcb.ackNow = true;
  take(tcb, 1);
  switch (tcb.state) {
    case 'SYN-RECEIVED':
    case 'ESTABLISHED':
      tcb.state = 'CLOSE-WAIT';
      return;
    case 'FIN-WAIT-1':
      // Our FIN was acknowledged by this very segment: the fifth check has made that FIN-WAIT-2 already.
      tcb.state = 'CLOSING';
      return;
    case 'FIN-WAIT-2':
      startTimeWait(now, tcb);
      return;
    default:
  }
}

/**
 * Acknowledge a segment that cannot be taken. One with text or a FIN at once: its sender must learn what to send instead.
 * Any other as a challenge, or two ends that refuse each other's ACKs would answer them for ever.
 */
function answer(now: Micros, tcb: Tcb, segment: Segment): void {
  noteDuplicate(tcb, segment);
  if (segment.len > 0 && !segment.syn) tcb.ackNow = true;
  else challenge(now, tcb);
}

/** Octets that are here already came again. @rfc 2883 4 */
export function noteDuplicate(tcb: Tcb, { seq: left, payloadLength }: Segment): void {
  if (!tcb.options.sack || payloadLength === 0) return;
  tcb.sackBlocks.noteDuplicate(tcb, left, tcb.parts.sequence.add(left, payloadLength));
}

/** An ACK that asks a peer to prove itself, a bounded number of times in a second. @rfc 5961 3.2, 4.2, 5.2, 7 */
export function challenge(now: Micros, tcb: Tcb): void {
  if (now - tcb.challengeSince >= 1_000_000) {
    tcb.challengeSince = now;
    tcb.challengeAcks = 0;
  }
  if (tcb.challengeAcks++ < tcb.settings.challengeAcksPerSecond) tcb.ackNow = true;
}
