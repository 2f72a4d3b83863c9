/**
 * A connection. You begin it here and go on in labs 05 and 09, in this one file; it follows RFC 9293 §3.10 check by check.
 *
 * What you are given: `tcb`, the connection's variables; `segment`, what has arrived; `tcp`, what you may call.
 */
import type { Segment, Tcb, Tcp } from 'tcblab';

/** OPEN, active: send a SYN. The state is CLOSED, and ISS was chosen. @rfc 9293 3.10.1 */
export function openActive(tcb: Tcb, tcp: Tcp): void {
  // TODO: SND.UNA, SND.NXT, the SYN, the state.
  throw new Error('openActive is not written yet');
}

/** OPEN, passive: wait for a SYN. @rfc 9293 3.10.1 */
export function openPassive(tcb: Tcb): void {
  // TODO
  throw new Error('openPassive is not written yet');
}

/** A segment for which there is no connection. @rfc 9293 3.10.7.1 */
export function closedArrives(segment: Segment, tcp: Tcp): void {
  // TODO: three cases. Which number can the peer not take for an old one?
  throw new Error('closedArrives is not written yet');
}

/** A segment for a listener: first its RST bit, second its ACK bit, third its SYN bit. @rfc 9293 3.10.7.2 */
export function listenArrives(tcb: Tcb, segment: Segment, tcp: Tcp): void {
  // TODO: IRS and RCV.NXT from the segment, then tcp.takeText(segment), then your own SYN, with an ACK.
  throw new Error('listenArrives is not written yet');
}

/** A segment in SYN-SENT: first ACK, second RST, fourth SYN, fifth the rest. @rfc 9293 3.10.7.3 */
export function synSentArrives(tcb: Tcb, segment: Segment, tcp: Tcp): void {
  // TODO
  throw new Error('synSentArrives is not written yet');
}

/** The fifth check in SYN-RECEIVED: is our SYN acknowledged? @returns false to drop it @rfc 9293 3.10.7.4 fifth */
export function ackOfSyn(tcb: Tcb, segment: Segment, tcp: Tcp): boolean {
  // TODO
  throw new Error('ackOfSyn is not written yet');
}
