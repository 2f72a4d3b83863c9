/** The bytes of a bulk transfer: each octet follows from its place in the stream, so both ends know them unasked. */
import type { Octets } from '@tcblab/tcp';

/** The octet at a position of the stream, the first being 0. Shifted, lost or repeated stretches do not look alike. */
export function patternOctet(position: Octets): number {
  return (position + (position >>> 8) * 7 + (position >>> 16) * 29) & 0xff;
}

/** Fill `into[from, to)` with the octets that begin at `position`. */
export function fillPattern(into: Uint8Array, from: number, to: number, position: Octets): void {
  for (let i = from; i < to; i++) into[i] = patternOctet(position + i - from);
}

/** @returns index of the first octet of `bytes[from, to)` that is not the pattern's; -1 when all are */
export function findStranger(bytes: Uint8Array, from: number, to: number, position: Octets): number {
  for (let i = from; i < to; i++) if (bytes[i] !== patternOctet(position + i - from)) return i;
  return -1;
}
