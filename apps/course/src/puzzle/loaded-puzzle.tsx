/** Fetches the run of a puzzle, keeps the reader's variant, and shows the kind that was asked for. */
import { useEffect, useMemo, useState, type ReactNode } from 'react';
import useBaseUrl from '@docusaurus/useBaseUrl';
import Translate from '@docusaurus/Translate';
import { useKept } from '../lesson/kept.ts';
import lesson from '../lesson/lesson.module.css';
import { loadRecording } from '../trace/load-recording.ts';
import { AcksView } from './acks-view.tsx';
import { LostView } from './lost-view.tsx';
import { momentsOf, type Moment } from './moment.ts';
import { OrderView } from './order-view.tsx';
import { StateView } from './state-view.tsx';
import styles from './puzzle.module.css';

export interface LoadedPuzzleProps {
  readonly kind: 'order' | 'acks' | 'state' | 'lost';
  /** A recording of recordings.ts. */
  readonly trace: string;
}

const VIEWS = { order: OrderView, acks: AcksView, state: StateView, lost: LostView } as const;

/** Seeds that are drawn for readers: each page shows them other variants than their neighbours'. */
const SEEDS = 1_000_000;

export function LoadedPuzzle({ kind, trace }: LoadedPuzzleProps): ReactNode {
  const folder = useBaseUrl(`/traces/${trace}/`);
  const [kept, keep] = useKept(`puzzle/${kind}/${trace}`);
  const [moments, setMoments] = useState<readonly Moment[] | string | null>(null);
  const [drawn] = useState(() => Math.floor(Math.random() * SEEDS));
  const seed = kept === null ? drawn : Number(kept);
  useEffect(() => {
    const abort = new AbortController();
    loadRecording(trace, folder, abort.signal).then(
      (recording) => setMoments(typeof recording === 'string' ? recording : momentsOf(recording.ladder)),
      (error: unknown) => {
        if (!abort.signal.aborted) setMoments(String(error));
      },
    );
    return () => abort.abort();
  }, [trace, folder]);
  const View = VIEWS[kind];
  const view = useMemo(
    () =>
      moments === null || typeof moments === 'string' ? null : (
        <View key={seed} moments={moments} seed={seed} />
      ),
    [View, moments, seed],
  );
  if (moments === null) return <div style={{ minHeight: 300 }} />;
  if (typeof moments === 'string') return <p role="alert">{moments}</p>;
  return (
    <fieldset className={`${lesson.predict} ${styles.puzzle}`}>
      <legend>
        <Translate id="puzzle.title">Puzzle</Translate>
      </legend>
      {view}
      <p className={styles.variant}>
        <button
          type="button"
          className="button button--secondary button--sm"
          onClick={() => keep(`${(seed + 1) % SEEDS}`)}
        >
          <Translate id="puzzle.another">Another one</Translate>
        </button>{' '}
        <Translate id="puzzle.variant" values={{ seed }}>
          {'variant {seed}'}
        </Translate>
      </p>
    </fieldset>
  );
}
