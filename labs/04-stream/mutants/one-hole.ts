/** Remembers the nearest run beyond a hole, and no other. */
import { create as solution } from '../../solution/reassembler.ts';
import type { Reassembler } from 'tcblab';

export const part = 'reassembler';
export const mistake = 'tells of one hole only, and fills the others with what it has not';
export const clause = '9293 3.10.7.4 seventh';

export function create(): Reassembler {
  const inner = solution();
  return {
    get available() {
      return inner.available;
    },
    get ranges() {
      return inner.ranges.slice(0, 1);
    },
    insert(offset, source, from, to) {
      const [first] = inner.ranges;
      // What lies behind the first run is taken for its continuation.
      const at = first !== undefined && offset > first.end ? first.end : offset;
      return inner.insert(at, source, from, to);
    },
    read: (into, from, to) => inner.read(into, from, to),
    clear: () => inner.clear(),
  };
}
