/** What is on the wire, and a hand to reach for it. */
import { useState, type ReactNode } from 'react';
import Translate, { translate } from '@docusaurus/Translate';
import { formatFlags } from '@tcblab/tcp/wire';
import { timeOf } from '../trace/words.ts';
import type { Action } from './action.ts';
import type { Flight } from './flight.ts';
import { SegmentEditor } from './segment-editor.tsx';
import type { World } from './world.ts';
import styles from './playground.module.css';

export interface WirePanelProps {
  readonly world: World;
  readonly onAction: (action: Action) => void;
}

/** More than these are counted, not listed. */
const LISTED = 12;

export function WirePanel({ world, onAction }: WirePanelProps): ReactNode {
  const flights = world.flights.toSorted((one, other) => one.arrives - other.arrives || one.id - other.id);
  const more = flights.length - LISTED;
  return (
    <section className={styles.wire} aria-labelledby="playground-wire">
      <h2 id="playground-wire">
        <Translate id="playground.wire">On the wire</Translate>
      </h2>
      {flights.length === 0 ? (
        <p className={styles.quiet}>
          <Translate id="playground.wire.empty">Nothing. The next step is a timer, or yours.</Translate>
        </p>
      ) : null}
      <ul>
        {flights.slice(0, LISTED).map((flight) => (
          <FlightItem key={flight.id} {...{ flight, world, onAction }} />
        ))}
      </ul>
      {more > 0 ? (
        <p className={styles.quiet}>
          <Translate id="playground.wire.more" values={{ count: more }}>
            {'… and {count} more'}
          </Translate>
        </p>
      ) : null}
    </section>
  );
}

/** How much of its way a segment has behind it, 0 to 1. What is held waits in the middle. */
export function progressOf({ sent, arrives }: Flight, now: number): number {
  if (arrives === Infinity) return 0.5;
  return Math.min(0.97, Math.max(0, (now - sent) / (arrives - sent)));
}

function FlightItem({ flight, world, onAction }: WirePanelProps & { readonly flight: Flight }): ReactNode {
  const [editing, setEditing] = useState(false);
  const { id, from, arrives, seen } = flight;
  const says = describe(flight, world);
  const does = (kind: 'deliver' | 'drop' | 'duplicate') => () => onAction({ kind, flight: id });
  const actions: readonly (readonly [string, () => void])[] = [
    [translate({ id: 'playground.deliver', message: 'Deliver' }), does('deliver')],
    [translate({ id: 'playground.drop', message: 'Drop' }), does('drop')],
    [
      translate({ id: 'playground.delay', message: 'Delay' }),
      () => onAction({ kind: 'delay', flight: id, by: 100_000 }),
    ],
    [translate({ id: 'playground.duplicate', message: 'Duplicate' }), does('duplicate')],
  ];
  return (
    <li className={styles.flight} data-end={from}>
      <p>
        <strong>{from === 0 ? 'A → B' : 'B → A'}</strong> <code>{says}</code>
      </p>
      <div className={styles.way} data-from={from} aria-hidden="true">
        <span style={{ inlineSize: `${progressOf(flight, world.now) * 100}%` }} />
      </div>
      <p className={styles.quiet}>
        {arrives === Infinity ? (
          <Translate id="playground.held">withheld until you deliver it</Translate>
        ) : (
          <Translate id="playground.arrives" values={{ time: timeOf(Math.max(0, arrives - world.now)) }}>
            {'arrives in {time}'}
          </Translate>
        )}
        {flight.copy ? ` · ${translate({ id: 'playground.copy', message: 'copy' })}` : ''}
        {flight.edited ? ` · ${translate({ id: 'playground.edited', message: 'edited' })}` : ''}
      </p>
      <div className={styles.row}>
        {actions.map(([label, act]) => (
          <button
            key={label}
            type="button"
            className="button button--secondary button--sm"
            aria-label={`${label}: ${says}`}
            onClick={act}
          >
            {label}
          </button>
        ))}
        {seen.kind === 'tcp' ? (
          <button
            type="button"
            className="button button--secondary button--sm"
            aria-expanded={editing}
            onClick={() => setEditing(!editing)}
          >
            <Translate id="playground.edit">Edit</Translate>
          </button>
        ) : null}
      </div>
      {editing && seen.kind === 'tcp' ? (
        <SegmentEditor
          seen={seen}
          bases={world.bases(seen)}
          onEdit={(edit) => {
            setEditing(false);
            onAction({ kind: 'edit', flight: id, ...edit });
          }}
        />
      ) : null}
    </li>
  );
}

function describe({ seen }: Flight, world: World): string {
  if (seen.kind === 'other') return seen.text;
  const { seq, ack } = world.bases(seen);
  const words = [formatFlags(seen.flags), `seq ${(seen.seq - seq) >>> 0}`];
  if ((seen.flags & 0x10) !== 0) words.push(`ack ${(seen.ack - ack) >>> 0}`);
  if (seen.length > 0) words.push(`len ${seen.length}`);
  words.push(`win ${seen.wnd}`);
  return words.join(' ');
}
