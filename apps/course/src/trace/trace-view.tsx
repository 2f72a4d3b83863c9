/** A recording in all its views, with one place in it that they share. */
import { useEffect, useId, useMemo, useState, type ReactNode } from 'react';
import type { LadderRow } from '@tcblab/capture';
import Translate, { translate } from '@docusaurus/Translate';
import { LadderView } from './ladder-view.tsx';
import type { Recording } from './recording.ts';
import { SegmentView } from './segment-view.tsx';
import { SequenceGraph } from './sequence-graph.tsx';
import { frameOf } from './snapshot.ts';
import { TableTwin } from './table-twin.tsx';
import { TcbView } from './tcb-view.tsx';
import { sentenceOf } from './words.ts';
import styles from './trace-view.module.css';

export interface TraceViewProps {
  readonly recording: Recording;
  /** Row that is selected at first; the first segment when not given. */
  readonly start?: number;
  /** What is shown below the ladder at first; the TCBs when not given. */
  readonly pane?: Pane;
  /** Which rows are bright at first: `all`, `data`, `control`, `trouble`, `left`, `right`. */
  readonly filter?: string;
  /** Height of the ladder's window in pixels. */
  readonly height?: number;
  /** The newest row is selected whenever there is one more. */
  readonly follow?: boolean;
  /** Rows whose segments are still on the wire, and how far they have come: 0 to 1. */
  readonly underway?: ReadonlyMap<number, number>;
}

/** Address resolution comes first on the wire, and is not what most come for. */
function firstSegment(rows: readonly LadderRow[]): number {
  return Math.max(
    0,
    rows.findIndex(({ kind }) => kind === 'segment'),
  );
}

export type Pane = 'segment' | 'tcb' | 'graph' | 'table';

export function TraceView({
  recording,
  start,
  height = 520,
  follow = false,
  underway,
  ...first
}: TraceViewProps): ReactNode {
  const { ladder } = recording;
  const [selected, setSelected] = useState(start ?? firstSegment(ladder.rows));
  const [pane, setPane] = useState<Pane>(first.pane ?? 'tcb');
  const [filter, setFilter] = useState(first.filter ?? 'all');
  const id = useId();
  const count = ladder.rows.length;
  useEffect(() => {
    if (follow) setSelected(Math.max(0, count - 1));
  }, [follow, count]);
  const matching = useMemo(() => matchingRows(ladder.rows, filter), [ladder.rows, filter]);
  const row = ladder.rows[Math.min(selected, ladder.rows.length - 1)];
  const names = [ladder.hosts[0].name, ladder.hosts[1].name] as const;
  const panes: readonly (readonly [Pane, string])[] = [
    ['tcb', translate({ id: 'trace.pane.tcb', message: 'TCBs' })],
    ['segment', translate({ id: 'trace.pane.segment', message: 'Bytes' })],
    ['graph', translate({ id: 'trace.pane.graph', message: 'Sequence graph' })],
    ['table', translate({ id: 'trace.pane.table', message: 'Table' })],
  ];
  return (
    <figure className={styles.trace}>
      <div className={styles.bar}>
        <label htmlFor={`${id}-filter`}>
          <Translate id="trace.filter">Show</Translate>{' '}
          <select id={`${id}-filter`} value={filter} onChange={(event) => setFilter(event.target.value)}>
            {FILTERS.map(([name, label]) => (
              <option key={name} value={name}>
                {label()}
              </option>
            ))}
          </select>
        </label>
        <div className={styles.steps}>
          <button
            type="button"
            className="button button--secondary button--sm"
            disabled={selected <= 0}
            onClick={() => setSelected((at) => nextRow(at, -1, ladder.rows.length, matching))}
          >
            <Translate id="trace.previous">Previous</Translate>
          </button>
          <output aria-live="polite">
            {selected + 1} / {ladder.rows.length}
            <span className={styles.heard}>{row === undefined ? '' : sentenceOf(row, names)}</span>
          </output>
          <button
            type="button"
            className="button button--secondary button--sm"
            disabled={selected >= ladder.rows.length - 1}
            onClick={() => setSelected((at) => nextRow(at, 1, ladder.rows.length, matching))}
          >
            <Translate id="trace.next">Next</Translate>
          </button>
        </div>
      </div>
      <LadderView
        ladder={ladder}
        selected={selected}
        onSelect={setSelected}
        height={height}
        {...(matching === null ? {} : { matching })}
        {...(underway === undefined ? {} : { underway })}
      />
      <div role="tablist" className={styles.tabs}>
        {panes.map(([name, label]) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}-tab-${name}`}
            aria-controls={`${id}-pane`}
            aria-selected={pane === name}
            tabIndex={pane === name ? 0 : -1}
            onClick={() => setPane(name)}
            onKeyDown={(event) => {
              const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
              if (step === 0) return;
              const at = panes.findIndex(([each]) => each === pane);
              const [next] = panes[(at + step + panes.length) % panes.length];
              setPane(next);
              document.getElementById(`${id}-tab-${next}`)?.focus();
            }}
          >
            {label}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-pane`} aria-labelledby={`${id}-tab-${pane}`} className={styles.pane}>
        {row === undefined ? null : <PaneOf {...{ pane, recording, row, selected, onSelect: setSelected }} />}
      </div>
      {recording.problems.map((problem) => (
        <p key={problem} role="alert">
          {problem}
        </p>
      ))}
    </figure>
  );
}

function PaneOf({
  pane,
  recording,
  row,
  selected,
  onSelect,
}: {
  readonly pane: Pane;
  readonly recording: Recording;
  readonly row: LadderRow;
  readonly selected: number;
  readonly onSelect: (row: number) => void;
}): ReactNode {
  const { ladder, hosts } = recording;
  switch (pane) {
    case 'segment': {
      const side = frameOf(row, 0) === null ? 1 : 0;
      const frame = frameOf(row, side);
      const packet = hosts[side].packets.find(({ id }, place) => (id?.frame ?? place + 1) === frame);
      return packet === undefined ? (
        <p>
          <Translate id="trace.segment.none">
            Nothing was on the wire here: it happened inside a host.
          </Translate>
        </p>
      ) : (
        <SegmentView packet={packet} />
      );
    }
    case 'tcb':
      return <TcbView recording={recording} row={selected} />;
    case 'graph':
      return (
        <>
          {([0, 1] as const)
            .filter((from) => ladder.rows.some((each) => isData(each, from)))
            .map((from) => (
              <SequenceGraph key={from} {...{ ladder, from, selected, onSelect }} />
            ))}
        </>
      );
    case 'table':
      return <TableTwin {...{ ladder, selected, onSelect }} />;
  }
}

/** A side that sent nothing but a SYN and a FIN has no graph worth the room. */
function isData(row: LadderRow, from: 0 | 1): boolean {
  return row.kind === 'segment' && row.from === from && row.segment.length > 0;
}

const FILTERS: readonly (readonly [string, () => string])[] = [
  ['all', () => translate({ id: 'trace.filter.all', message: 'everything' })],
  ['data', () => translate({ id: 'trace.filter.data', message: 'segments with data' })],
  ['control', () => translate({ id: 'trace.filter.control', message: 'SYN, FIN and RST' })],
  ['trouble', () => translate({ id: 'trace.filter.trouble', message: 'lost and sent again' })],
  ['left', () => translate({ id: 'trace.filter.left', message: 'from the left' })],
  ['right', () => translate({ id: 'trace.filter.right', message: 'from the right' })],
];

/** The next row that a filter leaves bright, or this one when there is none. */
function nextRow(at: number, step: 1 | -1, count: number, matching: ReadonlySet<number> | null): number {
  for (let row = at + step; row >= 0 && row < count; row += step) {
    if (matching === null || matching.has(row)) return row;
  }
  return at;
}

/** @returns null when all match */
function matchingRows(rows: readonly LadderRow[], filter: string): ReadonlySet<number> | null {
  if (filter === 'all') return null;
  const fits = (row: LadderRow): boolean => {
    if (row.kind === 'note') return false;
    if (filter === 'left' || filter === 'right') return row.from === (filter === 'left' ? 0 : 1);
    if (filter === 'trouble') return row.marks.length > 0;
    if (row.kind !== 'segment') return false;
    return filter === 'data' ? row.segment.length > 0 : (row.segment.flags & 7) !== 0;
  };
  return new Set(rows.flatMap((row, index) => (fits(row) ? [index] : [])));
}
