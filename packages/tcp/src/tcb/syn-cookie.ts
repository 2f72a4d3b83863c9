/**
 * SYN cookies: an ISS from which the third segment of a handshake tells what the SYN was, so that nothing need be kept.
 *
 *      5 bits           3 bits        24 bits
 *     | counter mod 32 | MSS index | keyed hash |   all of it XORed with the peer's ISN
 *
 * What does not fit is lost: the MSS is rounded down to one of eight, and window scale and SACK are gone, unless the
 * peer echoes timestamps, which have room for both.
 *
 * @rfc 4987 3.6, A
 */
import type { Micros, Octets, Seq } from '../units.ts';
import { seq } from '../wire/seq.ts';
import type { FourTuple } from './isn.ts';
import { sipHash } from './siphash.ts';

/** What peers announce most: a floor, the defaults of IPv4 and IPv6, tunnels, Ethernet with and without PPPoE, jumbo frames. */
const MSS_TABLE: readonly Octets[] = [48, 536, 1220, 1360, 1400, 1440, 1460, 8940];

/** How fast the counter of a cookie moves. */
const TICK: Micros = 64_000_000;
/** A cookie is good in the tick in which it was made and in the next: 64 to 128 s. */
const TICKS_VALID = 2;
export const COOKIE_LIFETIME: Micros = TICKS_VALID * TICK;

/**
 * The ISS that answers a SYN.
 *
 * @param mss what the SYN announced, 536 where it announced nothing
 * @param secret 16 octets, kept for the life of the stack
 * @rfc 4987 3.6, A
 */
export function makeCookie(now: Micros, tuple: FourTuple, irs: Seq, mss: Octets, secret: Uint8Array): Seq {
  let index = MSS_TABLE.length - 1;
  while (index > 0 && MSS_TABLE[index] > mss) index--;
  const tick = Math.floor(now / TICK);
  return seq(((tick << 27) | (index << 24) | hash(tuple, irs, tick, index, secret)) ^ irs);
}

/**
 * Whether `cookie` is one that we gave for this SYN, and not too long ago.
 *
 * @param cookie SEG.ACK - 1 of the third segment
 * @returns the maximum segment size that the peer takes; null = it is not
 * @rfc 4987 3.6, A
 */
export function readCookie(
  now: Micros,
  tuple: FourTuple,
  irs: Seq,
  cookie: Seq,
  secret: Uint8Array,
): Octets | null {
  const fields = cookie ^ irs;
  const index = (fields >>> 24) & 7;
  const age = (Math.floor(now / TICK) - (fields >>> 27)) & 31;
  if (age >= TICKS_VALID) return null;
  const tick = Math.floor(now / TICK) - age;
  return (fields & 0xff_ffff) === hash(tuple, irs, tick, index, secret) ? MSS_TABLE[index] : null;
}

/** Of a TSval that remembers options: four bits of window scale, one of SACK. Linux has the same, and one for ECN. */
const STAMP_BITS = 0x3f;
const NO_SCALE = 0xf;
const SACK_PERMITTED = 0x10;

/**
 * A timestamp whose low bits remember what the SYN offered. It lies up to 64 ms before the clock's own, never after it.
 *
 * @param tsVal what the clock says, unsigned 32-bit
 * @param windowScale 0 to 14; -1 = none
 * @returns unsigned 32-bit
 * @rfc 4987 3.6-opts
 */
export function stampOptions(tsVal: number, windowScale: number, sackPermitted: boolean): number {
  const bits = (windowScale < 0 ? NO_SCALE : windowScale) | (sackPermitted ? SACK_PERMITTED : 0);
  const marked = (tsVal & ~STAMP_BITS) | bits;
  return (marked >>> 0 > tsVal ? marked - STAMP_BITS - 1 : marked) >>> 0;
}

/** What `stampOptions` put into a timestamp that came back. @param tsEcr unsigned 32-bit */
export function readStamp(tsEcr: number): { readonly windowScale: number; readonly sackPermitted: boolean } {
  const scale = tsEcr & NO_SCALE;
  return { windowScale: scale === NO_SCALE ? -1 : scale, sackPermitted: (tsEcr & SACK_PERMITTED) !== 0 };
}

/** Keeps these hashes apart from those of ISNs. */
const PURPOSE = 0x434f4f4b;

function hash(tuple: FourTuple, irs: Seq, tick: number, index: number, secret: Uint8Array): number {
  return keyedHash(tuple, secret, [irs, tick, index]) & 0xff_ffff;
}

/** A hash of both ends of a connection and of `words` that nobody without the secret can tell. @returns unsigned 32-bit */
export function keyedHash(tuple: FourTuple, secret: Uint8Array, words: readonly number[]): number {
  const { localAddress: l, remoteAddress: r } = tuple;
  const ports = (tuple.localPort << 16) | tuple.remotePort;
  return sipHash(secret, [l.w0, l.w1, l.w2, l.w3, r.w0, r.w1, r.w2, r.w3, ports, ...words, PURPOSE]);
}
