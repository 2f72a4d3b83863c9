/** Every requirement of the catalogue and what proves it, an RFC at a time. */
import type { ReactNode } from 'react';
import Translate from '@docusaurus/Translate';
import coverage from '@generated/tcblab-rfc-coverage/default/coverage.json';
import type { CoveredRfc } from './covered-rfc.ts';
import styles from './reference.module.css';

export function RfcCoverage(): ReactNode {
  return (coverage as readonly CoveredRfc[]).map(({ title, rows }) => (
    <details key={title} className={styles.rfc}>
      <summary>
        {title}:{' '}
        <Translate id="coverage.count" values={{ count: rows.length }}>
          {'{count} requirements'}
        </Translate>
      </summary>
      <div className={styles.wide} role="region" aria-label={title} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">
                <Translate id="coverage.requirement">Requirement</Translate>
              </th>
              <th scope="col">
                <Translate id="coverage.proven">Proven by</Translate>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ id, level, section, asked, proven }) => (
              <tr key={id}>
                <td>
                  {asked}
                  <code className={styles.clause}>
                    {id} · §{section} · {level}
                  </code>
                </td>
                <td className={styles.proven}>{proven}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  ));
}
