/** SipHash-2-4, a keyed hash for short inputs, in 32-bit halves. */

/** Rotate and add on 64-bit words kept as [low, high] pairs in one Int32Array: v0 v1 v2 v3. */
const v = new Int32Array(8);

/**
 * Hash `words` (little-endian 32-bit) under a key.
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
  v[0] = 0x70736575 ^ k0;
  v[1] = 0x736f6d65 ^ k1;
  v[2] = 0x6e646f6d ^ k2;
  v[3] = 0x646f7261 ^ k3;
  v[4] = 0x6e657261 ^ k0;
  v[5] = 0x6c796765 ^ k1;
  v[6] = 0x79746573 ^ k2;
  v[7] = 0x74656462 ^ k3;
  const whole = words.length & ~1;
  for (let i = 0; i < whole; i += 2) absorb(words[i], words[i + 1]);
  // The last word carries the length in octets, modulo 256, in its top octet.
  const tail = (words.length * 4) << 24;
  if (whole < words.length) absorb(words[whole], tail);
  else absorb(0, tail);
  v[4] ^= 0xff;
  round();
  round();
  round();
  round();
  return (v[0] ^ v[2] ^ v[4] ^ v[6]) >>> 0;
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

function absorb(low: number, high: number): void {
  v[6] ^= low;
  v[7] ^= high;
  round();
  round();
  v[0] ^= low;
  v[1] ^= high;
}

function round(): void {
  add(0, 2);
  add(4, 6);
  rotate(2, 13);
  rotate(6, 16);
  mix(2, 0);
  mix(6, 4);
  rotate(0, 32);
  add(4, 2);
  add(0, 6);
  rotate(2, 17);
  rotate(6, 21);
  mix(2, 4);
  mix(6, 0);
  rotate(4, 32);
}

function add(to: number, from: number): void {
  const low = (v[to] >>> 0) + (v[from] >>> 0);
  v[to] = low;
  v[to + 1] = v[to + 1] + v[from + 1] + (low > 0xffff_ffff ? 1 : 0);
}

function mix(to: number, from: number): void {
  v[to] ^= v[from];
  v[to + 1] ^= v[from + 1];
}

function rotate(at: number, by: number): void {
  const low = v[at];
  const high = v[at + 1];
  if (by === 32) {
    v[at] = high;
    v[at + 1] = low;
    return;
  }
  v[at] = (low << by) | (high >>> (32 - by));
  v[at + 1] = (high << by) | (low >>> (32 - by));
}
