/**
 * The user timeout: how long data, or a SYN, may wait for its acknowledgement before the connection is given up; and the
 * option by which two ends tell each other how patient they are. @rfc 9293 3.8.3, 3.10.8; 5482
 */
import type { Micros } from '../units.ts';
import type { Settings } from './settings.ts';
import type { Tcb } from './tcb.ts';

/** Beside R2, which counts retransmissions: what the user, or the peer, wants. */
export interface UserTimeout {
  /** 0 = R2 decides; Infinity = never. @rfc 9293 3.8.3 MUST-21 */
  timeout: Micros;
  /** Since when something waits without progress. */
  waitsSince: Micros;
  /** ENABLED: the option is sent and obeyed. @rfc 5482 3.1 */
  enabled: boolean;
  /** CHANGEABLE: the user has not set a timeout, so the peer may move it. @rfc 5482 3.1 */
  changeable: boolean;
  /** ADV_UTO: what we tell the peer. @rfc 5482 3.1 */
  advertised: Micros;
  /** The option waits for a segment with room. */
  owed: boolean;
}

/** Of a new connection. */
export function userTimeoutOf(now: Micros, settings: Settings): UserTimeout {
  return {
    timeout: settings.userTimeout,
    waitsSince: now,
    enabled: Boolean(settings.userTimeoutOption),
    changeable: settings.userTimeout === 0,
    advertised: settings.userTimeout > 0 ? settings.userTimeout : settings.userTimeoutAdvertised,
    owed: false,
  };
}

/** Set by the user: the peer's wishes count no more. @rfc 9293 3.8.3 MUST-21; 5482 3.1-changeable */
export function setUserTimeout(now: Micros, tcb: Tcb, timeout: Micros): void {
  const { userTimeout } = tcb;
  userTimeout.timeout = timeout;
  userTimeout.changeable = false;
  if (timeout > 0 && timeout < Infinity) userTimeout.advertised = timeout;
  userTimeout.owed = userTimeout.enabled;
  watchWaiting(now, tcb);
}

/** Tell the peer how long we wait, and heed what it tells. @rfc 5482 3.1 */
export function advertiseUserTimeout(tcb: Tcb, timeout: Micros): void {
  const { userTimeout } = tcb;
  userTimeout.enabled = true;
  userTimeout.advertised = timeout;
  userTimeout.owed = true;
  // It may go out at once, and cannot be lost with nothing to show for it more cheaply than on an ACK of its own.
  if (tcb.synAcked) tcb.ackNow = true;
}

/** Whether a user timeout stands in for R2. */
export function replacesR2({ userTimeout }: Tcb): boolean {
  return userTimeout.timeout > 0;
}

/** Something may have begun to wait: run the timer while it does. */
export function watchWaiting(now: Micros, tcb: Tcb): void {
  const { userTimeout, timers } = tcb;
  if (userTimeout.timeout === 0 || userTimeout.timeout === Infinity) return timers.cancel('user-timeout');
  if (isWaiting(tcb)) timers.set('user-timeout', Math.max(now, userTimeout.waitsSince + userTimeout.timeout));
}

/** The peer has acknowledged something, or answered a probe of its shut window: it is there. @rfc 9293 3.8.6.1 MUST-37 */
export function progress(now: Micros, tcb: Tcb): void {
  tcb.userTimeout.waitsSince = now;
}

/** Octets were queued at `now`. */
export function waitBegins(now: Micros, tcb: Tcb, wasWaiting: boolean): void {
  if (!wasWaiting) tcb.userTimeout.waitsSince = now;
  if (tcb.userTimeout.timeout > 0 && !tcb.timers.isSet('user-timeout')) watchWaiting(now, tcb);
}

/** Whether anything waits for the peer. */
export function isWaiting({ snd, sendBuffer }: Tcb): boolean {
  return snd.una !== snd.nxt || sendBuffer.length > 0;
}

/**
 * The timer has fired. It is not set anew by each ACK, but looks since when nothing has moved.
 *
 * @returns false when the connection must be given up
 */
export function bearsOn(now: Micros, tcb: Tcb): boolean {
  if (!isWaiting(tcb)) return true;
  const { timeout, waitsSince } = tcb.userTimeout;
  if (now - waitsSince >= timeout) return false;
  tcb.timers.set('user-timeout', waitsSince + timeout);
  return true;
}

/** The granularity bit: minutes instead of seconds. @rfc 5482 3.3 */
const MINUTES = 0x8000;
const MOST = 0x7fff;
const SECOND: Micros = 1_000_000;
const MINUTE: Micros = 60 * SECOND;

/**
 * A timeout as the option's sixteen bits, rounded up; in minutes where seconds do not suffice.
 *
 * @returns never 0
 * @rfc 5482 3.3-format, 3.3-zero
 */
export function userTimeoutField(timeout: Micros): number {
  const seconds = Math.max(1, Math.ceil(timeout / SECOND));
  return seconds <= MOST ? seconds : MINUTES | Math.min(MOST, Math.ceil(timeout / MINUTE));
}

/** What the peer's option means for this connection; a timeout of 0 means nothing. @rfc 5482 3.1-range, 3.1-changeable, 3.3-zero */
export function takeUserTimeout(now: Micros, tcb: Tcb, field: number): void {
  const { userTimeout: own, settings } = tcb;
  const remote = (field & MOST) * ((field & MINUTES) === 0 ? SECOND : MINUTE);
  if (remote === 0 || !own.enabled || !own.changeable) return;
  const { userTimeoutLeast, userTimeoutMost } = settings;
  own.timeout = Math.min(userTimeoutMost, Math.max(own.advertised, remote, userTimeoutLeast));
  watchWaiting(now, tcb);
}
