/** Lab 01: the Internet checksum. @rfc 1071 1 */

export function checksum(bytes: Uint8Array, initial: number): number {
  let sum = initial;
  for (let at = 0; at < bytes.length; at += 2) {
    // An odd last octet counts as if a zero followed.
    sum += (bytes[at] << 8) | (bytes[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}
