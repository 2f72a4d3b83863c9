/** What poll() and epoll would say of a socket now. */
import type { Micros } from '@tcblab/tcp';
import type { Outcome, Socket, Waiting } from '../sut/socket-table.ts';
import { hasUrgent } from '../sut/transfer-calls.ts';

/** @param prefix of the flags' names */
export function ready(socket: Socket, prefix: 'POLL' | 'EPOLL'): string[] {
  const { connection, listener } = socket;
  const flags: string[] = [];
  if (listener !== null && listener.pending > 0) flags.push('IN');
  if (connection !== null) {
    const { state } = connection;
    const over = connection.error !== null || state === 'CLOSED';
    const opening = state === 'SYN-SENT' || state === 'SYN-RECEIVED';
    if (connection.readable > 0 || connection.ended || over) flags.push('IN');
    if (hasUrgent(socket)) flags.push('PRI');
    if ((connection.writable > 0 && !opening) || over) flags.push('OUT');
    if (connection.ended || over) flags.push('RDHUP');
    if (over) flags.push('HUP');
    if (connection.error !== null) flags.push('ERR');
  }
  return flags.map((flag) => `${prefix}${flag}`);
}

/** How long a call waits for something to be told. */
export class Patience {
  readonly #timeout: Micros;
  #limit: Micros | null = null;

  /** @param timeout in ms, counted from the first look; 0 = look once, negative = wait for ever */
  constructor(timeout: number) {
    this.#timeout = timeout < 0 ? Infinity : timeout * 1000;
  }

  /** Nothing is there to be told: wait, or give up with `nothing`. */
  over(now: Micros, nothing: Outcome): Outcome | Waiting {
    this.#limit ??= now + this.#timeout;
    return now >= this.#limit ? nothing : { until: this.#limit };
  }
}
