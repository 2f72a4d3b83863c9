/** A listener's queues, and cookies in place of one of them. You get how full they are, and say who may come in. */
import type { KeyedHash, ListenerQueues, ListenerSettings, SynAckSent } from 'tcblab';

/** A SYN has come. What becomes of it? @rfc 4987 3.2, 3.3, 3.6 */
export function synArrives(
  queues: ListenerQueues,
  settings: ListenerSettings,
): 'keep' | 'recycle' | 'cookie' | 'drop' {
  // TODO
  throw new Error('synArrives is not written yet');
}

/** The third segment of a handshake has come. May it complete it? */
export function ackArrives(queues: ListenerQueues, settings: ListenerSettings): 'open' | 'drop' | 'reset' {
  // TODO
  throw new Error('ackArrives is not written yet');
}

/** No answer to the SYN,ACK came. @returns how long to wait for one to the next; null = forget the connection */
export function synAckTimeout(now: number, sent: SynAckSent, settings: ListenerSettings): number | null {
  // TODO
  throw new Error('synAckTimeout is not written yet');
}

/** The number that answers a SYN of which nothing is kept. @rfc 4987 3.6, A */
export function makeCookie(now: number, irs: number, mss: number, hash: KeyedHash): number {
  // TODO: what must be found in it again? How many bits has each?
  throw new Error('makeCookie is not written yet');
}

/** Whether `cookie` was given for that SYN, and not too long ago. @returns the segment size that it remembers */
export function readCookie(now: number, irs: number, cookie: number, hash: KeyedHash): number | null {
  // TODO
  throw new Error('readCookie is not written yet');
}
