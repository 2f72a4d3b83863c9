/** One end's TCB as its host told of it, at any row of a ladder. */
import type { LadderRow } from '@tcblab/capture';
import type { RecoveryUpdated, State, TcbVariables } from '@tcblab/tcp/trace';
import type { RecordedHost, Recording } from './recording.ts';

export interface Timer {
  readonly name: string;
  /** On the host's clock, in microseconds. */
  readonly due: number;
}

export interface Snapshot {
  readonly state: State | null;
  readonly variables: TcbVariables;
  readonly recovery: Omit<RecoveryUpdated, 'name' | 'time' | 'connection'>;
  readonly timers: readonly Timer[];
  /** When the last of it was told, on the host's clock; null when nothing was. */
  readonly time: number | null;
  /** Names of variables that changed with this row. */
  readonly changed: ReadonlySet<string>;
}

/** @param side 0: the left host */
export function snapshotAt(recording: Recording, row: number, side: 0 | 1): Snapshot {
  const host = recording.hosts[side];
  const { rows } = recording.ladder;
  const frame = newestFrame(rows, row, side);
  const before = row === 0 ? 0 : newestFrame(rows, row - 1, side);
  const now = rows[row];
  // A call or a timer has no frame: what follows it until the next frame belongs to it.
  const untapped = now?.kind === 'note' && now.host === side;
  return fold(host, frame, before, untapped);
}

/** The newest frame that this side had seen by that row. */
function newestFrame(rows: readonly LadderRow[], row: number, side: 0 | 1): number {
  for (let at = Math.min(row, rows.length - 1); at >= 0; at--) {
    const frame = frameOf(rows[at], side);
    if (frame !== null) return frame;
  }
  return 0;
}

export function frameOf(row: LadderRow, side: 0 | 1): number | null {
  if (row.kind === 'segment') return row.ends[side].frame;
  return row.kind === 'other' ? row.frames[side] : null;
}

function fold(host: RecordedHost, frame: number, before: number, untapped: boolean): Snapshot {
  let state: State | null = null;
  let variables: TcbVariables = {};
  let recovery: Snapshot['recovery'] = {};
  const timers = new Map<string, Timer>();
  let time: number | null = null;
  const changed = new Set<string>();
  let newest = 0;
  for (const { frame: at = 0, event } of host.records) {
    newest = Math.max(newest, at);
    if (newest > frame || (at === 0 && newest === frame && !untapped && frame > 0)) break;
    time = event.time;
    const isNew = newest > before || (untapped && at === 0 && newest === frame);
    const note = (names: object) => {
      if (isNew) for (const name of Object.keys(names)) changed.add(name);
    };
    if (event.name === 'connection_started') timers.clear();
    if (event.name === 'state_updated') {
      state = event.new;
      if (isNew) changed.add('state');
    } else if (event.name === 'tcb_updated') {
      variables = { ...variables, ...event.variables };
      note(event.variables);
    } else if (event.name === 'recovery_updated') {
      const { name: _name, time: _time, connection: _connection, ...told } = event;
      recovery = { ...recovery, ...told };
      note(told);
    } else if (event.name === 'timer_updated') {
      if (event.event === 'set')
        timers.set(event.timer, { name: event.timer, due: event.time + (event.delta ?? 0) });
      else timers.delete(event.timer);
    }
  }
  return { state, variables, recovery, timers: [...timers.values()], time, changed };
}
