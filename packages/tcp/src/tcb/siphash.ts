/** SipHash-2-4, a keyed hash for short inputs, in 32-bit halves. */

/**
 * Hash `words` (little-endian 32-bit) under a key.
 *
 * The four 64-bit words of the state, v0 to v3, are pairs of local integers, so that nothing is written to memory: every
 * OPEN and every SYN pays for this.
 *
 * @param key 16 octets
 * @param words any number of 32-bit integers
 * @returns the low 32 bits of the 64-bit hash, unsigned
 */
export function sipHash(key: Uint8Array, words: readonly number[]): number {
  const k0 = word(key, 0);
  const k1 = word(key, 4);
  const k2 = word(key, 8);
  const k3 = word(key, 12);
  let a = 0x70736575 ^ k0;
  let aHigh = 0x736f6d65 ^ k1;
  let b = 0x6e646f6d ^ k2;
  let bHigh = 0x646f7261 ^ k3;
  let c = 0x6e657261 ^ k0;
  let cHigh = 0x6c796765 ^ k1;
  let d = 0x79746573 ^ k2;
  let dHigh = 0x74656462 ^ k3;
  // Pairs of words, the last of which carries the length in octets, modulo 256, in its top octet; then the end.
  const pairs = (words.length >> 1) + 1;
  for (let pair = 0; pair <= pairs; pair++) {
    const last = pair === pairs - 1;
    const low = pair === pairs || 2 * pair >= words.length ? 0 : words[2 * pair] | 0;
    const high = last ? (words.length * 4) << 24 : pair === pairs ? 0 : words[2 * pair + 1] | 0;
    let rounds = 2;
    if (pair === pairs) {
      c ^= 0xff;
      rounds = 4;
    } else {
      d ^= low;
      dHigh ^= high;
    }
    for (; rounds > 0; rounds--) {
      let sum = (a >>> 0) + (b >>> 0);
      a = sum | 0;
      aHigh = (aHigh + bHigh + (sum > 0xffff_ffff ? 1 : 0)) | 0;
      sum = (c >>> 0) + (d >>> 0);
      c = sum | 0;
      cHigh = (cHigh + dHigh + (sum > 0xffff_ffff ? 1 : 0)) | 0;
      let turned = ((b << 13) | (bHigh >>> 19)) ^ a;
      bHigh = ((bHigh << 13) | (b >>> 19)) ^ aHigh;
      b = turned;
      turned = ((d << 16) | (dHigh >>> 16)) ^ c;
      dHigh = ((dHigh << 16) | (d >>> 16)) ^ cHigh;
      d = turned;
      turned = a;
      a = aHigh;
      aHigh = turned;
      sum = (c >>> 0) + (b >>> 0);
      c = sum | 0;
      cHigh = (cHigh + bHigh + (sum > 0xffff_ffff ? 1 : 0)) | 0;
      sum = (a >>> 0) + (d >>> 0);
      a = sum | 0;
      aHigh = (aHigh + dHigh + (sum > 0xffff_ffff ? 1 : 0)) | 0;
      turned = ((b << 17) | (bHigh >>> 15)) ^ c;
      bHigh = ((bHigh << 17) | (b >>> 15)) ^ cHigh;
      b = turned;
      turned = ((d << 21) | (dHigh >>> 11)) ^ a;
      dHigh = ((dHigh << 21) | (d >>> 11)) ^ aHigh;
      d = turned;
      turned = c;
      c = cHigh;
      cHigh = turned;
    }
    if (pair < pairs) {
      a ^= low;
      aHigh ^= high;
    }
  }
  return (a ^ b ^ c ^ d) >>> 0;
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}
