/** What poll() and epoll would say of a socket now. */
import type { Socket } from '../sut/socket-calls.ts';

/** @param prefix of the flags' names */
export function ready({ connection, listener }: Socket, prefix: 'POLL' | 'EPOLL'): string[] {
  const flags: string[] = [];
  if (listener !== null && listener.pending > 0) flags.push('IN');
  if (connection !== null) {
    const { state } = connection;
    const over = connection.error !== null || state === 'CLOSED';
    const opening = state === 'SYN-SENT' || state === 'SYN-RECEIVED';
    if (connection.readable > 0 || connection.ended || over) flags.push('IN');
    if ((connection.writable > 0 && !opening) || over) flags.push('OUT');
    if (connection.ended || over) flags.push('RDHUP');
    if (over) flags.push('HUP');
    if (connection.error !== null) flags.push('ERR');
  }
  return flags.map((flag) => `${prefix}${flag}`);
}
