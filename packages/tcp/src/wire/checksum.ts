/** The Internet checksum. Sums are one's complement and not inverted: 0xffff over a whole message means "right". */
import type { Octets } from '../units.ts';
import type { Address } from './address.ts';
import { viewOf } from './byte-view.ts';

/**
 * The one's complement sum of bytes[start, end) and `initial`.
 *
 * @param end at most 65,535 octets after `start`: no IP packet is longer
 * @param initial a sum to go on from, carries brought round or not, below 2^31; of an even number of octets
 * @returns 0 to 0xffff; an odd last octet counts as if a zero followed
 * @rfc 1071 1, 2; 9293 3.1
 */
export function checksum(bytes: Uint8Array, start: number, end: number, initial: number): number {
  const view = viewOf(bytes);
  // Little-endian, since that is the processor's own order: a sum of swapped octets is the swapped sum (RFC 1071 §2 B).
  let at = start | 0;
  const last = end | 0;
  // Much is added as doubles, which hold the sum of 2^21 words exactly: one addition for each word, where integers of
  // 32 bits need two and a shift to keep the carries.
  let long = 0;
  for (; at + 32 <= last; at += 32) {
    long +=
      view.getUint32(at, true) +
      view.getUint32(at + 4, true) +
      view.getUint32(at + 8, true) +
      view.getUint32(at + 12, true) +
      view.getUint32(at + 16, true) +
      view.getUint32(at + 20, true) +
      view.getUint32(at + 24, true) +
      view.getUint32(at + 28, true);
  }
  // Little is added as halves of words: turning integers into doubles and back takes longer than it saves.
  let sum = halves(long >>> 0) + halves(long / 2 ** 32);
  if (at + 16 <= last) {
    sum +=
      halves(view.getInt32(at, true)) +
      halves(view.getInt32(at + 4, true)) +
      halves(view.getInt32(at + 8, true)) +
      halves(view.getInt32(at + 12, true));
    at += 16;
  }
  for (; at + 4 <= last; at += 4) sum += halves(view.getInt32(at, true));
  if (at + 2 <= last) {
    sum += view.getUint16(at, true);
    at += 2;
  }
  if (at < last) sum += view.getUint8(at);
  const swapped = foldChecksum(sum);
  return foldChecksum((((swapped << 8) | (swapped >>> 8)) & 0xffff) + initial);
}

/**
 * The sum of the header that TCP pretends to have before its own.
 *
 * @param length octets of the segment, header included
 * @returns a sum below 2^20, its carries not yet brought round: the `initial` of `checksum`
 * @rfc 9293 3.1; 8200 8.1
 */
export function pseudoHeaderSum(
  source: Address,
  destination: Address,
  protocol: number,
  length: Octets,
): number {
  return addressSum(source) + addressSum(destination) + protocol + length;
}

/** Carry what stands above 16 bits round to the front, until nothing does. @rfc 1071 2 */
export function foldChecksum(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

function addressSum(address: Address): number {
  const last = halves(address.w3);
  if (address.version === 4) return last;
  return halves(address.w0) + halves(address.w1) + halves(address.w2) + last;
}

function halves(word: number): number {
  return (word >>> 16) + (word & 0xffff);
}
