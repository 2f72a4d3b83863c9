/** What has happened in the playground, as the views of a trace take it. */
import { buildLadder, type Correlation, type LadderEnd, type LadderRow } from '@tcblab/capture';
import type { RecordedHost, Recording } from '../trace/recording.ts';
import type { Flight } from './flight.ts';
import type { World } from './world.ts';

export interface Picture {
  readonly recording: Recording;
  /** Rows whose segments are still on the wire. */
  readonly underway: ReadonlySet<number>;
}

export function pictureOf(world: World): Picture {
  const host = (side: 0 | 1): RecordedHost => {
    const { number, frames, records } = world.hosts[side];
    return {
      number,
      name: side === 0 ? 'host A' : 'host B',
      implementation: '',
      packets: [...frames],
      records: [...records],
    };
  };
  const hosts = [host(0), host(1)] as const;
  const source = ({ number, name, packets }: RecordedHost) => ({ number, name, packets });
  const trace = hosts
    .flatMap(({ records }) => records)
    .toSorted((one, other) => one.event.time - other.event.time);
  const built = buildLadder({
    hosts: [source(hosts[0]), source(hosts[1])],
    trace,
    correlation: correlationOf(world),
  });
  const { rows, underway } = markUnderway(built.rows.map(withoutGuesses), world.flights);
  const ladder = { ...built, rows };
  return { recording: { title: 'playground', origin: null, hosts, ladder, problems: [] }, underway };
}

/** Which frame is which need not be found out: the wire knows. */
function correlationOf({ passings, flights }: World): Correlation {
  const pending = new Set(flights);
  const numbers = new Map<Flight, number>();
  const sightings: Correlation['sightings'][number][] = [];
  /** By side and frame: the sighting that tells whether it came at all. */
  const first = new Map<string, number>();
  const origin = passings[0]?.time ?? 0;
  const number = (flight: Flight): number => {
    const known = numbers.get(flight);
    if (known !== undefined) return known;
    const { from, frame, received, edited } = flight;
    const key = `${from} ${frame}`;
    const isFirst = !first.has(key);
    const fate =
      received === null && !pending.has(flight)
        ? 'lost'
        : !isFirst
          ? 'duplicated'
          : edited && received !== null
            ? 'altered'
            : 'arrived';
    const at = sightings.push({ from: from + 1, sent: frame, received, fate }) - 1;
    numbers.set(flight, at);
    if (isFirst) first.set(key, at);
    return at;
  };
  const events = passings.map(({ host, place, time, flight }) => {
    // A copy that came stands for an original that did not.
    const stands = host === flight.from ? firstToArrive(passings, flight) : flight;
    return { host, place, time: time - origin, sighting: number(stands) };
  });
  return { sightings, events, offset: { micros: 0, error: 0 } };
}

function firstToArrive(passings: World['passings'], sent: Flight): Flight {
  if (!sent.copied) return sent;
  const came = passings.find(
    ({ host, flight }) => host !== sent.from && flight.from === sent.from && flight.frame === sent.frame,
  );
  return came?.flight ?? sent;
}

/** Hosts here tell all their states: one that had to be inferred is of somebody who is not there. */
function withoutGuesses(row: LadderRow): LadderRow {
  if (row.kind !== 'segment' || !row.ends.some(({ inferred }) => inferred)) return row;
  const known = (end: LadderEnd): LadderEnd =>
    end.inferred ? { ...end, state: null, changed: false, inferred: false } : end;
  return { ...row, ends: [known(row.ends[0]), known(row.ends[1])] };
}

/** A frame that has not come yet is not lost. */
function markUnderway(
  rows: readonly LadderRow[],
  flights: readonly Flight[],
): { rows: LadderRow[]; underway: Set<number> } {
  const frames = new Set(flights.map(({ from, frame }) => `${from} ${frame}`));
  const underway = new Set<number>();
  const marked = rows.map((row, index): LadderRow => {
    if (row.kind === 'note') return row;
    const sent = row.kind === 'segment' ? row.ends[row.from].frame : row.frames[row.from];
    const came = row.kind === 'segment' ? row.ends[row.from === 0 ? 1 : 0].frame : null;
    if (sent === null || came !== null || !frames.has(`${row.from} ${sent}`)) return row;
    if (row.kind === 'segment' && row.part !== 'whole') return row;
    underway.add(index);
    return { ...row, marks: row.marks.filter((mark) => mark !== 'lost') };
  });
  return { rows: marked, underway };
}
