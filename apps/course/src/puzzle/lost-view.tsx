import { useId, useState, type ReactNode } from 'react';
import Translate from '@docusaurus/Translate';
import { Answer, Way, type PuzzleViewProps } from './answer.tsx';
import { makeLost, whyNotLost } from './lost.ts';
import { wordsOf } from './moment.ts';
import styles from './puzzle.module.css';

export function LostView({ moments, seed }: PuzzleViewProps): ReactNode {
  const name = useId();
  const [puzzle] = useState(() => makeLost(moments, seed));
  const [given, setGiven] = useState<number | null>(null);
  if (puzzle === null) return null;
  return (
    <>
      <p>
        <Translate id="puzzle.lost.ask">
          All segments that either end sent, in order. Which is the first that never arrived?
        </Translate>
      </p>
      <ol className={styles.segments}>
        {puzzle.shown.map((moment, index) => (
          <li key={index}>
            <label>
              <input type="radio" name={name} checked={given === index} onChange={() => setGiven(index)} />{' '}
              <Way from={moment.from} /> <code>{wordsOf(moment)}</code>{' '}
              <span className={styles.time}>{moment.time.toFixed(1)} ms</span>
            </label>
          </li>
        ))}
      </ol>
      <Answer why={given === null ? undefined : whyNotLost(puzzle, given)} />
    </>
  );
}
