/** A recorded run, walked through in the state diagram. */
import { useMemo, useState, type ReactNode } from 'react';
import Translate, { translate } from '@docusaurus/Translate';
import type { Recording } from '../trace/recording.ts';
import { useRecording } from '../trace/use-recording.ts';
import { sentenceOf } from '../trace/words.ts';
import { momentsOf } from './moments.ts';
import { StateDiagram, type ShownEnd } from './state-diagram.tsx';
import styles from './state-diagram.module.css';

export interface StatesWalkProps {
  /** Folder below `traces`. */
  readonly trace: string;
  /** Which change is shown at first; 0 = before the first. */
  readonly start?: number;
}

export default function StatesWalk({ trace, start = 0 }: StatesWalkProps): ReactNode {
  const { place, recording } = useRecording(trace);
  return (
    <div ref={place} style={{ minHeight: recording === null ? 820 : undefined }}>
      {recording === null ? (
        <p>
          <Translate id="trace.loading">The trace is being loaded.</Translate>
        </p>
      ) : typeof recording === 'string' ? (
        <p role="alert">{recording}</p>
      ) : (
        <Walk recording={recording} start={start} />
      )}
    </div>
  );
}

function Walk({ recording, start }: { readonly recording: Recording; readonly start: number }): ReactNode {
  const { rows, hosts } = recording.ladder;
  const moments = useMemo(() => momentsOf(rows), [rows]);
  const last = moments.length - 1;
  const [at, setAt] = useState(Math.min(start, last));
  const { row, ends } = moments[at];
  const shown = ends.map(({ state, edge }, side): ShownEnd => ({
    letter: side === 0 ? 'A' : 'B',
    states: new Map([[state, 1]]),
    edge,
  }));
  return (
    <figure className={styles.walk}>
      <div className={styles.bar}>
        <button
          type="button"
          className="button button--secondary button--sm"
          disabled={at === 0}
          onClick={() => setAt(at - 1)}
        >
          <Translate id="trace.previous">Previous</Translate>
        </button>
        <button
          type="button"
          className="button button--primary button--sm"
          disabled={at === last}
          onClick={() => setAt(at + 1)}
        >
          <Translate id="trace.next">Next</Translate>
        </button>
        <output aria-live="polite">
          {at} / {last}
          {' · '}
          {row < 0
            ? translate({ id: 'states.before', message: 'before the first segment' })
            : sentenceOf(rows[row], [hosts[0].name, hosts[1].name])}
        </output>
      </div>
      <StateDiagram ends={shown} />
    </figure>
  );
}
