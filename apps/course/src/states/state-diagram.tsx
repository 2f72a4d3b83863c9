/** RFC 9293's state diagram, with the states that two ends are in and the edges that they took last alight. */
import { useId, type ReactNode } from 'react';
import { translate } from '@docusaurus/Translate';
import type { State } from '@tcblab/tcp/trace';
import { EDGES, HEIGHT, PLACES, WIDTH, type DrawnEdge, type Place } from './diagram.ts';
import styles from './state-diagram.module.css';

/** One end, as the diagram shows it. */
export interface ShownEnd {
  /** One letter. */
  readonly letter: string;
  /** How many of its connections and listeners are in each state. */
  readonly states: ReadonlyMap<State, number>;
  /** The change of state that it made last. */
  readonly edge: { readonly old: State; readonly new: State } | null;
}

export interface StateDiagramProps {
  /** At most two. */
  readonly ends: readonly ShownEnd[];
}

const PILL = { width: 140, height: 42 };

export function StateDiagram({ ends }: StateDiagramProps): ReactNode {
  const id = useId();
  return (
    <div className={styles.scroller} role="group" tabIndex={0} aria-label={groupLabel()}>
      <svg
        className={styles.diagram}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={ends.map(sentenceOf).join(' ')}
      >
        <defs>
          {['idle', '0', '1'].map((kind) => (
            <marker
              key={kind}
              id={`${id}${kind}`}
              className={styles.head}
              data-end={kind}
              viewBox="0 0 10 10"
              refX={8}
              refY={5}
              markerWidth={9}
              markerHeight={9}
              markerUnits="userSpaceOnUse"
              orient="auto"
            >
              <path d="M0 0L10 5L0 10L2.5 5z" />
            </marker>
          ))}
        </defs>
        {EDGES.map((edge) => (
          <Edge key={`${edge.old} ${edge.new}`} {...{ edge, ends, id }} />
        ))}
        {PLACES.map((place) => (
          <Pill key={`${place.state}${place.end === true ? ' end' : ''}`} {...{ place, ends }} />
        ))}
        {EDGES.map((edge) => (
          <Label key={`${edge.old} ${edge.new}`} edge={edge} lit={takers(edge, ends).length > 0} />
        ))}
      </svg>
    </div>
  );
}

function groupLabel(): string {
  return translate({ id: 'states.label', message: 'State diagram of RFC 9293, figure 5' });
}

function sentenceOf({ letter, states, edge }: ShownEnd): string {
  const names = [...states].map(([state, count]) => (count === 1 ? state : `${state} × ${count}`)).join(', ');
  const is = translate(
    { id: 'states.sentence', message: 'Host {letter}: {states}.' },
    { letter, states: names },
  );
  return edge === null
    ? is
    : `${is} ${translate({ id: 'states.sentence.last', message: 'Its last step: {old} to {next}.' }, { old: edge.old, next: edge.new })}`;
}

/** The ends that took this edge last, by their places. */
function takers({ old, new: to }: DrawnEdge, ends: readonly ShownEnd[]): number[] {
  return ends.flatMap(({ edge }, index) => (edge?.old === old && edge.new === to ? [index] : []));
}

function Edge({ edge, ends, id }: { edge: DrawnEdge; ends: readonly ShownEnd[]; id: string }): ReactNode {
  const taken = takers(edge, ends);
  return (
    <g>
      <path
        className={styles.edge}
        d={edge.way}
        {...(taken.length === 0 ? { markerEnd: `url(#${id}idle)` } : {})}
      />
      {taken.map((end, place) => (
        <path
          key={end}
          className={styles.taken}
          data-end={end}
          data-second={place === 1}
          d={edge.way}
          markerEnd={`url(#${id}${end})`}
        />
      ))}
    </g>
  );
}

function Label({ edge, lit }: { edge: DrawnEdge; lit: boolean }): ReactNode {
  const { x, y, anchor, event, action } = edge;
  return (
    <text className={styles.label} data-lit={lit} x={x} y={y} textAnchor={anchor}>
      {event()
        .split('\n')
        .map((line, at) => (
          <tspan key={line} x={x} dy={at === 0 ? 0 : 15}>
            {line}
          </tspan>
        ))}
      {action === null ? null : (
        <tspan className={styles.action} x={x} dy={15}>
          {action()}
        </tspan>
      )}
    </text>
  );
}

function Pill({ place, ends }: { place: Place; ends: readonly ShownEnd[] }): ReactNode {
  const { state, x, y } = place;
  const { width, height } = PILL;
  const there = ends.flatMap((end, index) => {
    const count = end.states.get(state) ?? 0;
    return count > 0 && isHere(place, end) ? [{ index, letter: end.letter, count }] : [];
  });
  return (
    <g className={styles.state} data-state={state} data-lit={there.length > 0}>
      <rect x={x - width / 2} y={y - height / 2} width={width} height={height} rx={height / 2} />
      <text x={x} y={y + 4.5} textAnchor="middle">
        {state}
      </text>
      {there.map(({ index, letter, count }) => (
        <g
          key={letter}
          className={styles.token}
          data-end={index}
          transform={`translate(${x + (index === 0 ? -1 : 1) * (width / 2 - 4)} ${y - height / 2 + 2})`}
        >
          <rect x={count > 1 ? -20 : -12} y={-12} width={count > 1 ? 40 : 24} height={24} rx={12} />
          <text y={4.5} textAnchor="middle">
            {count > 1 ? `${letter}×${count}` : letter}
          </text>
        </g>
      ))}
    </g>
  );
}

/** Which of the two CLOSED an end is in: where it came to from the end of a life, or where lives begin. */
function isHere({ state, end }: Place, { edge }: ShownEnd): boolean {
  if (state !== 'CLOSED') return true;
  const ended =
    edge?.new === 'CLOSED' &&
    EDGES.some((each) => each.old === edge.old && each.new === 'CLOSED' && each.y > 400);
  return ended === (end === true);
}
