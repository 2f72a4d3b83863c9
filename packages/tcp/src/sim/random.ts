/**
 * The seeded generator behind every impairment and every virtual network: sfc32, four words of state, equal on every
 * machine and in every engine. Not for secrets.
 */

/** Draws a uniform unsigned 32-bit number. */
export type Random = () => number;

/**
 * A generator for one purpose.
 *
 * @param seed what the user chose, printed with every run; any integer, taken modulo 2^32
 * @param stream which of the run's purposes this is, so that two never share numbers; any integer
 */
export function createRandom(seed: number, stream = 0): Random {
  let a = seed | 0;
  let b = stream | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  function next(): number {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
  // Neighbouring seeds give unrelated numbers only after the state has been stirred.
  for (let round = 0; round < 15; round++) next();
  return next;
}

/** A number in [0, 1) from one draw. */
export function fraction(random: Random): number {
  return random() / 0x1_0000_0000;
}
