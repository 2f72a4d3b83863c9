/** Where each row of a ladder stands, and which rows are in sight. */
import type { LadderRow } from '@tcblab/capture';
import type { State } from '@tcblab/tcp/trace';

/** What a row says beneath its arrow. */
export function detailOf(row: LadderRow): string {
  if (row.kind !== 'segment') return '';
  const { mss, windowScale, sackPermitted, timestamps, sack } = row.segment;
  const words = [
    mss > 0 ? `mss ${mss}` : '',
    windowScale >= 0 ? `wscale ${windowScale}` : '',
    sackPermitted ? 'sackOK' : '',
    timestamps ? 'ts' : '',
    ...sack.map(([left, right]) => `sack ${left}–${right}`),
    ...row.notes,
  ];
  return words.filter((word) => word !== '').join(' · ');
}

export interface Rows {
  /** Top of each row, and the bottom of the last: one more than there are rows. In pixels. */
  readonly tops: Float64Array;
}

const SEGMENT = 46;
const DETAIL = 16;
const NOTE = 30;

export function placeRows(rows: readonly LadderRow[]): Rows {
  const tops = new Float64Array(rows.length + 1);
  rows.forEach((row, index) => {
    const height = row.kind === 'note' ? NOTE : SEGMENT + (detailOf(row) === '' ? 0 : DETAIL);
    tops[index + 1] = tops[index] + height;
  });
  return { tops };
}

/** First row and past the last row that show between two heights. */
export function rowsWithin({ tops }: Rows, from: number, to: number): readonly [number, number] {
  const rowAt = (height: number): number => {
    let low = 0;
    let high = tops.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (tops[middle] <= height) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  return [rowAt(from), Math.min(rowAt(to) + 1, tops.length - 1)];
}

/** A segment that is still under way when something else happens: the rows in which it leaves and in which it arrives. */
export interface Crossing {
  readonly departs: number;
  readonly arrives: number;
}

export function crossingsOf(rows: readonly LadderRow[]): Crossing[] {
  const open = new Map<string, number[]>();
  const crossings: Crossing[] = [];
  rows.forEach((row, index) => {
    if (row.kind !== 'segment' || row.part === 'whole') return;
    const { seq, ack, flags, length } = row.segment;
    const key = [row.connection, row.from, seq, ack, flags, length].join(' ');
    const departed = open.get(key) ?? [];
    open.set(key, departed);
    if (row.part === 'departs') {
      departed.push(index);
      return;
    }
    const departs = departed.shift();
    if (departs !== undefined) crossings.push({ departs, arrives: index });
  });
  return crossings;
}

/** A stretch of rows in which one end was in one state. */
export interface Stay {
  readonly state: State;
  /** Row in which it began, and the row in which it ended or the number of rows. */
  readonly from: number;
  readonly to: number;
  readonly inferred: boolean;
}

/** All stays of one end, in order. */
export function staysOf(rows: readonly LadderRow[], side: 0 | 1): Stay[] {
  const stays: Stay[] = [];
  let current: { state: State; from: number; inferred: boolean } | null = null;
  rows.forEach((row, index) => {
    const [state, inferred] = stateIn(row, side);
    if (state === null || state === current?.state) return;
    if (current !== null) stays.push({ ...current, to: index });
    current = { state, from: index, inferred };
  });
  if (current !== null) stays.push({ ...(current as Stay), to: rows.length });
  return stays;
}

function stateIn(row: LadderRow, side: 0 | 1): readonly [State | null, boolean] {
  if (row.kind === 'segment') return [row.ends[side].state, row.ends[side].inferred];
  if (row.kind === 'note' && row.host === side) return [row.state, false];
  return [null, false];
}

export interface Columns {
  readonly width: number;
  /** Where the lives of the two ends run down. */
  readonly lines: readonly [number, number];
  /** Room for times, 0 where there is none. */
  readonly times: number;
  /** Whether states are written out, or shortened. */
  readonly wide: boolean;
}

export function columnsFor(width: number): Columns {
  const wide = width >= 620;
  const times = wide ? 84 : 0;
  const states = wide ? 118 : 58;
  return { width, lines: [times + states, width - states], times, wide };
}

/** As tables of small room write them. */
export const SHORT_STATES: Readonly<Record<State, string>> = {
  CLOSED: 'CLSD',
  LISTEN: 'LSTN',
  'SYN-SENT': 'SYN-S',
  'SYN-RECEIVED': 'SYN-R',
  ESTABLISHED: 'ESTAB',
  'FIN-WAIT-1': 'FIN-1',
  'FIN-WAIT-2': 'FIN-2',
  'CLOSE-WAIT': 'CL-W',
  CLOSING: 'CLSNG',
  'LAST-ACK': 'L-ACK',
  'TIME-WAIT': 'T-W',
};
