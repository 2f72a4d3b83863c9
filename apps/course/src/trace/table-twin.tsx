/** The ladder as a table: the same rows in the same order, for those who read with their ears or copy to a report. */
import type { ReactNode } from 'react';
import type { Ladder } from '@tcblab/capture';
import Translate from '@docusaurus/Translate';
import { labelOf, timeOf } from './words.ts';
import styles from './trace-view.module.css';

/** What a table can hold without being a burden; a longer trace says how much is left out. */
const MOST = 300;

export interface TableTwinProps {
  readonly ladder: Ladder;
  readonly selected: number;
  readonly onSelect: (row: number) => void;
}

export function TableTwin({ ladder, selected, onSelect }: TableTwinProps): ReactNode {
  const { hosts, rows } = ladder;
  const first = Math.max(0, Math.min(selected - MOST / 2, rows.length - MOST));
  const shown = rows.slice(first, first + MOST);
  return (
    <div className={styles.table}>
      <table>
        <thead>
          <tr>
            <th scope="col">#</th>
            <th scope="col">
              <Translate id="trace.table.time">Time</Translate>
            </th>
            <th scope="col">{hosts[0].name}</th>
            <th scope="col">
              <Translate id="trace.table.what">What</Translate>
            </th>
            <th scope="col">{hosts[1].name}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((row, offset) => {
            const index = first + offset;
            const states =
              row.kind === 'segment'
                ? row.ends.map(({ state }) => state ?? '')
                : row.kind === 'note'
                  ? [row.host === 0 ? (row.state ?? '') : '', row.host === 1 ? (row.state ?? '') : '']
                  : ['', ''];
            const arrow = row.kind === 'note' ? '' : row.from === 0 ? '→ ' : '← ';
            const marks = row.kind === 'note' || row.marks.length === 0 ? '' : ` (${row.marks.join(', ')})`;
            const text = row.kind === 'segment' ? labelOf(row.segment) : row.text;
            return (
              <tr key={index} aria-selected={index === selected}>
                <td>
                  <button type="button" className={styles.number} onClick={() => onSelect(index)}>
                    {index + 1}
                  </button>
                </td>
                <td>{timeOf(row.time)}</td>
                <td>{states[0]}</td>
                <td>
                  {arrow}
                  {text}
                  {marks}
                </td>
                <td>{states[1]}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {rows.length > shown.length ? (
        <p>
          <Translate
            id="trace.table.part"
            values={{ first: first + 1, last: first + shown.length, count: rows.length }}
          >
            {'Rows {first} to {last} of {count}: those round the selected one.'}
          </Translate>
        </p>
      ) : null}
    </div>
  );
}
