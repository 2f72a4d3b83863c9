/** What one host told of itself, in the form in which the rows of a ladder ask for it. */
import type { Micros } from '@tcblab/tcp';
import type { State, TraceEvent } from '@tcblab/tcp/trace';
import type { TraceRecord } from '../trace/trace-file.ts';

/** Something for a row that no capture holds: a call, a timer, a segment that was lost before the tap. */
export interface UntappedEvent {
  /** It happened after this frame of its host. */
  readonly after: number;
  /** And before this one; Infinity when no other came. */
  before: number;
  /** On the ladder's clock. */
  readonly time: Micros;
  /** Address and port of the host's end, then of the other's. */
  readonly tuple: readonly [string, string];
  readonly event: TraceEvent;
  /** What the trace has said of the connection by then. */
  readonly state: State | null;
}

const NO_NOTES: readonly string[] = [];

/** A state and from which frame on the host was in it; half a frame later where no frame brought it about. */
interface Step {
  readonly since: number;
  readonly state: State;
}

export class HostStory {
  readonly untapped: UntappedEvent[] = [];
  readonly #notes = new Map<number, string[]>();
  /** By 4-tuple, host's end first: the lives of the connections that had it, one after another. */
  readonly #lives = new Map<string, (readonly Step[])[]>();
  readonly #sent = new Set<number>();

  /** @param zero this host's clock at the ladder's time zero */
  constructor(records: readonly TraceRecord[], zero: Micros) {
    const steps = new Map<number, Step[]>();
    const tuples = new Map<number, readonly [string, string]>();
    let newest = 0;
    let dropping = false;
    let waiting = 0;
    for (const { frame = 0, event } of records) {
      const { connection, time } = event;
      let life = steps.get(connection);
      if (life === undefined) steps.set(connection, (life = []));
      if (event.name === 'connection_started') {
        const tuple = [`${event.local}:${event.local_port}`, `${event.remote}:${event.remote_port}`] as const;
        tuples.set(connection, tuple);
        const key = tuple.join(' ');
        this.#lives.set(key, [...(this.#lives.get(key) ?? []), life]);
      }
      if (event.name === 'state_updated')
        life.push({ since: frame > 0 ? frame : newest + 0.5, state: event.new });
      // The bench tells of a drop just before the TCP tells of the segment that it dropped.
      if (event.name === 'bench_event' && frame === 0) dropping = event.detail?.endsWith(' dropped') === true;
      const lost = event.name === 'segment_sent' && frame === 0 && dropping;
      if (lost) dropping = false;
      if (frame > newest) {
        newest = frame;
        for (; waiting < this.untapped.length; waiting++) this.untapped[waiting].before = newest;
      }
      if (frame > 0) this.#tapped(frame, event);
      const tuple = tuples.get(connection);
      if (tuple === undefined || !(lost || isWorthARow(event))) continue;
      const state = life.at(-1)?.state ?? null;
      // What belongs to a frame brought it about: a call or a timer made the segment.
      const place = frame > 0 ? { after: frame - 1, before: frame } : { after: newest, before: Infinity };
      this.untapped.push({ ...place, time: time - zero, tuple, event, state });
    }
  }

  /** @param tuple the host's end, then the other's; null when the host has told of no such connection by then */
  stateAfter(frame: number, tuple: string): State | null {
    const lives = this.#lives.get(tuple) ?? [];
    for (const life of lives.toReversed()) {
      const step = life.findLast(({ since }) => since <= frame);
      if (step !== undefined) return step.state;
    }
    return null;
  }

  /** What the bench says it did to a frame. */
  notesOn(frame: number): readonly string[] {
    return this.#notes.get(frame) ?? NO_NOTES;
  }

  /** Whether the host's TCP tells of having sent this frame; null when it tells of none. */
  hasSent(frame: number): boolean | null {
    return this.#sent.size === 0 ? null : this.#sent.has(frame);
  }

  #tapped(frame: number, event: TraceEvent): void {
    if (event.name === 'segment_sent') this.#sent.add(frame);
    if (event.name !== 'bench_event' || event.detail === undefined) return;
    const notes = this.#notes.get(frame);
    if (notes === undefined) this.#notes.set(frame, [event.detail]);
    else notes.push(event.detail);
  }
}

/** What a reader of a ladder would miss: what an application asked for, what a timer did. */
function isWorthARow(event: TraceEvent): boolean {
  if (event.name === 'app_call') return event.call !== 'SEND' && event.call !== 'RECEIVE';
  if (event.name === 'timer_updated') return event.event === 'expired' && !QUIET_TIMERS.includes(event.timer);
  return event.name === 'state_updated' && event.trigger.endsWith('timeout');
}

/** Those of which the next row tells enough. */
const QUIET_TIMERS = ['delayed-ack', 'time-wait'];
