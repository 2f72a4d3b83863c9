/** Turns two captures and what the hosts told of themselves into the rows of a ladder. */
import type { Micros } from '@tcblab/tcp';
import type { State, TraceEvent } from '@tcblab/tcp/trace';
import { ACK, FIN, SYN } from '@tcblab/tcp/wire';
import type { CapturedPacket } from '../captured.ts';
import { correlate } from '../correlation/correlate.ts';
import type { Correlation, FrameEvent } from '../correlation/correlate.ts';
import type { Sighting } from '../correlation/sighting.ts';
import type { TraceRecord } from '../trace/trace-file.ts';
import { HostStory } from './host-story.ts';
import { HostView } from './host-view.ts';
import type { Side } from './host-view.ts';
import type {
  Ladder,
  LadderConnection,
  LadderEnd,
  LadderHost,
  LadderMark,
  LadderRow,
  LadderSegment,
} from './rows.ts';

/** One host as the ladder is told of it. */
export interface LadderSource {
  /** As in packet ids and traces. */
  readonly number: number;
  /** Such as `host-a`. */
  readonly name: string;
  /** Such as `reference` or `Linux kernel`. */
  readonly implementation?: string;
  readonly packets: readonly CapturedPacket[];
}

export interface LadderInput {
  /** Left host, right host. */
  readonly hosts: readonly [LadderSource, LadderSource];
  /** The records of both. A host without any has its states inferred. */
  readonly trace?: readonly TraceRecord[];
  /** Of these packets; made here when it is not at hand. */
  readonly correlation?: Correlation;
}

export function buildLadder(input: LadderInput): Ladder {
  const [left, right] = input.hosts;
  return new Builder(input, input.correlation ?? correlate(left, right)).build();
}

/** Something a trace tells that no capture holds, and where it belongs. */
interface Untapped {
  readonly side: Side;
  /** It happened after this frame of its host. */
  readonly after: number;
  /** And before this one. */
  readonly before: number;
  readonly time: Micros;
  readonly connection: number;
  readonly event: TraceEvent;
  readonly state: State | null;
}

/** What is known of one connection by the row that is being made; pairs are left end, right end. */
interface Progress {
  /** The sequence number that relative ones count from; null until it is known. */
  readonly base: [number | null, number | null];
  /** The furthest relative number sent. */
  readonly reach: [number, number];
  /** What each end showed last. */
  readonly end: [LadderEnd, LadderEnd];
}

const NOTHING: LadderEnd = { frame: null, state: null, changed: false, inferred: false };

class Builder {
  readonly #sources: readonly [LadderSource, LadderSource];
  readonly #events: readonly FrameEvent[];
  readonly #sightings: readonly Sighting[];
  readonly #stories: readonly [HostStory | null, HostStory | null];
  readonly #views: readonly [HostView, HostView];
  /** For each place of each capture, its place in `#events`. */
  readonly #order: readonly [Int32Array, Int32Array];
  readonly #connections: LadderConnection[] = [];
  readonly #connectionOf = new Map<string, number>();
  readonly #progress: Progress[] = [];
  readonly #rows: LadderRow[] = [];
  /** Arrivals that the row of their departure has shown, by place. */
  readonly #shown: readonly [Set<number>, Set<number>] = [new Set(), new Set()];

  constructor({ hosts, trace = [] }: LadderInput, { events, sightings, offset }: Correlation) {
    this.#sources = hosts;
    this.#events = events;
    this.#sightings = sightings;
    const zero = events.length === 0 ? 0 : zeroOf(hosts, events[0], offset.micros);
    const story = (side: Side): HostStory | null => {
      const records = trace.filter((record) => record.host === hosts[side].number);
      return records.length === 0 ? null : new HostStory(records, zero + (side === 0 ? 0 : offset.micros));
    };
    this.#stories = [story(0), story(1)];
    this.#views = [
      new HostView(hosts[0].packets, 0, this.#stories[0]),
      new HostView(hosts[1].packets, 1, this.#stories[1]),
    ];
    this.#order = [new Int32Array(hosts[0].packets.length), new Int32Array(hosts[1].packets.length)];
    events.forEach(({ host, place }, at) => (this.#order[host][place] = at));
  }

  build(): Ladder {
    const untapped = this.#untapped();
    const reached = [0, 0];
    let next = 0;
    for (const event of this.#events) {
      const frame = this.#views[event.host].frame(event.place);
      for (; next < untapped.length; next++) {
        const { side, after, before, time } = untapped[next];
        // A host's own order counts first; within it and between hosts, the time.
        const due = time <= event.time || (side === event.host && before <= frame);
        if (after > reached[side] || !due) break;
        this.#untappedRow(untapped[next]);
      }
      this.#eventRow(event);
      reached[event.host] = frame;
    }
    for (; next < untapped.length; next++) this.#untappedRow(untapped[next]);
    const start = this.#rows[0]?.time ?? 0;
    return {
      hosts: [this.#host(0), this.#host(1)],
      connections: this.#connections,
      rows: this.#rows.map((row) => ({ ...row, time: row.time - start })),
    };
  }

  #host(side: Side): LadderHost {
    const { number, name, implementation } = this.#sources[side];
    const inferred = this.#stories[side] === null;
    return { number, name, ...(implementation === undefined ? {} : { implementation }), inferred };
  }

  #eventRow({ host, place, time, sighting }: FrameEvent): void {
    if (sighting < 0 || this.#shown[host].has(place)) return;
    const from: Side = this.#sightings[sighting].from === this.#sources[0].number ? 0 : 1;
    if (this.#views[host].seen[place].kind === 'other') this.#otherRow(from, host, place, time, sighting);
    else if (host === from) this.#departureRow(from, place, time, sighting);
    else this.#arrivalRow(from, place, time, sighting);
  }

  #departureRow(from: Side, place: number, time: Micros, sighting: number): void {
    const to = opposite(from);
    const view = this.#views[from];
    const connection = this.#connectionAt(from, place);
    const segment = this.#relative(connection, from, view.segment(place));
    const marks: LadderMark[] = [];
    if (this.#again(connection, from, segment)) {
      // What the host's own TCP did not send is a copy made between it and the tap.
      const copy = this.#stories[from]?.hasSent(view.frame(place)) === false;
      marks.push(copy ? 'duplicate' : 'again');
    }
    if (!view.isSound(place)) marks.push('bad-checksum');
    const notes = [...view.notes(place)];
    const departure = this.#end(from, place, connection);
    const arrival = this.#arrivalOf(to, sighting);
    const whole = arrival < 0 || this.#fitsOneRow(from, place, arrival);
    let landing = NOTHING;
    if (this.#sightings[sighting].fate === 'lost') marks.push('lost');
    if (arrival >= 0 && whole) {
      this.#shown[to].add(arrival);
      landing = this.#end(to, arrival, connection);
      this.#markArrival(to, arrival, sighting, marks);
      notes.push(...this.#views[to].notes(arrival));
    }
    const part = whole ? 'whole' : 'departs';
    this.#rows.push({
      kind: 'segment',
      time,
      connection,
      from,
      part,
      ends: inOrder(from, departure, landing),
      segment,
      marks,
      notes,
    });
  }

  /** The arrival alone: it was shown leaving, or was not seen to. */
  #arrivalRow(from: Side, place: number, time: Micros, sighting: number): void {
    const to = opposite(from);
    const sent = this.#sightings[sighting].sent;
    const departure = sent === null ? -1 : this.#views[from].placeOf(sent);
    // What left says which segment it is, even if what came has been altered.
    const known = departure >= 0 && this.#views[from].seen[departure].kind === 'tcp';
    const [side, at] = known ? [from, departure] : [to, place];
    const connection = this.#connectionAt(side, at);
    const segment = this.#relative(connection, from, this.#views[side].segment(at));
    const marks: LadderMark[] = [];
    this.#markArrival(to, place, sighting, marks);
    if (!this.#views[to].isSound(place)) marks.push('bad-checksum');
    this.#rows.push({
      kind: 'segment',
      time,
      connection,
      from,
      part: 'arrives',
      ends: inOrder(from, NOTHING, this.#end(to, place, connection)),
      segment,
      marks,
      notes: this.#views[to].notes(place),
    });
  }

  #otherRow(from: Side, host: Side, place: number, time: Micros, sighting: number): void {
    const seen = this.#views[host].seen[place];
    if (seen.kind !== 'other' || !seen.relevant) return;
    const frames: [number | null, number | null] = [null, null];
    const marks: LadderMark[] = [];
    frames[host] = this.#views[host].frame(place);
    if (host === from) {
      const to = opposite(from);
      const arrival = this.#arrivalOf(to, sighting);
      if (arrival >= 0) {
        this.#shown[to].add(arrival);
        frames[to] = this.#views[to].frame(arrival);
        this.#markArrival(to, arrival, sighting, marks);
      } else {
        marks.push('lost');
      }
    } else {
      this.#markArrival(host, place, sighting, marks);
    }
    this.#rows.push({ kind: 'other', time, from, frames, text: seen.text, marks });
  }

  #untappedRow({ side, time, connection, event, state }: Untapped): void {
    const known = this.#progress[connection].end[side];
    const own = state === null ? known : { state, inferred: false };
    const departure = this.#keep(side, connection, { ...own, frame: null });
    if (event.name !== 'segment_sent') {
      const about = event.name === 'app_call' ? 'call' : event.name === 'timer_updated' ? 'timer' : 'state';
      const text = describeEvent(event);
      const { changed } = departure;
      this.#rows.push({ kind: 'note', about, time, connection, host: side, text, state, changed });
      return;
    }
    const { mss = 0, wscale = -1, ...header } = event.segment;
    const options = { mss, windowScale: wscale, sackPermitted: false, timestamps: false, sack: [] };
    const segment = this.#relative(connection, side, { ...header, ...options });
    const again = this.#again(connection, side, segment);
    this.#rows.push({
      kind: 'segment',
      time,
      connection,
      from: side,
      part: 'whole',
      ends: inOrder(side, departure, NOTHING),
      segment,
      marks: again ? ['again', 'lost'] : ['lost'],
      notes: [],
    });
  }

  /**
   * Whether departure and arrival can share a row: not when the receiver does something in between that shows another
   * state than it has after the arrival, for that state would then stand above an earlier one.
   */
  #fitsOneRow(from: Side, departure: number, arrival: number): boolean {
    const to = opposite(from);
    const view = this.#views[to];
    const after = view.states[arrival];
    if (after === null) return true;
    const end = this.#order[to][arrival];
    for (let at = this.#order[from][departure] + 1; at < end; at++) {
      const { host, place } = this.#events[at];
      if (host !== to) continue;
      const state = view.states[place];
      if (state !== null && state !== after && view.tuple(place) === this.#views[from].tuple(departure))
        return false;
    }
    return true;
  }

  #arrivalOf(to: Side, sighting: number): number {
    const { received } = this.#sightings[sighting];
    return received === null ? -1 : this.#views[to].placeOf(received);
  }

  #markArrival(to: Side, arrival: number, sighting: number, marks: LadderMark[]): void {
    const { fate, overtaken } = this.#sightings[sighting];
    if (fate === 'altered') marks.push('altered');
    if (fate === 'duplicated') marks.push('duplicate');
    if (fate === 'appeared') marks.push('appeared');
    if (overtaken === true) marks.push('overtaken');
    if (this.#views[to].notes(arrival).some((note) => note.endsWith(' dropped'))) marks.push('lost');
  }

  #again(connection: number, from: Side, { seq, flags, length }: LadderSegment): boolean {
    const { reach } = this.#progress[connection];
    const count = length + (flags & FIN) + ((flags & SYN) >> 1);
    const again = count > 0 && seq < reach[from];
    reach[from] = Math.max(reach[from], seq + count);
    return again;
  }

  /** The end at a packet of its own. One that was damaged beyond reading has changed nothing. */
  #end(side: Side, place: number, connection: number): LadderEnd {
    const view = this.#views[side];
    const known = this.#progress[connection].end[side];
    const state = view.states[place];
    const inferred = state === null ? known.inferred : view.isInferred(place);
    return this.#keep(side, connection, { frame: view.frame(place), state: state ?? known.state, inferred });
  }

  #keep(side: Side, connection: number, end: Omit<LadderEnd, 'changed'>): LadderEnd {
    const { end: ends } = this.#progress[connection];
    const changed = end.state !== null && end.state !== ends[side].state;
    ends[side] = { ...end, changed };
    return ends[side];
  }

  /** Numbers counted from each side's SYN; where none was seen the first octet seen is 1, as in Wireshark. */
  #relative(connection: number, from: Side, segment: LadderSegment): LadderSegment {
    const { base, reach } = this.#progress[connection];
    const { seq, ack, flags } = segment;
    if ((flags & SYN) !== 0 && base[from] !== seq) {
      base[from] = seq;
      reach[from] = 0;
    }
    const own = (base[from] ??= (seq - 1) >>> 0);
    if ((flags & ACK) !== 0) base[opposite(from)] ??= (ack - 1) >>> 0;
    const theirs = base[opposite(from)] ?? 0;
    return {
      ...segment,
      seq: (seq - own) >>> 0,
      ack: (flags & ACK) === 0 ? 0 : (ack - theirs) >>> 0,
      sack: segment.sack.map(([left, right]) => [(left - theirs) >>> 0, (right - theirs) >>> 0]),
    };
  }

  #connectionAt(side: Side, place: number): number {
    return this.#connection(this.#views[side].tuple(place));
  }

  /** @param tuple left end, right end */
  #connection(tuple: string): number {
    let connection = this.#connectionOf.get(tuple);
    if (connection === undefined) {
      const [left, right] = tuple.split(' ');
      connection = this.#connections.push({ left, right }) - 1;
      this.#connectionOf.set(tuple, connection);
      this.#progress.push({ base: [null, null], reach: [0, 0], end: [NOTHING, NOTHING] });
    }
    return connection;
  }

  /** What the traces tell that no capture shows, in the order of time. */
  #untapped(): Untapped[] {
    const items = ([0, 1] as const).flatMap((side) =>
      (this.#stories[side]?.untapped ?? []).map(({ tuple: [own, other], ...item }) => {
        const connection = this.#connection(side === 0 ? `${own} ${other}` : `${other} ${own}`);
        return { ...item, side, connection };
      }),
    );
    return items.toSorted((a, b) => a.time - b.time);
  }
}

function opposite(side: Side): Side {
  return side === 0 ? 1 : 0;
}

function inOrder(from: Side, departure: LadderEnd, landing: LadderEnd): readonly [LadderEnd, LadderEnd] {
  return from === 0 ? [departure, landing] : [landing, departure];
}

/** The left host's clock at the ladder's time zero. */
function zeroOf(hosts: LadderInput['hosts'], { host, place, time }: FrameEvent, offset: Micros): Micros {
  return hosts[host].packets[place].micros - time - (host === 0 ? 0 : offset);
}

function describeEvent(event: TraceEvent): string {
  switch (event.name) {
    case 'app_call':
      return event.result === 'ok' ? event.call : `${event.call}: ${event.result}`;
    case 'timer_updated':
      return `${event.timer} timer expired`;
    case 'state_updated':
      return event.trigger.replaceAll('-', ' ');
    default:
      return event.name;
  }
}
