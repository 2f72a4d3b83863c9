/** One host's end of a wire: whole Ethernet frames out and in, in batches, never blocking. */
import type { Octets } from '@tcblab/tcp';
import type { FrameBatch } from '@tcblab/raw-socket';

/** Frames that came together. Row `i` of each column tells of frame `i`; all is overwritten by the next `receive()`. */
export type ReceivedFrames = Pick<
  FrameBatch,
  'count' | 'bytes' | 'offsets' | 'lengths' | 'wireLengths' | 'micros' | 'nanos' | 'flags'
>;

/** Frames to be sent: frame `i` has `lengths[i]` octets from `offsets[i]` on. */
export type FramesToSend = Pick<FrameBatch, 'bytes' | 'offsets' | 'lengths'>;

export interface LinkFacts {
  readonly kind: 'raw' | 'memory';
  /** Name of the interface. */
  readonly name: string;
  /** Largest IP packet that a frame can carry. */
  readonly mtu: Octets;
}

export interface LinkStatistics {
  /** Frames that came in for us. */
  readonly received: number;
  readonly sent: number;
  /** Frames for somebody else, left aside. */
  readonly foreign: number;
  /** Frames lost between the wire and us for want of room. */
  readonly dropped: number;
}

export interface Link {
  readonly facts: LinkFacts;
  /** @returns what waits; `count` is 0 when nothing does and may be less than what waits */
  receive(): ReceivedFrames;
  /** Call back in every turn of the event loop in which there may be something to receive; null to stop. */
  onReadable(callback: (() => void) | null): void;
  /**
   * Send `count` frames from row `first` on.
   *
   * @returns how many were taken, in order. Fewer than `count`: come back when `onWritable` says so
   */
  send(frames: FramesToSend, first: number, count: number): number;
  /** Call back once when there is room again; null to forget it. */
  onWritable(callback: (() => void) | null): void;
  statistics(): LinkStatistics;
  /** Harmless when repeated. */
  close(): void;
}
