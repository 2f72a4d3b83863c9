/** The retransmission queue: one record for each segment that was sent and takes up sequence space, oldest first. @rfc 9293 3.4 */
import type { Micros, Octets, Seq } from '../units.ts';
import { FIN, PSH, SYN } from '../wire/segment.ts';
import type { SequencePart } from './sequence.ts';

export interface SentSegment {
  seq: Seq;
  /** Octets of sequence space, SYN and FIN counting one each. */
  len: Octets;
  /** SYN, FIN and PSH as they were sent. */
  flags: number;
  /** When it was sent last. */
  sentAt: Micros;
  /** How often it was sent. */
  transmissions: number;
  /** Taken for lost: not counted in flight, to be sent again. */
  lost: boolean;
}

/** A queue of records that are used again, so that a steady flow makes no garbage. */
export class RetransmitQueue {
  readonly #sequence: SequencePart;
  readonly #records: SentSegment[] = [];
  #head = 0;
  #length = 0;
  #lostOctets: Octets = 0;

  constructor(sequence: SequencePart) {
    this.#sequence = sequence;
  }

  get length(): number {
    return this.#length;
  }

  /** Octets of the records that are taken for lost. */
  get lostOctets(): Octets {
    return this.#lostOctets;
  }

  /** The record at `index`, 0 = oldest. */
  at(index: number): SentSegment {
    return this.#records[(this.#head + index) % this.#records.length];
  }

  push(now: Micros, seq: Seq, len: Octets, flags: number): SentSegment {
    if (this.#length === this.#records.length) this.#grow();
    const record = this.at(this.#length);
    record.seq = seq;
    record.len = len;
    record.flags = flags;
    record.sentAt = now;
    record.transmissions = 1;
    record.lost = false;
    this.#length++;
    return record;
  }

  /** Cut off what lies before `una`. A record that is acknowledged in part keeps its tail. */
  release(una: Seq): void {
    while (this.#length > 0) {
      const first = this.at(0);
      const acked = this.#sequence.distance(first.seq, una);
      if (acked <= 0) return;
      if (acked < first.len) {
        if (first.lost) this.#lostOctets -= acked;
        first.seq = this.#sequence.add(first.seq, acked);
        first.len -= acked;
        return;
      }
      if (first.lost) this.#lostOctets -= first.len;
      this.#head = (this.#head + 1) % this.#records.length;
      this.#length--;
    }
  }

  markLost(record: SentSegment): void {
    if (record.lost) return;
    record.lost = true;
    this.#lostOctets += record.len;
  }

  markAllLost(): void {
    for (let i = 0; i < this.#length; i++) this.markLost(this.at(i));
  }

  /** The oldest record taken for lost; null = none. */
  firstLost(): SentSegment | null {
    if (this.#lostOctets === 0) return null;
    for (let i = 0; i < this.#length; i++) {
      const record = this.at(i);
      if (record.lost) return record;
    }
    return null;
  }

  /** `record` goes out once more. */
  sentAgain(now: Micros, record: SentSegment): void {
    if (record.lost) this.#lostOctets -= record.len;
    record.lost = false;
    record.sentAt = now;
    record.transmissions++;
  }

  /**
   * Cut every record to pieces of at most `piece` octets of text. Those that carry more than `fits` are lost, in all
   * their pieces.
   *
   * @returns the oldest of the lost; null = none
   */
  cut(piece: Octets, fits: Octets): SentSegment | null {
    const pieces: SentSegment[] = [];
    let first: SentSegment | null = null;
    for (let i = 0; i < this.#length; i++) {
      const record = this.at(i);
      pieces.push(record);
      const text = record.len - (record.flags & FIN);
      if ((record.flags & SYN) !== 0 || text <= Math.min(piece, fits)) continue;
      this.markLost(record);
      first ??= record;
      while (record.len - (record.flags & FIN) > piece) {
        // The record itself stays the last piece until all others are cut off before it.
        const head = { ...record, len: piece, flags: record.flags & ~(FIN | PSH) };
        record.seq = this.#sequence.add(record.seq, piece);
        record.len -= piece;
        pieces.splice(-1, 0, head);
      }
    }
    this.#records.splice(0, this.#records.length, ...pieces);
    this.#head = 0;
    this.#length = pieces.length;
    return first === null ? null : this.firstLost();
  }

  clear(): void {
    this.#head = 0;
    this.#length = 0;
    this.#lostOctets = 0;
  }

  #grow(): void {
    const inOrder = Array.from({ length: this.#length }, (_, i) => this.at(i));
    const room = Math.max(4, this.#length * 2);
    while (inOrder.length < room) {
      inOrder.push({ seq: 0 as Seq, len: 0, flags: 0, sentAt: 0, transmissions: 0, lost: false });
    }
    this.#records.splice(0, this.#records.length, ...inOrder);
    this.#head = 0;
  }
}
