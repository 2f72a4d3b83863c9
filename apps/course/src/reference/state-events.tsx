/** What one state does with each event, from the catalogue. */
import type { ReactNode } from 'react';
import Translate from '@docusaurus/Translate';
import { clauses } from '@tcblab/drill/catalogue';
import styles from './reference.module.css';

export interface StateEventsProps {
  /** As in the RFC, such as `SYN-SENT`. */
  readonly state: string;
}

export function StateEvents({ state }: StateEventsProps): ReactNode {
  const rows = clauses.filter(({ states }) => states.includes(state) || states.includes('any'));
  return (
    <div className={styles.wide} role="region" aria-label={state} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">
              <Translate id="states.event">Event</Translate>
            </th>
            <th scope="col">
              <Translate id="states.what">What is to be done</Translate>
            </th>
            <th scope="col">
              <Translate id="states.next">Then</Translate>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ id, event, requirement, reply, nextState }) => (
            <tr key={id}>
              <th scope="row">{event}</th>
              <td>
                {requirement}
                {reply === undefined ? null : (
                  <code className={styles.reply}>
                    <Translate id="states.reply">sends</Translate> {reply}
                  </code>
                )}
                <code className={styles.clause}>{id}</code>
              </td>
              <td>{nextState ?? ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
