/** Lab 04: octets in any order, put in order. @rfc 9293 3.10.7.4 */
import type { Range, Reassembler } from 'tcblab';

/** A run of octets beyond a hole; positions count from the begin of the stream. */
interface Run {
  readonly start: number;
  readonly octets: Uint8Array;
}

/** A peer that sends every second octet must not fill our memory. */
const MOST_RUNS = 256;

export function create(): Reassembler {
  /** In order, waiting for the application. */
  let ready: Uint8Array[] = [];
  let available = 0;
  /** Position of the next octet expected. */
  let next = 0;
  /** Sorted; none touches or overlaps another. */
  let runs: Run[] = [];

  return {
    get available(): number {
      return available;
    },
    get ranges(): readonly Range[] {
      return runs.map(({ start, octets }) => ({ start: start - next, end: start - next + octets.length }));
    },
    insert(offset, source, from, to): number {
      if (to <= from || (offset > 0 && runs.length >= MOST_RUNS)) return 0;
      runs = withRun(runs, { start: next + offset, octets: source.slice(from, to) });
      const [first] = runs;
      if (first.start > next) return 0;
      runs.shift();
      const fresh = first.octets.subarray(next - first.start);
      next += fresh.length;
      available += fresh.length;
      ready.push(fresh);
      return fresh.length;
    },
    read(into, from, to): number {
      let at = from;
      while (at < to && ready.length > 0) {
        const piece = ready[0].subarray(0, to - at);
        into.set(piece, at);
        at += piece.length;
        if (piece.length === ready[0].length) ready.shift();
        else ready[0] = ready[0].subarray(piece.length);
      }
      available -= at - from;
      return at - from;
    },
    clear(): void {
      ready = [];
      available = 0;
      runs = [];
    },
  };
}

/** `added` joined to all that it touches; where two have an octet, the one that was here stays. */
function withRun(runs: readonly Run[], added: Run): Run[] {
  const end = (run: Run): number => run.start + run.octets.length;
  const touching = runs.filter((run) => run.start <= end(added) && added.start <= end(run));
  const start = Math.min(added.start, ...touching.map((run) => run.start));
  const octets = new Uint8Array(Math.max(end(added), ...touching.map(end)) - start);
  octets.set(added.octets, added.start - start);
  for (const run of touching) octets.set(run.octets, run.start - start);
  return [...runs.filter((run) => !touching.includes(run)), { start, octets }].toSorted(
    (a, b) => a.start - b.start,
  );
}
