/** One host's capture, packet by packet, as the rows of a ladder ask for it. A place is an index in its packets. */
import type { State } from '@tcblab/tcp/trace';
import type { CapturedPacket } from '../captured.ts';
import { frameIndex } from '../correlation/sighting.ts';
import { dissect } from '../dissect.ts';
import type { Seen } from '../dissect.ts';
import { inferStates } from '../infer.ts';
import { DIRECTION_MASK, INBOUND } from '../pcapng/format.ts';
import type { HostStory } from './host-story.ts';
import type { LadderSegment } from './rows.ts';

/** 0 is the left host, 1 the right. */
export type Side = 0 | 1;

export class HostView {
  readonly seen: readonly Seen[];
  /** The host's state after each packet: as it tells it, or as its packets show it; null where neither does. */
  readonly states: readonly (State | null)[];
  readonly #told: readonly (State | null)[];
  readonly #packets: readonly CapturedPacket[];
  readonly #tuples: readonly string[];
  readonly #places: ReadonlyMap<number, number>;
  readonly #story: HostStory | null;

  constructor(packets: readonly CapturedPacket[], side: Side, story: HostStory | null) {
    this.#packets = packets;
    this.#story = story;
    this.seen = packets.map(dissect);
    this.#tuples = this.seen.map((seen, place) => {
      if (seen.kind === 'other') return '';
      const source = `${seen.source}:${seen.sourcePort}`;
      const destination = `${seen.destination}:${seen.destinationPort}`;
      const leftIsSource = this.#isInbound(place) === (side === 1);
      return leftIsSource ? `${source} ${destination}` : `${destination} ${source}`;
    });
    this.#places = new Map(packets.map((packet, place) => [frameIndex(packet, place), place]));
    this.#told = packets.map(
      (_, place) => story?.stateAfter(this.frame(place), this.#ownTuple(place, side)) ?? null,
    );
    const inferred = this.#inferred();
    this.states = this.#told.map((state, place) => state ?? inferred[place]);
  }

  /** By which the packet is known. */
  frame(place: number): number {
    return frameIndex(this.#packets[place], place);
  }

  /** @returns -1 for a frame that is not in the capture */
  placeOf(frame: number): number {
    return this.#places.get(frame) ?? -1;
  }

  /** Address and port of the left end, then of the right; empty for what is no segment. */
  tuple(place: number): string {
    return this.#tuples[place];
  }

  /** Whether the packet is no segment, or one with a right checksum. */
  isSound(place: number): boolean {
    const seen = this.seen[place];
    return seen.kind === 'other' || seen.sound;
  }

  /** Whether the state after the packet is not the host's own word. */
  isInferred(place: number): boolean {
    return this.#told[place] === null && this.states[place] !== null;
  }

  /** What the bench says it did to the frame. */
  notes(place: number): readonly string[] {
    return this.#story?.notesOn(this.frame(place)) ?? [];
  }

  /** The header of a packet that is a segment, its numbers as on the wire. */
  segment(place: number): LadderSegment {
    const seen = this.seen[place];
    if (seen.kind === 'other') return NO_SEGMENT;
    const { seq, ack, flags, wnd, length, mss, windowScale, sackPermitted, timestamps } = seen;
    const sack = seen.sack.map(({ left, right }) => [left, right] as const);
    return { seq, ack, flags, wnd, length, mss, windowScale, sackPermitted, timestamps, sack };
  }

  #ownTuple(place: number, side: Side): string {
    const tuple = this.#tuples[place];
    return side === 0 ? tuple : tuple.split(' ').toReversed().join(' ');
  }

  #isInbound(place: number): boolean {
    return (this.#packets[place].flags & DIRECTION_MASK) === INBOUND;
  }

  /** Only for connections of which the host tells nothing. */
  #inferred(): (State | null)[] {
    const states = Array.from<State | null>({ length: this.#packets.length }).fill(null);
    const places = new Map<string, number[]>();
    for (const [place, tuple] of this.#tuples.entries()) {
      if (tuple === '' || this.#told[place] !== null) continue;
      const own = places.get(tuple);
      if (own === undefined) places.set(tuple, [place]);
      else own.push(place);
    }
    for (const own of places.values()) {
      const sound = own.filter((place) => this.isSound(place));
      const segments = sound.map((place) => {
        const direction = this.#isInbound(place) ? ('in' as const) : ('out' as const);
        return { ...this.segment(place), direction };
      });
      inferStates(segments).forEach((state, index) => (states[sound[index]] = state));
      // What arrives damaged changes nothing.
      own.forEach((place, index) => {
        if (!this.isSound(place) && index > 0) states[place] = states[own[index - 1]];
      });
    }
    return states;
  }
}

const NO_SEGMENT: LadderSegment = {
  seq: 0,
  ack: 0,
  flags: 0,
  wnd: 0,
  length: 0,
  mss: 0,
  windowScale: -1,
  sackPermitted: false,
  timestamps: false,
  sack: [],
};
