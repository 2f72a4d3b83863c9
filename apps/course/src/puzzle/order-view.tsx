import { useState, type ReactNode } from 'react';
import Translate, { translate } from '@docusaurus/Translate';
import { Answer, Way, type PuzzleViewProps } from './answer.tsx';
import { wordsOf } from './moment.ts';
import { makeOrder, whyNot } from './order.ts';
import styles from './puzzle.module.css';

export function OrderView({ moments, seed }: PuzzleViewProps): ReactNode {
  const [puzzle] = useState(() => makeOrder(moments, seed));
  const [given, setGiven] = useState(puzzle.shown);
  const [why, setWhy] = useState<string | null>();
  const swap = (at: number, other: number) => {
    setGiven((now) => now.map((_moment, index) => now[index === at ? other : index === other ? at : index]));
    setWhy(undefined);
  };
  return (
    <>
      <p>
        <Translate id="puzzle.order.ask">
          These segments follow one another in a run. Put them into the order in which they were sent.
        </Translate>
      </p>
      <ol className={styles.segments}>
        {given.map((moment, index) => (
          <li key={puzzle.right.indexOf(moment)}>
            <Way from={moment.from} /> <code>{wordsOf(moment)}</code>
            <span className={styles.move}>
              <button
                type="button"
                disabled={index === 0}
                aria-label={translate(
                  { id: 'puzzle.up', message: 'Move up: {label}' },
                  { label: wordsOf(moment) },
                )}
                onClick={() => swap(index, index - 1)}
              >
                ↑
              </button>
              <button
                type="button"
                disabled={index === given.length - 1}
                aria-label={translate(
                  { id: 'puzzle.down', message: 'Move down: {label}' },
                  { label: wordsOf(moment) },
                )}
                onClick={() => swap(index, index + 1)}
              >
                ↓
              </button>
            </span>
          </li>
        ))}
      </ol>
      <button
        type="button"
        className="button button--primary button--sm"
        onClick={() => setWhy(whyNot(puzzle.right, given))}
      >
        <Translate id="puzzle.tell">Is it so?</Translate>
      </button>
      <Answer why={why} />
    </>
  );
}
