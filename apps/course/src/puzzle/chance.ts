/** Numbers that look drawn, and are the same for the same seed (mulberry32). */
export type Chance = () => number;

export function chanceOf(seed: number): Chance {
  let at = seed >>> 0;
  return () => {
    at = (at + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(at ^ (at >>> 15), at | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @returns a whole number from 0 up to but not `below` */
export function draw(chance: Chance, below: number): number {
  return Math.floor(chance() * below);
}

export function shuffled<T>(items: readonly T[], chance: Chance): T[] {
  const out = [...items];
  for (let at = out.length - 1; at > 0; at--) {
    const other = draw(chance, at + 1);
    [out[at], out[other]] = [out[other], out[at]];
  }
  return out;
}
