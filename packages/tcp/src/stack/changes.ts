/** What its user is to be told of a connection: the difference between two looks at it. @rfc 9293 3.9.1.8 */
import type { State } from '../trace/event.ts';
import type { Connection } from './connection.ts';
import { Events } from './events.ts';

/** Bits of what the user was told, or is to be told when it changes. */
export const Seen = { FULL: 1, FINISHED: 2, SOFT_ERROR: 4 } as const;

/** What one look tells of changes since the last: event bits. @rfc 9293 3.6 MUST-12 */
export function changes(connection: Connection): number {
  const { tcb } = connection;
  let bits = 0;
  const { state } = tcb;
  if (state !== connection.seenState) {
    if (isOpening(connection.seenState) && !isOpening(state) && state !== 'CLOSED' && state !== 'LISTEN') {
      bits |= Events.CONNECTED | Events.WRITABLE;
    }
    if (state === 'CLOSED') bits |= Events.CLOSED;
    connection.seenState = state;
  }
  const available = connection.readable;
  if (available > connection.seenAvailable) bits |= Events.READABLE;
  connection.seenAvailable = available;
  if (tcb.finReceived && (connection.seen & Seen.FINISHED) === 0) {
    bits |= Events.PEER_FINISHED | Events.READABLE;
    connection.seen |= Seen.FINISHED;
  }
  const softError = tcb.softError !== null || tcb.unanswered;
  if (softError && (connection.seen & Seen.SOFT_ERROR) === 0 && connection.reports) bits |= Events.REPORT;
  connection.seen = softError ? connection.seen | Seen.SOFT_ERROR : connection.seen & ~Seen.SOFT_ERROR;
  if (tcb.urgentNews) {
    tcb.urgentNews = false;
    bits |= Events.URGENT;
  }
  if ((connection.seen & Seen.FULL) !== 0 && tcb.sendBuffer.free > 0) {
    bits |= Events.WRITABLE;
    connection.seen &= ~Seen.FULL;
  }
  return bits;
}

function isOpening(state: State): boolean {
  return state === 'CLOSED' || state === 'SYN-SENT' || state === 'SYN-RECEIVED' || state === 'LISTEN';
}
