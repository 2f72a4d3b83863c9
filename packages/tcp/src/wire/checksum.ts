/** The Internet checksum. Sums are one's complement and not inverted: 0xffff over a whole message means "right". */
import type { Octets } from '../units.ts';
import type { Address } from './address.ts';
import { viewOf } from './byte-view.ts';

/**
 * The one's complement sum of bytes[start, end) and `initial`.
 *
 * @param end at most 65,535 octets after `start`: no IP packet is longer
 * @param initial a sum to go on from, 0 to 0xffff; it must cover an even number of octets
 * @returns 0 to 0xffff; an odd last octet counts as if a zero followed
 * @rfc 1071 1, 2; 9293 3.1
 */
export function checksum(bytes: Uint8Array, start: number, end: number, initial: number): number {
  const view = viewOf(bytes);
  // Two running sums: of the whole words modulo 2^32, and of their high halves. The sum of the low halves is their
  // difference, which saves a mask for each word. 65,535 octets keep either far below 2^32.
  let words = 0;
  let highs = 0;
  let at = start;
  for (; at + 16 <= end; at += 16) {
    // Little-endian, since that is the processor's own order; sums of swapped octets are swapped sums (RFC 1071 §2 B).
    const a = view.getInt32(at, true);
    const b = view.getInt32(at + 4, true);
    const c = view.getInt32(at + 8, true);
    const d = view.getInt32(at + 12, true);
    words = (words + a + b + c + d) | 0;
    highs = (highs + (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16)) | 0;
  }
  for (; at + 4 <= end; at += 4) {
    const a = view.getInt32(at, true);
    words = (words + a) | 0;
    highs = (highs + (a >>> 16)) | 0;
  }
  if (at + 2 <= end) {
    words = (words + view.getUint16(at, true)) | 0;
    at += 2;
  }
  if (at < end) words = (words + view.getUint8(at)) | 0;
  const lows = (words - (highs << 16)) >>> 0;
  const swapped = foldChecksum((lows & 0xffff) + (lows >>> 16) + (highs & 0xffff) + (highs >>> 16));
  return foldChecksum((((swapped << 8) | (swapped >>> 8)) & 0xffff) + initial);
}

/**
 * The sum of the header that TCP pretends to have before its own.
 *
 * @param length octets of the segment, header included
 * @returns 0 to 0xffff, as `initial` of `checksum`
 * @rfc 9293 3.1; 8200 8.1
 */
export function pseudoHeaderSum(
  source: Address,
  destination: Address,
  protocol: number,
  length: Octets,
): number {
  // The unused words of an IPv4 address are 0, so one sum serves both versions.
  return foldChecksum(addressSum(source) + addressSum(destination) + protocol + length);
}

/** Carry what stands above 16 bits round to the front, until nothing does. @rfc 1071 2 */
export function foldChecksum(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

function addressSum({ w0, w1, w2, w3 }: Address): number {
  return halves(w0) + halves(w1) + halves(w2) + halves(w3);
}

function halves(word: number): number {
  return (word >>> 16) + (word & 0xffff);
}
