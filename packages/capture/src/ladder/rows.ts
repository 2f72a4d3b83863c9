/** What a ladder shows, as data: the text and the course page draw the same rows. */
import type { Micros, Octets } from '@tcblab/tcp';
import type { State } from '@tcblab/tcp/trace';
import type { SegmentFields } from '../dissect.ts';

export interface LadderHost {
  /** As in packet ids. */
  readonly number: number;
  /** Such as `host-a`. */
  readonly name: string;
  /** What runs there, such as `reference` or `Linux kernel`. */
  readonly implementation?: string;
  /** Whether it tells nothing of itself, so that all its states are inferred. */
  readonly inferred: boolean;
}

/** One 4-tuple, left end first. */
export interface LadderConnection {
  /** Address and port, such as `10.77.0.1:40000`. */
  readonly left: string;
  readonly right: string;
}

/** One end of the wire at one row. */
export interface LadderEnd {
  /** Index of the frame in that host's capture; null where it was not seen. */
  readonly frame: number | null;
  /** The state after it; null where nothing is known or nothing happened. */
  readonly state: State | null;
  /** The state was another before. */
  readonly changed: boolean;
  /** The state is inferred from packets: the host does not tell it. */
  readonly inferred: boolean;
}

export type LadderMark =
  /** Never came to the other TCP. */
  | 'lost'
  /** Sequence numbers that were sent before, in whole or in part. */
  | 'again'
  /** A copy that the wire made. */
  | 'duplicate'
  /** Something sent later came before it. */
  | 'overtaken'
  /** Bits differ between the two captures. */
  | 'altered'
  /** The checksum is wrong. */
  | 'bad-checksum'
  /** It was not seen leaving. */
  | 'appeared';

/** A segment's header; sequence numbers count from each side's SYN, as Wireshark shows them. */
export interface LadderSegment extends SegmentFields {
  /** Blocks [left, right), counted as `ack` is. */
  readonly sack: readonly (readonly [number, number])[];
}

interface Placed {
  /** From the first row, on the left host's clock. May have a fraction. */
  readonly time: Micros;
}

export interface SegmentRow extends Placed {
  readonly kind: 'segment';
  /** Index in `Ladder.connections`. */
  readonly connection: number;
  /** 0: from left to right; 1: from right to left. */
  readonly from: 0 | 1;
  /**
   * Usually `whole`: departure and arrival in one row. Where something happened between the two that would put states
   * out of order, `departs` and `arrives` are rows of their own.
   */
  readonly part: 'whole' | 'departs' | 'arrives';
  readonly ends: readonly [LadderEnd, LadderEnd];
  readonly segment: LadderSegment;
  readonly marks: readonly LadderMark[];
  /** What the bench says it did to this frame. */
  readonly notes: readonly string[];
}

/** A frame that is no TCP segment: address resolution, ICMP, junk. */
export interface OtherRow extends Placed {
  readonly kind: 'other';
  readonly from: 0 | 1;
  readonly frames: readonly [number | null, number | null];
  readonly text: string;
  readonly marks: readonly LadderMark[];
}

/** Something that happened at one end without a frame: a call, a timer. */
export interface NoteRow extends Placed {
  readonly kind: 'note';
  readonly about: 'call' | 'timer' | 'state';
  readonly connection: number;
  readonly host: 0 | 1;
  readonly text: string;
  readonly state: State | null;
  readonly changed: boolean;
}

/** Rows that were folded away, none of which changed a state. Pairs are left to right, then right to left. */
export interface FoldRow extends Placed {
  readonly kind: 'fold';
  readonly rows: number;
  readonly segments: readonly [number, number];
  readonly octets: readonly [Octets, Octets];
  /** Segments without payload. */
  readonly acks: readonly [number, number];
  /** Timers that expired, at either end. */
  readonly timeouts: number;
  readonly marks: Readonly<Partial<Record<LadderMark, number>>>;
}

export type LadderRow = SegmentRow | OtherRow | NoteRow;

export interface Ladder {
  readonly hosts: readonly [LadderHost, LadderHost];
  readonly connections: readonly LadderConnection[];
  readonly rows: readonly LadderRow[];
}
