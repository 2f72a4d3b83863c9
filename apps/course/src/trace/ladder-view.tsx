/** The ladder of a run: two lives side by side, each segment an arrow between them, each state a stretch of a life. */
import {
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
} from 'react';
import type { Ladder, LadderRow, OtherRow, SegmentRow } from '@tcblab/capture';
import { translate } from '@docusaurus/Translate';
import {
  columnsFor,
  crossingsOf,
  detailOf,
  placeRows,
  rowsWithin,
  SHORT_STATES,
  staysOf,
  type Columns,
  type Crossing,
  type Rows,
  type Stay,
} from './geometry.ts';
import { labelOf, sentenceOf, shortLabelOf, timeOf } from './words.ts';
import styles from './trace.module.css';

export interface LadderViewProps {
  readonly ladder: Ladder;
  readonly selected: number;
  readonly onSelect: (row: number) => void;
  /** Rows that a filter leaves bright; all when absent. */
  readonly matching?: ReadonlySet<number>;
  /** Height of the window onto the rows, in pixels; the whole ladder when absent. */
  readonly height?: number;
  /** Rows whose segments are still on the wire, and how far they have come: 0 to 1. */
  readonly underway?: ReadonlyMap<number, number>;
}

/** Rows drawn beyond what is in sight, so that scrolling finds them there. */
const BEYOND = 400;

export function LadderView({
  ladder,
  selected,
  onSelect,
  matching,
  height,
  underway,
}: LadderViewProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [scrolled, setScrolled] = useState(0);
  const [sight, setSight] = useState(height ?? 600);
  const { rows } = ladder;
  const placed = useMemo(() => placeRows(rows), [rows]);
  const stays = useMemo(() => [staysOf(rows, 0), staysOf(rows, 1)] as const, [rows]);
  const crossings = useMemo(() => crossingsOf(rows), [rows]);
  const total = placed.tops[rows.length];

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const measure = () => {
      setWidth(element.clientWidth);
      setSight(element.clientHeight);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // Whoever moves by keyboard wants to see where to.
  useEffect(() => {
    const element = box.current;
    if (element === null || selected < 0) return;
    const [top, bottom] = [placed.tops[selected], placed.tops[selected + 1]];
    if (top < element.scrollTop) element.scrollTop = top;
    else if (bottom > element.scrollTop + element.clientHeight)
      element.scrollTop = bottom - element.clientHeight;
  }, [selected, placed]);

  const onKeyDown = (event: KeyboardEvent) => {
    const to = moveOf(event.key, selected, rows.length);
    if (to === null) return;
    event.preventDefault();
    onSelect(to);
  };

  const columns = columnsFor(width);
  const [first, last] = rowsWithin(placed, scrolled - BEYOND, scrolled + sight + BEYOND);
  const names = [ladder.hosts[0].name, ladder.hosts[1].name] as const;
  return (
    <div className={styles.ladder}>
      <div className={styles.heads} aria-hidden="true">
        {ladder.hosts.map(({ number, name, implementation }) => (
          <div key={number}>
            <strong>{name}</strong>
            {implementation === undefined ? null : <span>{implementation}</span>}
          </div>
        ))}
      </div>
      <div
        ref={box}
        className={styles.window}
        style={{ maxHeight: height }}
        role="listbox"
        tabIndex={0}
        aria-label={translate({ id: 'trace.ladder.label', message: 'Segments, in order. Arrow keys move.' })}
        aria-activedescendant={selected >= 0 ? `trace-row-${selected}` : undefined}
        onKeyDown={onKeyDown}
        onScroll={(event) => setScrolled(event.currentTarget.scrollTop)}
      >
        <div style={{ height: total, position: 'relative' }}>
          {width === 0 ? null : (
            <LadderPicture
              {...{ rows, placed, stays, crossings, columns, first, last, selected }}
              {...(matching === undefined ? {} : { matching })}
              {...(underway === undefined ? {} : { underway })}
            />
          )}
          {rows.slice(first, last).map((row, index) => (
            <div
              key={first + index}
              id={`trace-row-${first + index}`}
              role="option"
              aria-selected={first + index === selected}
              aria-label={sentenceOf(row, names)}
              className={styles.target}
              style={{
                top: placed.tops[first + index],
                height: placed.tops[first + index + 1] - placed.tops[first + index],
              }}
              onClick={() => onSelect(first + index)}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

/** @returns the row that a key leads to; null for a key of others */
function moveOf(key: string, at: number, count: number): number | null {
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    j: at + 1,
    ArrowUp: at - 1,
    k: at - 1,
    PageDown: at + 10,
    PageUp: at - 10,
    Home: 0,
    End: count - 1,
  };
  if (!Object.hasOwn(steps, key)) return null;
  return Math.max(0, Math.min(count - 1, steps[key]));
}

interface PictureProps {
  readonly rows: readonly LadderRow[];
  readonly placed: Rows;
  readonly stays: readonly [readonly Stay[], readonly Stay[]];
  readonly crossings: readonly Crossing[];
  readonly columns: Columns;
  readonly first: number;
  readonly last: number;
  readonly selected: number;
  readonly matching?: ReadonlySet<number>;
  readonly underway?: ReadonlyMap<number, number>;
}

/** Rows [first, last) as a drawing. Whole, it is what SVG and PNG hold. */
export function LadderPicture({
  rows,
  placed,
  stays,
  crossings,
  columns,
  first,
  last,
  selected,
  matching,
  underway,
}: PictureProps): ReactNode {
  const landed = useMemo(() => new Set(crossings.map(({ arrives }) => arrives)), [crossings]);
  const top = placed.tops[first];
  const bottom = placed.tops[last];
  return (
    <svg
      className={styles.picture}
      style={{ top }}
      width={columns.width}
      height={bottom - top}
      viewBox={`0 ${top} ${columns.width} ${bottom - top}`}
      aria-hidden="true"
    >
      {selected < first || selected >= last ? null : (
        <rect
          className={styles.back}
          y={placed.tops[selected] + 1}
          width={columns.width}
          height={placed.tops[selected + 1] - placed.tops[selected] - 2}
          rx={6}
        />
      )}
      {([0, 1] as const).map((side) => (
        <Life key={side} {...{ side, stays: stays[side], placed, columns, first, last }} />
      ))}
      {crossings
        .filter(({ departs, arrives }) => arrives >= first && departs < last)
        .map(({ departs, arrives }) => {
          const row = rows[departs];
          if (row.kind !== 'segment') return null;
          const [from, to] = endsOf(row, columns);
          return (
            <g key={`${departs}`} className={styles.arrow} data-kind={kindOf(row)}>
              <Shaft
                {...{
                  from,
                  to,
                  y: placed.tops[departs] + 24,
                  fall: placed.tops[arrives] - placed.tops[departs],
                }}
              />
            </g>
          );
        })}
      {rows.slice(first, last).map((row, offset) => {
        const index = first + offset;
        const dim = matching !== undefined && !matching.has(index);
        return (
          <g
            key={index}
            transform={`translate(0 ${placed.tops[index]})`}
            className={dim ? styles.dim : undefined}
          >
            {columns.times > 0 ? (
              <text className={styles.time} x={columns.times - 8} y={20} textAnchor="end">
                {timeOf(row.time)}
              </text>
            ) : null}
            {row.kind === 'note' ? (
              <Note {...{ row, columns }} />
            ) : (
              <Arrow {...{ row, columns, came: underway?.get(index) ?? 1, lone: !landed.has(index) }} />
            )}
          </g>
        );
      })}
    </svg>
  );
}

function Life({
  side,
  stays,
  placed,
  columns,
  first,
  last,
}: {
  side: 0 | 1;
  stays: readonly Stay[];
  placed: Rows;
  columns: Columns;
  first: number;
  last: number;
}): ReactNode {
  const x = columns.lines[side];
  const outward = side === 0 ? -1 : 1;
  return (
    <g>
      <line className={styles.life} x1={x} x2={x} y1={placed.tops[first]} y2={placed.tops[last]} />
      {stays
        .filter(({ from, to }) => to >= first && from < last)
        .map(({ state, from, to, inferred }) => {
          // A state begins where its segment arrives or leaves: in the middle of its row.
          const y = placed.tops[from] + 22;
          const end = to >= placed.tops.length - 1 ? placed.tops[to] : placed.tops[to] + 22;
          return (
            <g key={`${from}`} className={styles.stay} data-state={state}>
              <rect x={x - 4} y={y} width={8} height={Math.max(2, end - y)} rx={4} />
              <text x={x + outward * 10} y={y + 4} textAnchor={side === 0 ? 'end' : 'start'}>
                {columns.wide ? state : SHORT_STATES[state]}
                {inferred ? '~' : ''}
              </text>
            </g>
          );
        })}
    </g>
  );
}

function endsOf(
  { from }: SegmentRow | OtherRow,
  { lines: [left, right] }: Columns,
): readonly [number, number] {
  return from === 0 ? [left + 6, right - 6] : [right - 6, left + 6];
}

function kindOf(row: SegmentRow | OtherRow): string {
  if (row.kind === 'other') return 'other';
  if (row.marks.includes('lost')) return 'lost';
  if (row.marks.includes('again')) return 'again';
  return row.segment.length > 0 ? 'data' : 'control';
}

/** A line and its head, which points where the line goes. */
function Shaft({ from, to, y, fall }: { from: number; to: number; y: number; fall: number }): ReactNode {
  const angle = (Math.atan2(fall, to - from) * 180) / Math.PI;
  return (
    <>
      <line x1={from} y1={y} x2={to} y2={y + fall} />
      <path
        className={styles.head}
        transform={`translate(${to} ${y + fall}) rotate(${angle})`}
        d="M0 0l-11 -5.5l2.6 5.5l-2.6 5.5z"
      />
    </>
  );
}

interface ArrowProps {
  readonly row: SegmentRow | OtherRow;
  readonly columns: Columns;
  /** How much of its way it has behind it: 1 = all. */
  readonly came: number;
  /** Of a row that arrives: no row shows it leaving, as of a copy that the wire made. */
  readonly lone: boolean;
}

function Arrow({ row, columns, came, lone }: ArrowProps): ReactNode {
  const [left, right] = columns.lines;
  const [from, to] = endsOf(row, columns);
  const lost = row.marks.includes('lost');
  const end = from + (to - from) * 0.72;
  const y = 24;
  const label =
    row.kind === 'other' ? row.text : columns.wide ? labelOf(row.segment) : shortLabelOf(row.segment);
  const marks = row.marks.filter((mark) => mark !== 'lost');
  const middle = (left + right) / 2;
  const detail = detailOf(row);
  // Its line comes from an earlier row, where its label stands.
  if (row.kind === 'segment' && row.part === 'arrives' && !lone) return null;
  const crosses = row.kind === 'segment' && row.part === 'departs' && !lost;
  return (
    <g className={styles.arrow} data-kind={kindOf(row)} data-underway={came < 1}>
      {lost ? (
        <>
          <line x1={from} y1={y} x2={end} y2={y + 8} />
          <path d={`M${end - 6} ${y + 2}l12 12m0-12l-12 12`} />
        </>
      ) : crosses ? null : (
        <Shaft {...{ from, to: from + (to - from) * Math.max(0.04, came), y, fall: 11 * came }} />
      )}
      <text className={styles.label} x={middle} y={17} textAnchor="middle">
        {label}
        {marks.length === 0 ? null : (
          <tspan className={styles.mark} dx={8}>
            {marks.join(', ')}
          </tspan>
        )}
        {lost ? (
          <tspan className={styles.mark} dx={8}>
            lost
          </tspan>
        ) : null}
      </text>
      {detail === '' ? null : (
        <text className={styles.detail} x={middle} y={y + 24} textAnchor="middle">
          {detail}
        </text>
      )}
    </g>
  );
}

function Note({ row, columns }: { row: Extract<LadderRow, { kind: 'note' }>; columns: Columns }): ReactNode {
  const x = columns.lines[row.host];
  const inward = row.host === 0 ? 1 : -1;
  return (
    <g className={styles.note} data-about={row.about}>
      <circle cx={x} cy={16} r={6} />
      <text x={x + inward * 14} y={20} textAnchor={row.host === 0 ? 'start' : 'end'}>
        {row.text}
      </text>
    </g>
  );
}
