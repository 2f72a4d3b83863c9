import { useState, type ReactNode } from 'react';
import Translate, { translate } from '@docusaurus/Translate';
import { makeAcks, whyNotAck } from './acks.ts';
import { Answer, Way, type PuzzleViewProps } from './answer.tsx';
import { wordsOf } from './moment.ts';
import styles from './puzzle.module.css';

export function AcksView({ moments, seed }: PuzzleViewProps): ReactNode {
  const [{ shown, blank }] = useState(() => makeAcks(moments, seed));
  const [given, setGiven] = useState<Readonly<Record<number, string>>>({});
  const [why, setWhy] = useState<string | null>();
  const tell = () => {
    for (const index of [...blank].toSorted((one, other) => one - other)) {
      const number = given[index] === undefined || given[index] === '' ? Number.NaN : Number(given[index]);
      const reason = Number.isNaN(number)
        ? translate({ id: 'puzzle.ack.empty', message: 'One place is still empty.' })
        : whyNotAck(shown, index, number);
      if (reason !== null) {
        setWhy(`${index + 1}: ${reason}`);
        return;
      }
    }
    setWhy(null);
  };
  return (
    <>
      <p>
        <Translate id="puzzle.ack.ask">
          Some acknowledgement numbers are left out. Numbers count from each end’s SYN, which is 0.
        </Translate>
      </p>
      <ol className={styles.segments}>
        {shown.map((moment, index) => (
          <li key={index}>
            <Way from={moment.from} /> <code>{wordsOf(moment, blank.has(index) ? '?' : undefined)}</code>
            {blank.has(index) ? (
              <label className={styles.move}>
                ack{' '}
                <input
                  inputMode="numeric"
                  size={6}
                  value={given[index] ?? ''}
                  onChange={(event) => {
                    setGiven({ ...given, [index]: event.target.value.replaceAll(/\D/g, '') });
                    setWhy(undefined);
                  }}
                />
              </label>
            ) : null}
          </li>
        ))}
      </ol>
      <button type="button" className="button button--primary button--sm" onClick={tell}>
        <Translate id="puzzle.tell">Is it so?</Translate>
      </button>
      <Answer why={why} />
    </>
  );
}
