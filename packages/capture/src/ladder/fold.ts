/** Folds away what a reader of a ladder may skip: runs of data and acknowledgements that change no state. */
import { FIN, RST, SYN } from '@tcblab/tcp/wire';
import type { FoldRow, LadderMark, LadderRow, NoteRow, SegmentRow } from './rows.ts';

/** Rows that stay at the beginning and at the end of a folded run. */
const HEAD = 2;
const TAIL = 1;
/** A fold that hides less saves nothing. */
const FEWEST = 3;

/** What may be folded. */
type Foldable = SegmentRow | NoteRow;

/**
 * Fold long runs. Rows with marks and expired timers are folded too only where there would be more than `limit` rows
 * otherwise; rows that change a state never are.
 */
export function foldRows(rows: readonly LadderRow[], limit: number): (LadderRow | FoldRow)[] {
  const plain = fold(rows, (row) => row.kind === 'segment' && row.marks.length + row.notes.length === 0);
  return plain.length <= limit ? plain : fold(rows, () => true);
}

function fold(rows: readonly LadderRow[], mayGo: (row: Foldable) => boolean): (LadderRow | FoldRow)[] {
  const result: (LadderRow | FoldRow)[] = [];
  let run: Foldable[] = [];
  const flush = (): void => {
    if (run.length < HEAD + FEWEST + TAIL) result.push(...run);
    else result.push(...run.slice(0, HEAD), summary(run.slice(HEAD, -TAIL)), ...run.slice(-TAIL));
    run = [];
  };
  for (const row of rows) {
    if (row.kind !== 'other' && changesNothing(row) && mayGo(row)) {
      run.push(row);
      continue;
    }
    flush();
    result.push(row);
  }
  flush();
  return result;
}

function changesNothing(row: Foldable): boolean {
  if (row.kind === 'note') return row.about === 'timer' && !row.changed;
  const { segment, ends } = row;
  return (segment.flags & (SYN | FIN | RST)) === 0 && !ends[0].changed && !ends[1].changed;
}

function summary(rows: readonly Foldable[]): FoldRow {
  const segments: [number, number] = [0, 0];
  const octets: [number, number] = [0, 0];
  const acks: [number, number] = [0, 0];
  const marks: Partial<Record<LadderMark, number>> = {};
  let timeouts = 0;
  for (const row of rows) {
    if (row.kind === 'note') {
      timeouts++;
      continue;
    }
    for (const mark of row.marks) marks[mark] = (marks[mark] ?? 0) + 1;
    // A segment whose arrival has a row of its own counts once; a copy has only that row.
    if (row.part === 'arrives' && !row.marks.includes('duplicate')) continue;
    if (row.segment.length === 0) {
      acks[row.from]++;
    } else {
      segments[row.from]++;
      octets[row.from] += row.segment.length;
    }
  }
  return { kind: 'fold', time: rows[0].time, rows: rows.length, segments, octets, acks, timeouts, marks };
}
