/** Both ends' TCBs at one row: the RFC's variables, what recovery knows, and what the timers wait for. */
import type { ReactNode } from 'react';
import Translate from '@docusaurus/Translate';
import type { Recording } from './recording.ts';
import { snapshotAt, type Snapshot } from './snapshot.ts';
import { timeOf } from './words.ts';
import styles from './tcb-view.module.css';

/** As the RFC writes them; the trace has underscores where it has full stops. */
const VARIABLES = [
  'iss',
  'snd_una',
  'snd_nxt',
  'snd_wnd',
  'snd_wl1',
  'snd_wl2',
  'irs',
  'rcv_nxt',
  'rcv_wnd',
] as const;
const RECOVERY = ['cwnd', 'ssthresh', 'in_flight', 'srtt', 'rttvar', 'rto', 'dupacks'] as const;
const DURATIONS: readonly string[] = ['srtt', 'rttvar', 'rto'];

export function TcbView({
  recording,
  row,
}: {
  readonly recording: Recording;
  readonly row: number;
}): ReactNode {
  return (
    <div className={styles.tcbs}>
      {([0, 1] as const).map((side) => (
        <section key={side}>
          <p className={styles.title}>{recording.hosts[side].name}</p>
          <Tcb
            snapshot={snapshotAt(recording, row, side)}
            silent={recording.hosts[side].records.length === 0}
          />
        </section>
      ))}
    </div>
  );
}

function Tcb({ snapshot, silent }: { readonly snapshot: Snapshot; readonly silent: boolean }): ReactNode {
  if (silent) {
    return (
      <p>
        <Translate id="trace.tcb.silent">
          This host tells nothing of itself; its states are inferred from its packets.
        </Translate>
      </p>
    );
  }
  const { state, variables, recovery, timers, time, changed } = snapshot;
  const { iss, irs } = variables;
  const relative = (name: string, value: number): string => {
    const base = /^(snd_una|snd_nxt|snd_wl2)$/.test(name)
      ? iss
      : /^(rcv_nxt|snd_wl1)$/.test(name)
        ? irs
        : undefined;
    // What nothing has set yet counts from nowhere.
    return base === undefined || value === 0 ? `${value}` : `${(value - base) >>> 0}`;
  };
  return (
    <dl>
      <Row name="state" value={state ?? 'CLOSED'} changed={changed.has('state')} />
      {VARIABLES.map((name) => {
        const value = variables[name];
        if (value === undefined) return null;
        const written = name.replace('_', '.').toUpperCase();
        return (
          <Row
            key={name}
            name={written}
            value={relative(name, value)}
            title={`${value}`}
            changed={changed.has(name)}
          />
        );
      })}
      {RECOVERY.map((name) => {
        const value = recovery[name];
        if (value === undefined) return null;
        const written = DURATIONS.includes(name) ? timeOf(value) : value >= 2 ** 30 ? '∞' : `${value}`;
        return <Row key={name} name={name} value={written} changed={changed.has(name)} />;
      })}
      {timers.map(({ name, due }) => (
        <Row
          key={name}
          name={`⏱ ${name}`}
          value={time === null ? '' : `in ${timeOf(Math.max(0, due - time))}`}
          changed={false}
        />
      ))}
    </dl>
  );
}

function Row({
  name,
  value,
  title,
  changed,
}: {
  readonly name: string;
  readonly value: string;
  readonly title?: string;
  readonly changed: boolean;
}): ReactNode {
  return (
    <div data-changed={changed} title={title}>
      <dt>{name}</dt>
      <dd>
        {value}
        {changed ? (
          <span className={styles.changed}>
            {' '}
            <Translate id="trace.tcb.changed">changed</Translate>
          </span>
        ) : null}
      </dd>
    </div>
  );
}
