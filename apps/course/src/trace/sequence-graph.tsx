/** Sequence numbers over time, one direction: data as bars, acknowledgments as a stair below, the window as one above. */
import { useMemo, type ReactNode } from 'react';
import type { Ladder, SegmentRow } from '@tcblab/capture';
import { translate } from '@docusaurus/Translate';
import { timeOf } from './words.ts';
import styles from './sequence-graph.module.css';

const WIDTH = 760;
const HEIGHT = 300;
const EDGE = { left: 70, right: 16, top: 14, bottom: 34 };

interface Shape {
  readonly data: string;
  readonly again: string;
  readonly lost: string;
  readonly acks: string;
  readonly window: string;
  readonly times: readonly number[];
  readonly places: readonly number[];
  readonly x: (time: number) => number;
  readonly y: (place: number) => number;
}

export interface SequenceGraphProps {
  readonly ladder: Ladder;
  /** Whose data: 0 the left host's. */
  readonly from: 0 | 1;
  readonly selected: number;
  readonly onSelect: (row: number) => void;
}

export function SequenceGraph({ ladder, from, selected, onSelect }: SequenceGraphProps): ReactNode {
  const shape = useMemo(() => shapeOf(ladder, from), [ladder, from]);
  const row = ladder.rows[selected];
  const { data, again, lost, acks, window, times, places, x, y } = shape;
  const pick = (clientX: number, box: DOMRect) => {
    const at = ((clientX - box.left) / box.width) * WIDTH;
    const nearest = ladder.rows.reduce(
      (best, { time }, index) =>
        Math.abs(x(time) - at) < Math.abs(x(ladder.rows[best].time) - at) ? index : best,
      0,
    );
    onSelect(nearest);
  };
  return (
    <svg
      className={styles.graph}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={translate(
        { id: 'trace.graph.label', message: 'Sequence numbers of {host} over time' },
        { host: ladder.hosts[from].name },
      )}
      onClick={(event) => pick(event.clientX, event.currentTarget.getBoundingClientRect())}
    >
      {places.map((place) => (
        <g key={place}>
          <line className={styles.grid} x1={EDGE.left} x2={WIDTH - EDGE.right} y1={y(place)} y2={y(place)} />
          <text x={EDGE.left - 8} y={y(place) + 4} textAnchor="end">
            {shortNumber(place)}
          </text>
        </g>
      ))}
      {times.map((time) => (
        <text key={time} x={x(time)} y={HEIGHT - 12} textAnchor="middle">
          {timeOf(time)}
        </text>
      ))}
      <path className={styles.window} d={window} />
      <path className={styles.acks} d={acks} />
      <path className={styles.data} d={data} />
      <path className={styles.again} d={again} />
      <path className={styles.lost} d={lost} />
      {row === undefined ? null : (
        <line
          className={styles.now}
          x1={x(row.time)}
          x2={x(row.time)}
          y1={EDGE.top}
          y2={HEIGHT - EDGE.bottom}
        />
      )}
    </svg>
  );
}

function shapeOf({ rows }: Ladder, from: 0 | 1): Shape {
  const segments = rows.filter((row): row is SegmentRow => row.kind === 'segment' && row.part !== 'arrives');
  const sent = segments.filter((row) => row.from === from);
  const back = rows.filter(
    (row): row is SegmentRow =>
      row.kind === 'segment' &&
      row.from !== from &&
      row.part !== 'departs' &&
      (row.segment.flags & 0x10) !== 0,
  );
  const scale = Math.max(0, rows.filter(isSyn).find((row) => row.from !== from)?.segment.windowScale ?? 0);
  const end = Math.max(1, rows.at(-1)?.time ?? 1);
  let top = 1;
  for (const { segment } of sent) top = Math.max(top, segment.seq + segment.length);
  const x = (time: number) => EDGE.left + (time / end) * (WIDTH - EDGE.left - EDGE.right);
  const y = (place: number) =>
    HEIGHT - EDGE.bottom - (Math.min(place, top * 1.15) / (top * 1.15)) * (HEIGHT - EDGE.bottom - EDGE.top);
  const bars = (list: readonly SegmentRow[]) =>
    list
      .map(
        ({ time, segment: { seq, length } }) =>
          `M${x(time).toFixed(1)} ${y(seq).toFixed(1)}V${(y(seq + Math.max(1, length)) - 1).toFixed(1)}`,
      )
      .join('');
  const stair = (height: (row: SegmentRow) => number) =>
    back
      .map(
        (row, index) =>
          `${index === 0 ? 'M' : 'H'}${x(row.time).toFixed(1)}${index === 0 ? ` ${y(height(row)).toFixed(1)}` : `V${y(height(row)).toFixed(1)}`}`,
      )
      .join('');
  const isAgain = ({ marks }: SegmentRow) => marks.includes('again');
  const isLost = ({ marks }: SegmentRow) => marks.includes('lost');
  return {
    data: bars(sent.filter((row) => !isAgain(row) && !isLost(row))),
    again: bars(sent.filter((row) => isAgain(row) && !isLost(row))),
    lost: bars(sent.filter(isLost)),
    acks: stair(({ segment }) => segment.ack),
    window: stair(({ segment: { ack, wnd, flags } }) => ack + ((flags & 2) === 0 ? wnd * 2 ** scale : wnd)),
    times: ticks(end).slice(1),
    places: ticks(top),
    x,
    y,
  };
}

function isSyn(row: Ladder['rows'][number]): row is SegmentRow {
  return row.kind === 'segment' && (row.segment.flags & 2) !== 0;
}

/** Round numbers up to `top`, about four. */
function ticks(top: number): number[] {
  const rough = top / 4;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough) ?? power * 10;
  return Array.from({ length: Math.floor(top / step) + 1 }, (_, index) => index * step);
}

function shortNumber(value: number): string {
  if (value >= 1_000_000) return `${value / 1_000_000} M`;
  return value >= 10_000 ? `${value / 1000} k` : `${value}`;
}
