/** Throws away what lies beyond a hole. */
import { create as solution } from '../../solution/reassembler.ts';
import type { Reassembler } from 'tcblab';

export const part = 'reassembler';
export const mistake = 'keeps nothing beyond a hole';
export const clause = '9293 3.10.7.4 seventh';

export function create(): Reassembler {
  const inner = solution();
  return {
    get available() {
      return inner.available;
    },
    get ranges() {
      return inner.ranges;
    },
    insert: (offset, source, from, to) => (offset > 0 ? 0 : inner.insert(offset, source, from, to)),
    read: (into, from, to) => inner.read(into, from, to),
    clear: () => inner.clear(),
  };
}
