/** What a bad wire does to the frames of one direction: the decisions of `@tcblab/tcp/sim`, carried out in real time. */
import { createImpairment, isImpairable } from '@tcblab/tcp/sim';
import type { Impairment, ImpairmentSpec } from '@tcblab/tcp/sim';
import type { Micros, Octets } from '@tcblab/tcp';

/** What is to happen to one frame. The record is reused. */
export interface Verdict {
  /** How often it goes on: 0, 1 or 2. */
  readonly copies: number;
  readonly delay: Micros;
  /** What to note beside the frame; empty when nothing happens to it. */
  readonly note: string;
}

export class ImpairedDirection {
  readonly #impairment: Impairment;
  readonly #verdict = { copies: 1, delay: 0, note: '' };

  /**
   * @param direction number of the host that sends the frames
   * @throws MisuseError `impossible-impairment`
   */
  constructor(spec: ImpairmentSpec, seed: number, direction: number) {
    this.#impairment = createImpairment(spec, seed, direction);
  }

  /** Decide on the frame bytes[start, end), and flip its bit there if one is to be flipped. */
  decide(bytes: Uint8Array, start: number, end: number): Verdict {
    if (!isImpairable(bytes, start, end)) return UNTOUCHED;
    const length: Octets = end - start;
    const fate = this.#impairment.next(length);
    if (fate.copies === 1 && fate.delay === 0 && fate.flipBit < 0) return UNTOUCHED;
    const verdict = this.#verdict;
    verdict.copies = fate.copies;
    verdict.delay = fate.delay;
    verdict.note = this.#describe(fate.copies, fate.delay, fate.flipBit);
    if (fate.flipBit >= 0) bytes[start + (fate.flipBit >> 3)] ^= 0x80 >> (fate.flipBit & 7);
    return verdict;
  }

  #describe(copies: number, delay: Micros, flipBit: number): string {
    const parts = [`frame ${this.#impairment.count} of this direction`];
    if (copies === 0) return `${parts[0]} dropped`;
    if (copies > 1) parts.push('duplicated');
    if (delay > 0) parts.push(`delayed by ${delay} µs`);
    if (flipBit >= 0) parts.push(`bit ${flipBit} flipped`);
    return parts.join(', ');
  }
}

const UNTOUCHED: Verdict = { copies: 1, delay: 0, note: '' };
