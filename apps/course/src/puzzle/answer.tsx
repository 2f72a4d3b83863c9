/** What a puzzle says once it was tried. */
import type { ReactNode } from 'react';
import Translate from '@docusaurus/Translate';
import type { Moment } from './moment.ts';
import styles from './puzzle.module.css';

export interface AnswerProps {
  /** Undefined before the first try; null when it is right; otherwise why not. */
  readonly why: string | null | undefined;
}

export function Answer({ why }: AnswerProps): ReactNode {
  return (
    <div role="status" className={styles.answer}>
      {why === undefined ? null : why === null ? (
        <strong>
          <Translate id="puzzle.right">So it was.</Translate>
        </strong>
      ) : (
        <>
          <strong>
            <Translate id="puzzle.wrong">Not yet.</Translate>
          </strong>{' '}
          {why}
        </>
      )}
    </div>
  );
}

export interface PuzzleViewProps {
  readonly moments: readonly Moment[];
  readonly seed: number;
}

/** Who sends to whom, in words and not by place alone. */
export function Way({ from }: { readonly from: 0 | 1 }): ReactNode {
  return <span className={styles.way}>{from === 0 ? 'A → B' : 'B → A'}</span>;
}
