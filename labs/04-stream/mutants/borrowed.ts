/** Keeps a view of octets that are its caller's. */
import { create as solution } from '../../solution/reassembler.ts';
import type { Reassembler } from 'tcblab';

export const part = 'reassembler';
export const mistake = 'hands out octets that have been overwritten since';
export const clause = '9293 3.10.7.4 seventh';

export function create(): Reassembler {
  const inner = solution();
  const pieces: Uint8Array[] = [];
  return {
    get available() {
      return inner.available;
    },
    get ranges() {
      return inner.ranges;
    },
    insert(offset, source, from, to) {
      if (offset === 0) pieces.push(source.subarray(from, to));
      return inner.insert(offset, source, from, to);
    },
    read(into, from, to) {
      const count = inner.read(into, from, to);
      const [piece] = pieces.splice(0, 1);
      if (piece !== undefined) into.set(piece.subarray(0, count), from);
      return count;
    },
    clear: () => inner.clear(),
  };
}
