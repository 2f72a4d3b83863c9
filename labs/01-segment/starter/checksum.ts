/** The Internet checksum. */

/** The one's complement sum of all words of 16 bits, added to `initial`, not inverted. @rfc 1071 1 */
export function checksum(bytes: Uint8Array, initial: number): number {
  // TODO
  throw new Error('checksum is not written yet');
}
