/** What a connection sends next: one segment a call, chosen from everything that waits. @rfc 9293 3.7, 3.8 */
import type { Micros, Octets, Seq } from '../units.ts';
import { ACK, FIN, PSH, RST, SYN, type Segment } from '../wire/segment.ts';
import type { Outgoing } from './parts.ts';
import { refreshPath } from './path-mtu.ts';
import { offerWindow } from './receive-window.ts';
import type { SentSegment } from './retransmit-queue.ts';
import { fillOptions, fillSynOptions } from './segment-options.ts';
import { probePayload } from './tail-loss-probe.ts';
import type { Tcb } from './tcb.ts';
import { watchWaiting } from './user-timeout.ts';
import { fillUrgent } from './urgent.ts';

/** What `nextSegment` has filled: a segment sent for the first time, one that was sent before, or none. */
export type Filled = 'first' | 'again' | 'nothing';

/**
 * Fill `segment` with what goes out next. Call until it says no: control segments come first, then what is sent again,
 * new octets, the FIN, and last an acknowledgement that found no company.
 *
 * @rfc 9293 3.8.6.3 MUST-58, MUST-59; 3168 6.1.1-decline
 */
export function nextSegment(now: Micros, tcb: Tcb, segment: Segment): Filled {
  segment.clear();
  if (tcb.path.generation !== tcb.paths.generation || now >= tcb.path.until) refreshPath(now, tcb);
  const control = takeControl(tcb);
  if (control !== undefined) {
    return fillControl(now, tcb, segment, control);
  }
  if (maySend(tcb)) {
    const again = tcb.parts.retransmission.next(tcb);
    if (again !== null) {
      fillAgain(now, tcb, segment, again);
      tcb.parts.retransmission.sentAgain(now, tcb, again);
      return 'again';
    }
    if (fillNew(now, tcb, segment)) return 'first';
    const spare = tcb.parts.retransmission.spare?.(tcb) ?? null;
    if (spare !== null) {
      fillAgain(now, tcb, segment, spare);
      tcb.parts.retransmission.sentAgain(now, tcb, spare);
      return 'again';
    }
  }
  const owed = tcb.ackNow || tcb.duplicatesOwed > 0;
  if (!owed || tcb.state === 'CLOSED' || tcb.state === 'LISTEN' || tcb.state === 'SYN-SENT') return 'nothing';
  if (!tcb.ackNow) tcb.duplicatesOwed--;
  fillHeader(now, tcb, segment, controlSeq(tcb), 0);
  return 'first';
}

/**
 * Where a segment without octets stands: at SND.NXT, unless that lies beyond a window that it never lay in. A probe of a
 * shut window does, and a FIN behind a full one: a peer that did not take it would refuse what stands after it, our ACKs,
 * our windows, our reset. What the peer offered once, and took back, it may have taken nevertheless; after it, what stands
 * before would be old.
 */
export function controlSeq({ snd, parts, synAcked, sentBeyond }: Tcb): Seq {
  const { sequence } = parts;
  if (!synAcked || sequence.lessOrEqual(snd.nxt, sequence.add(snd.una, snd.wnd))) return snd.nxt;
  return sentBeyond !== null && !sequence.less(sentBeyond, snd.una) ? sentBeyond : snd.nxt;
}

/** The last one gives the array's memory back: an idle connection keeps none. */
function takeControl({ output }: Tcb): Outgoing | undefined {
  if (output.length !== 1) return output.shift();
  const [control] = output;
  output.length = 0;
  return control;
}

function maySend(tcb: Tcb): boolean {
  return (
    tcb.state !== 'CLOSED' &&
    tcb.state !== 'LISTEN' &&
    tcb.state !== 'FIN-WAIT-2' &&
    tcb.state !== 'TIME-WAIT'
  );
}

function fillControl(now: Micros, tcb: Tcb, segment: Segment, control: Outgoing): Filled {
  segment.seq = control.seq;
  segment.flags = control.flags;
  if (control.ack !== undefined) {
    segment.flags |= ACK;
    segment.ack = control.ack;
    if (control.ack === tcb.rcv.nxt) acknowledgementSent(tcb);
  }
  if ((control.flags & RST) !== 0) {
    fillOptions(now, tcb, segment);
    return 'first';
  }
  const syn = (control.flags & SYN) !== 0;
  if (syn && tcb.synAcked) {
    // The peer has answered before this could leave: it needs no SYN of ours again, but the ACK of its own.
    fillHeader(now, tcb, segment, controlSeq(tcb), 0);
    return 'first';
  }
  segment.wnd = offerWindow(tcb, syn);
  if (!syn) {
    fillOptions(now, tcb, segment);
    return 'first';
  }
  fillSynOptions(now, tcb, segment);
  // A SYN of ours that is out already goes out again as SYN,ACK: one record holds both.
  const { queue } = tcb.recovery;
  if (queue.length > 0) {
    tcb.parts.retransmission.sentAgain(now, tcb, queue.at(0));
    return 'again';
  }
  remember(now, tcb, control.seq, 1, SYN);
  return 'first';
}

function fillAgain(now: Micros, tcb: Tcb, segment: Segment, record: SentSegment): void {
  const { snd, parts } = tcb;
  if ((record.flags & SYN) !== 0) {
    segment.seq = record.seq;
    segment.flags = SYN;
    if (tcb.state !== 'SYN-SENT') {
      segment.flags |= ACK;
      segment.ack = tcb.rcv.nxt;
      acknowledgementSent(tcb);
    }
    segment.wnd = offerWindow(tcb, true);
    fillSynOptions(now, tcb, segment);
    return;
  }
  const fin = record.flags & FIN;
  const length = record.len - fin;
  const offset = parts.sequence.distance(snd.una, record.seq) - unacknowledgedSyn(tcb);
  fillText(tcb, segment, offset, length);
  fillHeader(now, tcb, segment, record.seq, record.flags);
}

/**
 * New octets, and the FIN once the last of them goes.
 *
 * @rfc 9293 3.9.1.2 MUST-60, MUST-61, SHLD-27, SHLD-28, MAY-16, 3.8.6.1 MUST-35, MUST-36
 */
function fillNew(now: Micros, tcb: Tcb, segment: Segment): boolean {
  const { snd, parts, timers } = tcb;
  if (tcb.finSent || tcb.state === 'SYN-SENT' || tcb.state === 'SYN-RECEIVED') return false;
  const sentText = parts.sequence.distance(snd.una, snd.nxt) - unacknowledgedSyn(tcb);
  const unsent = tcb.sendBuffer.length - sentText;
  let length = unsent > 0 ? parts.sendWindow.nextPayload(now, tcb, unsent) : 0;
  if (length === 0) length = probePayload(tcb);
  if (length === 0 && unsent > 0) {
    if (!tcb.probe) {
      armPersist(now, tcb);
      return false;
    }
    // One octet beyond a shut window, or whatever a narrow one takes. RFC 9293 §3.8.6.1.
    length = Math.max(1, Math.min(unsent, snd.mss, snd.wnd));
  }
  // The acknowledgement that goes with the octets tells of those beyond a hole too.
  length = Math.min(length, snd.mss - tcb.sackBlocks.leastRoom);
  const fin = tcb.closing && length === unsent ? FIN : 0;
  if (length === 0 && fin === 0) return false;
  tcb.probe = false;
  timers.cancel('persist');
  fillText(tcb, segment, sentText, length);
  const flags = fin | (length > 0 && length === unsent ? PSH : 0);
  fillHeader(now, tcb, segment, snd.nxt, flags);
  remember(now, tcb, snd.nxt, length + fin, flags);
  snd.nxt = parts.sequence.add(snd.nxt, length + fin);
  const edge = parts.sequence.add(snd.una, snd.wnd);
  // Kept on, it would seem to lie ahead after 2^31 octets.
  if (tcb.sentBeyond !== null && parts.sequence.less(tcb.sentBeyond, snd.una)) tcb.sentBeyond = null;
  if (parts.sequence.less(edge, snd.nxt)) tcb.sentBeyond ??= edge;
  if (fin !== 0) {
    tcb.finSent = true;
    parts.connection.finSent(now, tcb);
  }
  return true;
}

/**
 * With nothing in flight no ACK will come to open the window: a timer must.
 *
 * @rfc 9293 3.8.6.1 MUST-36, SHLD-29, 3.8.6.2.1
 */
function armPersist(now: Micros, tcb: Tcb): void {
  if (tcb.snd.una !== tcb.snd.nxt || tcb.timers.isSet('persist')) return;
  tcb.timers.set('persist', now + (tcb.snd.wnd === 0 ? tcb.rto : tcb.settings.sillyWindowOverride));
}

function remember(now: Micros, tcb: Tcb, seq: Seq, len: Octets, flags: number): void {
  tcb.recovery.queue.push(now, seq, len, flags);
  tcb.parts.retransmission.sent(now, tcb);
  if (tcb.userTimeout.timeout > 0 && !tcb.timers.isSet('user-timeout')) watchWaiting(now, tcb);
}

function fillText(tcb: Tcb, segment: Segment, offset: Octets, length: Octets): void {
  if (length === 0) return;
  tcb.sendBuffer.view(offset, length, segment);
  if (length > tcb.path.largestSent) tcb.path.largestSent = length;
}

/** Every segment of an open connection carries the acknowledgement and the window. @rfc 9293 3.10.7.4 */
function fillHeader(now: Micros, tcb: Tcb, segment: Segment, seq: Seq, flags: number): void {
  segment.seq = seq;
  segment.flags = flags | ACK;
  segment.ack = tcb.rcv.nxt;
  segment.wnd = offerWindow(tcb, false);
  if (tcb.sendsUrgent) fillUrgent(tcb, segment);
  fillOptions(now, tcb, segment);
  acknowledgementSent(tcb);
}

function acknowledgementSent(tcb: Tcb): void {
  tcb.ackNow = false;
  tcb.options.lastAckSent = tcb.rcv.nxt;
  tcb.unacknowledgedText = 0;
  tcb.timers.cancel('delayed-ack');
}

/** 1 while our SYN holds the first number that is not acknowledged. */
function unacknowledgedSyn(tcb: Tcb): number {
  return tcb.synAcked ? 0 : 1;
}
