/** What a listener decides: which SYNs to keep, which handshakes to complete, how often to ask again. @rfc 4987 */
import type { Micros, Octets, Seq } from '../units.ts';
import type { FourTuple } from './isn.ts';
import { backOff } from './rtt.ts';
import { SYN_COOKIES, type Settings } from './settings.ts';
import { makeCookie, readCookie } from './syn-cookie.ts';

/** How full a listener's queues are. */
export interface ListenerQueues {
  /** How long the accept queue may be: the smaller of what LISTEN named and `somaxconn`. */
  readonly backlog: number;
  /** The SYN queue: connections in SYN-RECEIVED. */
  readonly halfOpen: number;
  /** The accept queue: connections that are open and wait for accept(). */
  readonly acceptable: number;
}

/** What is known of the SYN,ACK that a half-open connection has sent. */
export interface SynAckSent {
  /** When the SYN came. */
  readonly startedAt: Micros;
  /** How often the SYN,ACK has gone out. */
  readonly transmissions: number;
  /** How long this wait was. */
  readonly rto: Micros;
}

export interface ListenerPart {
  /**
   * A SYN has come that belongs to no connection.
   *
   * @returns `keep`: give it a place in the SYN queue; `recycle`: the same, and the oldest half-open connection goes;
   * `cookie`: answer it and keep nothing; `drop`: silence, its sender will try again
   * @rfc 4987 3
   */
  synArrives(queues: ListenerQueues, settings: Settings): 'keep' | 'recycle' | 'cookie' | 'drop';
  /**
   * A segment has come that completes a handshake.
   *
   * @returns `open`: it goes to the accept queue; `drop`: as if the segment were lost; `reset`: the peer is sent away
   */
  ackArrives(queues: ListenerQueues, settings: Settings): 'open' | 'drop' | 'reset';
  /**
   * No answer to the SYN,ACK came in time.
   *
   * @returns how long to wait after it has been sent once more; null = forget the connection
   * @rfc 4987 4, 9293 3.8.3 MUST-20
   */
  synAckTimeout(now: Micros, sent: SynAckSent, settings: Settings): Micros | null;
  /**
   * The ISS that answers a SYN of which nothing is kept.
   *
   * @param irs the SYN's number
   * @param mss what it announced, 536 where it announced nothing
   * @param secret 16 octets, kept for the life of the stack
   * @rfc 4987 3.6
   */
  makeCookie(now: Micros, tuple: FourTuple, irs: Seq, mss: Octets, secret: Uint8Array): Seq;
  /**
   * Whether `cookie` is one that was given for that SYN, and not too long ago.
   *
   * @returns the maximum segment size that it remembers; null = it is not
   * @rfc 4987 3.6
   */
  readCookie(now: Micros, tuple: FourTuple, irs: Seq, cookie: Seq, secret: Uint8Array): Octets | null;
}

/** One more than the backlog fits into each queue, as in BSD and Linux, so that a backlog of 0 still works. */
function synArrives(queues: ListenerQueues, settings: Settings): 'keep' | 'recycle' | 'cookie' | 'drop' {
  const { backlog, halfOpen, acceptable } = queues;
  // Whoever completes a handshake now would wait in vain: no cookie helps against a slow application.
  if (acceptable > backlog) return 'drop';
  if (settings.synCookies === SYN_COOKIES.always) return 'cookie';
  if (halfOpen <= backlog && halfOpen < settings.synBacklog) return 'keep';
  if (settings.synCookies === SYN_COOKIES.whenFull) return 'cookie';
  return settings.recycleHalfOpen ? 'recycle' : 'drop';
}

function ackArrives({ backlog, acceptable }: ListenerQueues, settings: Settings): 'open' | 'drop' | 'reset' {
  if (acceptable <= backlog) return 'open';
  return settings.abortOnOverflow ? 'reset' : 'drop';
}

function synAckTimeout(now: Micros, sent: SynAckSent, settings: Settings): Micros | null {
  if (sent.transmissions > settings.synAckRetries) return null;
  if (now - sent.startedAt >= settings.synReceivedLimit) return null;
  return backOff(sent.rto, settings);
}

/** @rfc 4987 3.2, 3.3, 3.4, 3.5, 3.7, 4-default, 4-rexmit */
export const listener: ListenerPart = { synArrives, ackArrives, synAckTimeout, makeCookie, readCookie };
