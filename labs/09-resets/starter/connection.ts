/** What resets do to a connection. Where you have a `connection.ts` already, these functions belong at its end. */
import type { Segment, Tcb, Tcp } from 'tcblab';

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
