/** A question before the answer: choose first, then see. What was chosen stays on this machine. */
import { useId, useState, type ReactNode } from 'react';
import Translate from '@docusaurus/Translate';
import { useKept } from './kept.ts';
import styles from './lesson.module.css';

export interface Choice {
  readonly text: string;
  readonly right?: true;
  /** Why it is right, or what it would mean if it were. */
  readonly because: string;
}

export interface PredictProps {
  /** Stable and unique in the course, such as `handshake-ack`. */
  readonly id: string;
  readonly question: string;
  readonly choices: readonly Choice[];
}

export function Predict({ id, question, choices }: PredictProps): ReactNode {
  const name = useId();
  const [kept, keep] = useKept(`predict/${id}`);
  const [chosen, setChosen] = useState<number | null>(null);
  const told = kept === null ? null : Number(kept);
  return (
    <fieldset className={styles.predict}>
      <legend>
        <Translate id="lesson.predict">Predict</Translate>
      </legend>
      <p>{question}</p>
      {choices.map(({ text, right, because }, index) => (
        <div key={text} data-told={told === null ? undefined : right === true ? 'right' : 'wrong'}>
          <label>
            <input
              type="radio"
              name={name}
              checked={(told ?? chosen) === index}
              disabled={told !== null}
              onChange={() => setChosen(index)}
            />{' '}
            {text}
          </label>
          {told === null ? null : (
            <p className={styles.because}>
              <strong>
                {right === true ? (
                  <Translate id="lesson.predict.right">So it is.</Translate>
                ) : (
                  <Translate id="lesson.predict.wrong">No.</Translate>
                )}
              </strong>{' '}
              {because}
            </p>
          )}
        </div>
      ))}
      {told === null ? (
        <button
          type="button"
          className="button button--primary button--sm"
          disabled={chosen === null}
          onClick={() => keep(`${chosen}`)}
        >
          <Translate id="lesson.predict.tell">That is my prediction</Translate>
        </button>
      ) : (
        <button
          type="button"
          className="button button--secondary button--sm"
          onClick={() => {
            keep(null);
            setChosen(null);
          }}
        >
          <Translate id="lesson.predict.again">Ask me again</Translate>
        </button>
      )}
    </fieldset>
  );
}
