/** Selective acknowledgements that we send: which octets beyond a hole are here already, the newest first. @rfc 2018 3, 4; 2883 4 */
import type { Octets, Seq } from '../units.ts';
import type { SackBlock, Segment } from '../wire/segment.ts';
import type { Tcb } from './tcb.ts';

/** No-operations, kind and length; then each block. @rfc 2018 3 */
const OPTION_HEADER: Octets = 4;
const BLOCK: Octets = 8;

const NONE: readonly SackBlock[] = [];

/** What a receiver has to report. Each block is one of the reassembler's ranges. */
export class SackBlocks {
  /** The one that a segment came into last stands first. @rfc 2018 4 */
  #blocks: readonly SackBlock[] = NONE;
  /** Octets that came a second time, to be told once. @rfc 2883 4 */
  #duplicate: SackBlock | null = null;

  /** Whether the next acknowledgement carries the option. */
  get any(): boolean {
    return this.#blocks.length > 0 || this.#duplicate !== null;
  }

  /** Octets that the option takes in a header when it carries at least one block; 0 = there is none to carry. */
  get leastRoom(): Octets {
    if (!this.any) return 0;
    return OPTION_HEADER + BLOCK;
  }

  /** Octets from `left` to `right` are about to be taken, or refused: note what of them is here already. @rfc 2883 4-first, 4-second */
  noteDuplicate({ rcv, parts: { sequence } }: Tcb, left: Seq, right: Seq): void {
    if (!sequence.less(left, right)) return;
    if (sequence.less(left, rcv.nxt)) {
      this.#duplicate = { left, right: sequence.less(rcv.nxt, right) ? rcv.nxt : right };
      return;
    }
    const inside = (block: SackBlock) =>
      sequence.lessOrEqual(block.left, left) && sequence.lessOrEqual(right, block.right);
    if (this.#blocks.some(inside)) this.#duplicate = { left, right };
  }

  /** A segment that begins with `left` was put behind a hole, if the reassembler had room for it. @rfc 2018 4-first, 8-renege */
  arrived({ rcv, reassembler, parts: { sequence } }: Tcb, left: Seq): void {
    const offset = sequence.distance(rcv.nxt, left);
    const range = reassembler.ranges.find(({ start, end }) => start <= offset && offset < end);
    if (range === undefined) return;
    const block = { left: sequence.add(rcv.nxt, range.start), right: sequence.add(rcv.nxt, range.end) };
    const apart = (other: SackBlock) =>
      sequence.less(other.left, block.left) || sequence.less(block.right, other.right);
    this.#blocks = [block, ...this.#blocks.filter(apart)];
  }

  /** RCV.NXT has moved on: what lies before it is acknowledged. */
  advanced({ rcv, parts: { sequence } }: Tcb): void {
    if (this.#blocks.length === 0) return;
    this.#blocks = this.#blocks.filter(({ right }) => sequence.less(rcv.nxt, right));
  }

  /**
   * Put the option into a segment.
   *
   * @param room octets that it may take; the header's own limit holds as well
   * @returns whether there was room for a block, or nothing to tell
   * @rfc 2018 3-len, 4-all, 4-acks, 4-fill; 2883 4-once
   */
  fill(segment: Segment, room: Octets): boolean {
    if (!this.any) return true;
    const most = (room - OPTION_HEADER) >> 3;
    if (most < 1) return false;
    const all = this.#duplicate === null ? this.#blocks : [this.#duplicate, ...this.#blocks];
    segment.sack = all.length <= most ? all : all.slice(0, most);
    this.#duplicate = null;
    return true;
  }

  clear(): void {
    this.#blocks = NONE;
    this.#duplicate = null;
  }
}
