/** Urgent data: a pointer ahead in the stream, each way. The octets themselves stay in line. @rfc 9293 3.8.5; 6093 */
import type { Octets } from '../units.ts';
import { URG, type Segment } from '../wire/segment.ts';
import type { Tcb } from './tcb.ts';

/** All that waits to be sent is urgent: SND.UP is the number of the octet after it. @rfc 9293 3.10.2, 3.8.5 MUST-30 */
export function markUrgent(tcb: Tcb): void {
  const before = tcb.synAcked ? 0 : 1;
  tcb.snd.up = tcb.parts.sequence.add(tcb.snd.una, tcb.sendBuffer.length + before);
  tcb.sendsUrgent = true;
}

/**
 * Put the urgent pointer on a segment that stands before SND.UP. Farther than its 16 bits, it says as far as they can.
 *
 * @rfc 9293 3.8.5 MUST-31, MUST-62
 */
export function fillUrgent(tcb: Tcb, segment: Segment): void {
  const { snd, parts } = tcb;
  if (!parts.sequence.less(snd.una, snd.up)) {
    tcb.sendsUrgent = false;
    return;
  }
  const ahead = parts.sequence.distance(segment.seq, snd.up);
  if (ahead <= 0) return;
  segment.flags |= URG;
  segment.up = Math.min(65_535, ahead);
}

/** The peer's pointer has moved: the user is to be told. @rfc 9293 3.10.7.4 sixth, 3.8.5 MUST-32 */
export function pointUrgent(tcb: Tcb): void {
  tcb.urgentUntil = tcb.rcv.up;
  tcb.urgentNews = true;
}

/** Octets that the user has yet to receive until urgent data ends; 0 = none is on its way. @rfc 9293 3.8.5 MUST-33 */
export function urgentLeft(tcb: Tcb): Octets {
  if (tcb.urgentUntil === null) return 0;
  const { reassembler, parts, rcv, finReceived } = tcb;
  const unread = reassembler.available + (finReceived ? 1 : 0);
  const left = parts.sequence.distance(rcv.nxt, tcb.urgentUntil) + unread;
  if (left <= 0) tcb.urgentUntil = null;
  return Math.max(0, left);
}
