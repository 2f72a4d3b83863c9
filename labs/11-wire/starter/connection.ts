/** A connection, whole: from labs 03, 05 and 09. If you have one, keep it; nothing here is new. */
import type { CallError, Segment, Tcb, Tcp } from 'tcblab';

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

/** CLOSE. With `tcb.closing` set, a FIN goes out after the last octet that waits. @rfc 9293 3.10.4 */
export function close(tcb: Tcb, tcp: Tcp): CallError | null {
  // TODO: state by state. In which of them is there nothing to be told to a peer?
  throw new Error('close is not written yet');
}

/** Our FIN has just gone out. In which state does that change the state? @rfc 9293 3.10.4 */
export function finSent(tcb: Tcb, tcp: Tcp): void {
  // TODO
  throw new Error('finSent is not written yet');
}

/**
 * The fifth check in all states but SYN-RECEIVED; SND.UNA has moved already.
 *
 * @returns false to drop the rest of the segment @rfc 9293 3.10.7.4 fifth
 */
export function ackOfFin(tcb: Tcb, tcp: Tcp): boolean {
  // TODO: is our FIN acknowledged? Only some states ask.
  throw new Error('ackOfFin is not written yet');
}

/** The eighth check: a FIN, and all before it is here. RCV.NXT is its number. @rfc 9293 3.10.7.4 eighth */
export function finArrives(tcb: Tcb, tcp: Tcp): void {
  // TODO: RCV.NXT, an ACK, and the state.
  throw new Error('finArrives is not written yet');
}

/** The eighth check in TIME-WAIT: the peer sends its FIN again. @rfc 9293 3.10.7.4 eighth */
export function repeatedFin(tcb: Tcb, tcp: Tcp): void {
  // TODO
  throw new Error('repeatedFin is not written yet');
}

/** @rfc 9293 3.10.8 */
export function timeWaitTimeout(tcb: Tcb, tcp: Tcp): void {
  // TODO
  throw new Error('timeWaitTimeout is not written yet');
}

/** The first check: does any of the segment lie in the window? The four cases of a table. @rfc 9293 3.4 */
export function isAcceptable(tcb: Tcb, segment: Segment, tcp: Tcp): boolean {
  // TODO
  throw new Error('isAcceptable is not written yet');
}

/** The first check, when it does not. The segment is dropped; what is sent before that? @rfc 9293 3.10.7.4 first */
export function unacceptable(tcb: Tcb, segment: Segment, tcp: Tcp): void {
  // TODO
  throw new Error('unacceptable is not written yet');
}

/** The second check. @returns false to drop the rest of the segment @rfc 9293 3.10.7.4 second, 5961 3.2 */
export function checkReset(tcb: Tcb, segment: Segment, tcp: Tcp): boolean {
  // TODO
  throw new Error('checkReset is not written yet');
}

/** The fourth check: a SYN where none belongs. @returns false to drop the rest @rfc 9293 3.10.7.4 fourth, 5961 4.2 */
export function checkSyn(tcb: Tcb, segment: Segment, tcp: Tcp): boolean {
  // TODO
  throw new Error('checkSyn is not written yet');
}

/** ABORT. @rfc 9293 3.10.5 */
export function abort(tcb: Tcb, tcp: Tcp): void {
  // TODO
  throw new Error('abort is not written yet');
}
