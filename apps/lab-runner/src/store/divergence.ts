/** Where two runs first differ: their ladders side by side, without the times, which never repeat on a real wire. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildLadder,
  readBundle,
  readCapture,
  readTrace,
  type Ladder,
  type LadderRow,
} from '@tcblab/capture';
import { formatFlags } from '@tcblab/tcp/wire';

/** One row in words, and where to find it. */
export interface DescribedRow {
  readonly text: string;
  /** Frame at host A, at host B; null where it was not seen. */
  readonly frames: readonly [number | null, number | null];
  /** From the first row, in microseconds. */
  readonly time: number;
}

export interface Divergence {
  /** Rows that are alike before it. */
  readonly alike: number;
  /** The last of those, at most three. */
  readonly before: readonly DescribedRow[];
  /** The first that differ; null where that run is over. */
  readonly rows: readonly [DescribedRow | null, DescribedRow | null];
}

const SHOWN_BEFORE = 3;

/** @returns null when all rows are alike */
export function firstDivergence(one: Ladder, other: Ladder): Divergence | null {
  const [ours, theirs] = [one.rows.map(describe), other.rows.map(describe)];
  let alike = 0;
  while (alike < ours.length && alike < theirs.length && ours[alike].text === theirs[alike].text) alike++;
  if (alike === ours.length && alike === theirs.length) return null;
  const before = ours.slice(Math.max(0, alike - SHOWN_BEFORE), alike);
  return { alike, before, rows: [ours[alike] ?? null, theirs[alike] ?? null] };
}

/**
 * The ladder of a bundle.
 *
 * @returns null when the folder holds no whole bundle
 */
export function ladderOf(folder: string): Ladder | null {
  let text: string;
  try {
    text = readFileSync(join(folder, 'bundle.json'), 'utf8');
  } catch {
    return null;
  }
  const bundle = readBundle(text);
  if ('reason' in bundle) return null;
  const file = (kind: string, host?: number): Buffer | null => {
    const found = bundle.files.find((each) => each.kind === kind && each.host === host);
    return found === undefined ? null : readFileSync(join(folder, found.name));
  };
  const source = (index: 0 | 1) => {
    const { number, name, implementation } = bundle.hosts[index];
    const bytes = file('capture', number);
    const packets = bytes === null ? [] : readCapture(bytes).packets;
    return { number, name: `host ${name.toUpperCase()}`, implementation, packets };
  };
  const trace = file('trace');
  const records = trace === null ? [] : readTrace(trace.toString('utf8')).records;
  return buildLadder({
    hosts: [source(0), source(1)],
    trace: records.toSorted((one, other) => one.event.time - other.event.time),
  });
}

function describe(row: LadderRow): DescribedRow {
  const { time } = row;
  if (row.kind === 'note') {
    const state = row.state === null ? '' : ` [${row.state}]`;
    return { text: `${'AB'[row.host]}: ${row.text}${state}`, frames: [null, null], time };
  }
  const arrow = row.from === 0 ? 'A → B' : 'B → A';
  const marks = row.marks.map((mark) => ` (${mark})`).join('');
  if (row.kind === 'other') return { text: `${arrow}: ${row.text}${marks}`, frames: row.frames, time };
  const { seq, ack, flags, length, wnd } = row.segment;
  const words = [formatFlags(flags), `seq ${seq}`];
  if ((flags & 0x10) !== 0) words.push(`ack ${ack}`);
  if (length > 0) words.push(`len ${length}`);
  words.push(`win ${wnd}`);
  const states = row.ends.map(({ state }) => state ?? '-').join(' / ');
  const frames = [row.ends[0].frame, row.ends[1].frame] as const;
  return { text: `${arrow}: ${words.join(' ')}${marks} [${states}]`, frames, time };
}
