/** Timestamps: the clock, which value is echoed, round-trip times from echoes, and PAWS. @rfc 7323 3, 4, 5 */
import type { Micros } from '../units.ts';
import { RST, SYN, type Segment } from '../wire/segment.ts';
import type { FourTuple } from './isn.ts';
import { sipHash } from './siphash.ts';
import type { Tcb } from './tcb.ts';

/** One tick of the timestamp clock: the finest that the RFC allows. @rfc 7323 5.4 */
export const TICK: Micros = 1_000;

/** A TS.Recent that is older than this tells nothing: by then the peer's clock may have gone half round. @rfc 7323 5.5 */
const OUTDATED: Micros = 24 * 86_400 * 1_000_000;

/** Told apart from the ISN's input, which is one word shorter. */
const PURPOSE = 0x5453;

/**
 * TSval at `now`.
 *
 * @param offset of the connection: `timestampOffset`
 * @returns unsigned 32-bit
 * @rfc 7323 5.4-clock
 */
export function timestamp(now: Micros, offset: number): number {
  return (Math.floor(now / TICK) + offset) >>> 0;
}

/**
 * What a connection adds to the clock, so that its timestamps do not tell a stranger how long the host is up. The same
 * for all connections between the same two ends: a new one goes on where an old one ended, as RFC 6191 needs it.
 *
 * @param secret 16 octets, kept for the life of the stack
 * @rfc 7323 5.4-offset
 */
export function timestampOffset(tuple: FourTuple, secret: Uint8Array): number {
  const { localAddress: l, remoteAddress: r } = tuple;
  const ports = (tuple.localPort << 16) | tuple.remotePort;
  return sipHash(secret, [l.w0, l.w1, l.w2, l.w3, r.w0, r.w1, r.w2, r.w3, ports, PURPOSE]) >>> 0;
}

/** `a` is older than `b`, on the ring of 2^32. @rfc 7323 5.2-cmp */
export function isOlder(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

/** What becomes of a segment by its timestamps alone. */
export type TimestampVerdict = 'good' | 'missing' | 'old';

/**
 * PAWS, before any look at sequence numbers. A segment without the option is `missing` it, and dropped, once the SYNs
 * agreed on timestamps; a reset is never looked at, nor is a SYN, which is challenged whatever it carries.
 *
 * @rfc 7323 3.2-tsecr, 3.2-drop, 3.2-noabort, 3.2-unneg, 5.2-rst, 5.3-order, 5.3-R1, 5.3-once, 5.5; 1337 3-F2
 */
export function checkTimestamps(now: Micros, tcb: Tcb, segment: Segment): TimestampVerdict {
  const { options } = tcb;
  options.echoed = -1;
  if (!options.timestamps || (segment.flags & RST) !== 0) return 'good';
  if (!segment.timestamps) return (segment.flags & SYN) === 0 ? 'missing' : 'good';
  if (now - options.tsRecentAt <= OUTDATED && isOlder(segment.tsVal, options.tsRecent)) return 'old';
  if (segment.hasAck) options.echoed = segment.tsEcr;
  return 'good';
}

/**
 * TS.Recent, from an acceptable segment: only one that reaches back to the last acknowledgement may set it, so that a
 * delayed ACK echoes the earliest segment that it acknowledges, and an ACK over a hole the last one before the hole.
 *
 * @rfc 7323 4.3-2, 4.3-A, 4.3-B, 4.3-C, 5.2-rst
 */
export function takeTimestamp(now: Micros, tcb: Tcb, segment: Segment): void {
  const { options, parts } = tcb;
  if (!options.timestamps || !segment.timestamps || (segment.flags & (RST | SYN)) !== 0) return;
  if (!parts.sequence.lessOrEqual(segment.seq, options.lastAckSent)) return;
  if (isOlder(segment.tsVal, options.tsRecent) && now - options.tsRecentAt <= OUTDATED) return;
  options.tsRecent = segment.tsVal;
  options.tsRecentAt = now;
}

/**
 * The round-trip time that the echo of the segment in hand tells: when the segment that caused the ACK was sent.
 *
 * @param since no segment of the connection is older: an echo of what was never sent tells nothing
 * @returns -1 = it tells none
 * @rfc 7323 4.1-rttm; 6298 3
 */
export function echoedRoundTrip(now: Micros, { options }: Tcb, since: Micros): Micros {
  if (options.echoed < 0) return -1;
  const ticks = (timestamp(now, options.tsOffset) - options.echoed) | 0;
  return ticks >= 0 && ticks * TICK <= now - since + TICK ? ticks * TICK : -1;
}
