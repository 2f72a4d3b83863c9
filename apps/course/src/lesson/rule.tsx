/** What the standard asks, and where it says so. */
import type { ReactNode } from 'react';
import styles from './lesson.module.css';

export interface RuleProps {
  /** Number and section, such as `9293 3.5`. */
  readonly rfc: string;
  readonly children: ReactNode;
}

export function Rule({ rfc, children }: RuleProps): ReactNode {
  const [number, section] = rfc.split(' ');
  return (
    <div role="note" className={styles.rule}>
      <p className={styles.source}>
        <a href={`https://www.rfc-editor.org/rfc/rfc${number}#section-${section}`}>
          RFC {number} §{section}
        </a>
      </p>
      {children}
    </div>
  );
}
