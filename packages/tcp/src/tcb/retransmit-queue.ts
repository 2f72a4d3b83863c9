/**
 * The retransmission queue: one record for each segment that was sent and takes up sequence space, oldest first. It is
 * also the scoreboard: what became of each segment as far as the sender knows. @rfc 9293 3.4, 6675 4
 */
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
  /** The peer says that it has it, though not everything before it. @rfc 2018 5 */
  sacked: boolean;
  /** Sent again though nothing says that it is lost: two copies are in flight. @rfc 6675 4 */
  doubled: boolean;
}

/** SACKed segments, or SACKed octets worth so many, beyond which an older segment is lost. @rfc 6675 2 */
const DUP_THRESH = 3;

/** What every queue has until something is sent; never written to. */
const NONE: SentSegment[] = [];

/** A queue of records that are used again, so that a steady flow makes no garbage. */
export class RetransmitQueue {
  readonly #sequence: SequencePart;
  #records = NONE;
  #head = 0;
  #length = 0;
  #lostOctets: Octets = 0;
  #sackedOctets: Octets = 0;
  #doubledOctets: Octets = 0;
  #sackedSegments = 0;
  // Places below count records since the queue was made, so that they stay right when old ones leave.
  #released = 0;
  /** No record before this place is lost. */
  #lostFrom = 0;
  /** Behind the furthest SACKed record. */
  #sackedTo = 0;
  /** Every record before this place was looked at by `markLostBySack`. */
  #judgedTo = 0;

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

  /** Octets that the peer has beyond a hole. */
  get sackedOctets(): Octets {
    return this.#sackedOctets;
  }

  /** Segments that the peer has beyond a hole. */
  get sackedSegments(): number {
    return this.#sackedSegments;
  }

  /** What of the queue is not in flight: octets that are lost or have arrived, less those in flight twice. */
  get absentOctets(): Octets {
    return this.#lostOctets + this.#sackedOctets - this.#doubledOctets;
  }

  /** The record at `index`, 0 = oldest. */
  at(index: number): SentSegment {
    return this.#records[(this.#head + index) % this.#records.length];
  }

  /** The index of the oldest record that does not begin before `seq`; `length` = there is none. */
  indexOf(seq: Seq): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sequence.less(this.at(middle).seq, seq)) low = middle + 1;
      else high = middle;
    }
    return low;
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
    record.sacked = false;
    record.doubled = false;
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
        this.#count(first, -acked);
        first.seq = this.#sequence.add(first.seq, acked);
        first.len -= acked;
        return;
      }
      this.#count(first, -first.len);
      if (first.sacked) this.#sackedSegments--;
      this.#head = (this.#head + 1) % this.#records.length;
      this.#length--;
      this.#released++;
    }
    // A record that was alone served a handshake or a question: an idle connection keeps none.
    if (this.#length === 0 && this.#records.length === 1) this.#records = NONE;
  }

  markLost(index: number): void {
    const record = this.at(index);
    if (record.lost || record.sacked) return;
    this.#count(record, -record.len);
    record.doubled = false;
    record.lost = true;
    this.#count(record, record.len);
    this.#lostFrom = Math.min(this.#lostFrom, this.#released + index);
  }

  markAllLost(): void {
    for (let i = 0; i < this.#length; i++) this.markLost(i);
  }

  /** The peer has this record. @returns whether that is news */
  markSacked(index: number): boolean {
    const record = this.at(index);
    if (record.sacked) return false;
    this.#count(record, -record.len);
    record.lost = false;
    record.doubled = false;
    record.sacked = true;
    this.#count(record, record.len);
    this.#sackedSegments++;
    this.#sackedTo = Math.max(this.#sackedTo, this.#released + index + 1);
    return true;
  }

  /** Take back what the peer said of octets beyond holes: it may have thrown them away. @rfc 2018 5-rto, 5.1, 8-keep */
  forgetSacked(): void {
    for (let i = 0; this.#sackedSegments > 0 && i < this.#length; i++) {
      const record = this.at(i);
      if (record.sacked) this.#sackedSegments--;
      record.sacked = false;
    }
    this.#sackedOctets = 0;
    this.#sackedTo = 0;
    this.#judgedTo = 0;
  }

  /**
   * How many of the oldest records lie below enough SACKed data to be lost: three separate runs of it, or more octets
   * than two full segments hold. Those among them that are SACKed, or were sent again, count as well.
   *
   * @rfc 6675 4-islost
   */
  lostBySack(smss: Octets): number {
    let octets = 0;
    let runs = 0;
    let inRun = false;
    for (let i = this.#sackedTo - this.#released - 1; i >= 0; i--) {
      const { sacked, len } = this.at(i);
      if (sacked) {
        if (!inRun) runs++;
        octets += len;
        // Whatever lies before this one has it above.
        if (runs >= DUP_THRESH || octets > (DUP_THRESH - 1) * smss) return i;
      }
      inRun = sacked;
    }
    return 0;
  }

  /** Mark the oldest `count` records lost, but for those that arrived or were sent again since the time `since`. */
  markLostBefore(count: number, since: Micros): void {
    for (let i = Math.max(0, this.#judgedTo - this.#released); i < count; i++) {
      const record = this.at(i);
      if (record.transmissions === 1 || record.sentAt < since) this.markLost(i);
      else if (record.doubled) this.#single(record);
    }
    this.#judgedTo = Math.max(this.#judgedTo, this.#released + count);
  }

  /** The oldest record taken for lost; null = none. */
  firstLost(): SentSegment | null {
    if (this.#lostOctets === 0) return null;
    for (let i = Math.max(0, this.#lostFrom - this.#released); i < this.#length; i++) {
      const record = this.at(i);
      if (!record.lost) continue;
      this.#lostFrom = this.#released + i;
      return record;
    }
    return null;
  }

  /** The index of the first record from `index` on that has not arrived and has SACKed ones behind it; -1 = none. */
  unsackedHole(index: number): number {
    for (let i = index; i < this.#sackedTo - this.#released; i++) if (!this.at(i).sacked) return i;
    return -1;
  }

  /** The index of the youngest record that has not arrived; -1 = none. */
  lastUnsacked(): number {
    let index = this.#length - 1;
    while (index >= 0 && this.at(index).sacked) index--;
    return index;
  }

  /** `record` goes out once more. */
  sentAgain(now: Micros, record: SentSegment): void {
    if (record.lost) this.#lostOctets -= record.len;
    record.lost = false;
    record.sentAt = now;
    record.transmissions++;
  }

  /** `record` is in flight twice from now on. */
  markDoubled(record: SentSegment): void {
    if (record.doubled || record.lost || record.sacked) return;
    record.doubled = true;
    this.#doubledOctets += record.len;
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
      this.markLost(i);
      first ??= record;
      while (record.len - (record.flags & FIN) > piece) {
        // The record itself stays the last piece until all others are cut off before it.
        const head = { ...record, len: piece, flags: record.flags & ~(FIN | PSH) };
        record.seq = this.#sequence.add(record.seq, piece);
        record.len -= piece;
        pieces.splice(-1, 0, head);
      }
    }
    this.#records = pieces;
    this.#head = 0;
    this.#length = pieces.length;
    this.#recountPlaces();
    return first === null ? null : this.firstLost();
  }

  clear(): void {
    this.#head = 0;
    this.#length = 0;
    this.#lostOctets = 0;
    this.#sackedOctets = 0;
    this.#doubledOctets = 0;
    this.#sackedSegments = 0;
    this.#released = 0;
    this.#lostFrom = 0;
    this.#sackedTo = 0;
    this.#judgedTo = 0;
  }

  /** Records have moved: find their places anew. */
  #recountPlaces(): void {
    this.#released = 0;
    this.#lostFrom = 0;
    this.#judgedTo = 0;
    this.#sackedTo = 0;
    this.#sackedSegments = 0;
    for (let i = 0; i < this.#length; i++) {
      if (!this.at(i).sacked) continue;
      this.#sackedTo = i + 1;
      this.#sackedSegments++;
    }
  }

  #single(record: SentSegment): void {
    record.doubled = false;
    this.#doubledOctets -= record.len;
  }

  /** Add `octets` to the sums that `record` is part of. */
  #count(record: SentSegment, octets: Octets): void {
    if (record.lost) this.#lostOctets += octets;
    if (record.sacked) this.#sackedOctets += octets;
    if (record.doubled) this.#doubledOctets += octets;
  }

  #grow(): void {
    // One is enough for a handshake, and an array that is made for one has room for no more.
    if (this.#records.length === 0) {
      this.#records = [newRecord()];
      return;
    }
    const records = Array.from({ length: this.#length }, (_, i) => this.at(i));
    while (records.length < this.#length * 2) records.push(newRecord());
    this.#records = records;
    this.#head = 0;
  }
}

function newRecord(): SentSegment {
  return {
    seq: 0 as Seq,
    len: 0,
    flags: 0,
    sentAt: 0,
    transmissions: 0,
    lost: false,
    sacked: false,
    doubled: false,
  };
}
