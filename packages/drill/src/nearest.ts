/** The name that was probably meant, for error messages. */

/**
 * The candidate with the fewest edits from `name`, letter case aside.
 *
 * @returns null when even the best differs in more than a third of its letters
 */
export function nearest(name: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  let least = Infinity;
  for (const candidate of candidates) {
    const distance = edits(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best !== null && least <= Math.max(1, Math.floor(best.length / 3)) ? best : null;
}

/** Letters to put in, take out, change, or swap with their neighbour (optimal string alignment). */
function edits(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const change = row[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      next.push(Math.min(change, row[j] + 1, next[j - 1] + 1, swapped ? before[j - 2] + 1 : Infinity));
    }
    before = row;
    row = next;
  }
  return row[to.length];
}
