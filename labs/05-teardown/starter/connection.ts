/** A connection's teardown. Where you have a `connection.ts` from lab 03 already, these functions belong at its end. */
import type { CallError, Tcb, Tcp } from 'tcblab';

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
