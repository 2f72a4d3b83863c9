/** A run as a walk through the state diagram: one moment for each change of state. */
import type { LadderRow } from '@tcblab/capture';
import type { State } from '@tcblab/tcp/trace';

export interface EndMoment {
  readonly state: State;
  /** The change that it made last. */
  readonly edge: { readonly old: State; readonly new: State } | null;
}

export interface Moment {
  /** Row of the ladder that brought it about; -1 before all. */
  readonly row: number;
  readonly ends: readonly [EndMoment, EndMoment];
}

/** Where a segment changes both ends, its sender comes first. */
export function momentsOf(rows: readonly LadderRow[]): Moment[] {
  const first: Moment = { row: -1, ends: [beginning(rows, 0), beginning(rows, 1)] };
  const moments = [first];
  rows.forEach((row, index) => {
    for (const side of sidesOf(row)) {
      const { ends } = moments[moments.length - 1];
      const state = stateIn(row, side);
      if (state === null || state === ends[side].state) continue;
      const end: EndMoment = { state, edge: { old: ends[side].state, new: state } };
      moments.push({ row: index, ends: side === 0 ? [end, ends[1]] : [ends[0], end] });
    }
  });
  return moments;
}

/** Whoever shows up in SYN-RECEIVED has listened before. */
function beginning(rows: readonly LadderRow[], side: 0 | 1): EndMoment {
  const shown = rows.map((row) => stateIn(row, side)).find((state) => state !== null);
  return { state: shown === 'SYN-RECEIVED' || shown === 'LISTEN' ? 'LISTEN' : 'CLOSED', edge: null };
}

function sidesOf(row: LadderRow): readonly (0 | 1)[] {
  if (row.kind === 'note') return [row.host];
  return row.from === 0 ? [0, 1] : [1, 0];
}

function stateIn(row: LadderRow, side: 0 | 1): State | null {
  if (row.kind === 'segment') return row.ends[side].state;
  return row.kind === 'note' && row.host === side ? row.state : null;
}
