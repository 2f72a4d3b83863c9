/** What a chapter's reader should know before the first line: how long, what first, which lab. */
import type { ReactNode } from 'react';
import Link from '@docusaurus/Link';
import Translate from '@docusaurus/Translate';
import styles from './lesson.module.css';

export interface FactsProps {
  readonly hours: number;
  /** Chapters to have read, by name and path. */
  readonly after?: readonly (readonly [name: string, to: string])[];
  /** Number of the lab that goes with it. */
  readonly lab?: string;
}

export function Facts({ hours, after = [], lab }: FactsProps): ReactNode {
  return (
    <dl className={styles.facts}>
      <div>
        <dt>
          <Translate id="lesson.facts.time">Time</Translate>
        </dt>
        <dd>
          <Translate id="lesson.facts.hours" values={{ hours }}>
            {'{hours} h with the lab'}
          </Translate>
        </dd>
      </div>
      {after.length === 0 ? null : (
        <div>
          <dt>
            <Translate id="lesson.facts.after">Read before</Translate>
          </dt>
          <dd>
            {after.map(([name, to], index) => (
              <span key={to}>
                {index === 0 ? '' : ', '}
                <Link to={to}>{name}</Link>
              </span>
            ))}
          </dd>
        </div>
      )}
      {lab === undefined ? null : (
        <div>
          <dt>
            <Translate id="lesson.facts.lab">Lab</Translate>
          </dt>
          <dd>
            <code>./tcblab labs start {lab}</code>
          </dd>
        </div>
      )}
    </dl>
  );
}
