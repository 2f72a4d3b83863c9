/** Lab 06: the two queues of a listener, and cookies in place of one of them. @rfc 4987 3 */
import type { KeyedHash, ListenerQueues, ListenerSettings, SynAckSent } from 'tcblab';

export function synArrives(
  { backlog, halfOpen, acceptable }: ListenerQueues,
  { synBacklog, synCookies, recycleHalfOpen }: ListenerSettings,
): 'keep' | 'recycle' | 'cookie' | 'drop' {
  // Nobody takes what is open already: whoever comes now would wait in vain, cookie or not.
  if (acceptable > backlog) return 'drop';
  if (synCookies === 2) return 'cookie';
  if (halfOpen <= backlog && halfOpen < synBacklog) return 'keep';
  if (synCookies === 1) return 'cookie';
  return recycleHalfOpen ? 'recycle' : 'drop';
}

export function ackArrives(
  { backlog, acceptable }: ListenerQueues,
  { abortOnOverflow }: ListenerSettings,
): 'open' | 'drop' | 'reset' {
  if (acceptable <= backlog) return 'open';
  return abortOnOverflow ? 'reset' : 'drop';
}

const LONGEST_WAIT = 60_000_000;

export function synAckTimeout(now: number, sent: SynAckSent, settings: ListenerSettings): number | null {
  if (sent.transmissions > settings.synAckRetries) return null;
  if (now - sent.startedAt >= settings.synReceivedLimit) return null;
  return Math.min(LONGEST_WAIT, 2 * sent.rto);
}

/** Three bits say which of these the peer takes; the next one below what it announced. */
const SIZES = [48, 536, 1220, 1360, 1400, 1440, 1460, 8940];
const TICK = 64_000_000;

// A cookie: 5 bits of the time, 3 of the size, 24 of the hash; all of it moved on by the peer's number.

export function makeCookie(now: number, irs: number, mss: number, hash: KeyedHash): number {
  const index = Math.max(
    0,
    SIZES.findLastIndex((size) => size <= mss),
  );
  const tick = Math.floor(now / TICK);
  return ((((tick % 32) << 27) | (index << 24) | short(hash(irs, tick, index))) + irs) >>> 0;
}

export function readCookie(now: number, irs: number, cookie: number, hash: KeyedHash): number | null {
  const fields = (cookie - irs) >>> 0;
  const index = (fields >>> 24) & 7;
  const current = Math.floor(now / TICK);
  for (const tick of [current, current - 1]) {
    if (fields >>> 27 === ((tick % 32) + 32) % 32 && (fields & 0xffffff) === short(hash(irs, tick, index)))
      return SIZES[index];
  }
  return null;
}

function short(hash: number): number {
  return hash & 0xffffff;
}
