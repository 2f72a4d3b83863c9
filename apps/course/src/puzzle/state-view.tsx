import { useId, useState, type ReactNode } from 'react';
import Translate from '@docusaurus/Translate';
import type { State } from '@tcblab/tcp/trace';
import { Answer, Way, type PuzzleViewProps } from './answer.tsx';
import { wordsOf } from './moment.ts';
import { makeState, whatLeadsTo } from './state.ts';
import styles from './puzzle.module.css';

export function StateView({ moments, seed }: PuzzleViewProps): ReactNode {
  const name = useId();
  const [puzzle] = useState(() => makeState(moments, seed));
  const [given, setGiven] = useState<State | null>(null);
  if (puzzle === null) return null;
  const { shown, side, right, choices } = puzzle;
  const why = given === null ? undefined : given === right ? null : whatLeadsTo(given);
  return (
    <>
      <ol className={styles.segments}>
        {shown.map((moment, index) => (
          <li key={index}>
            <Way from={moment.from} /> <code>{wordsOf(moment)}</code>
          </li>
        ))}
      </ol>
      <p>
        <Translate id="puzzle.state.ask" values={{ end: side === 0 ? 'A' : 'B' }}>
          {'The last of these has arrived. Which state is {end} in now?'}
        </Translate>
      </p>
      {choices.map((state) => (
        <label key={state} className={styles.choice}>
          <input type="radio" name={name} checked={given === state} onChange={() => setGiven(state)} />{' '}
          {state}
        </label>
      ))}
      <Answer why={why} />
    </>
  );
}
