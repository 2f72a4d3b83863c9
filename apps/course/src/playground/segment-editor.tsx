/** The numbers in a segment's header, to be written over. Sequence numbers count from each side's SYN. */
import { useId, useState, type ReactNode } from 'react';
import Translate from '@docusaurus/Translate';
import type { SeenSegment } from '@tcblab/capture';
import type { HeaderEdit } from './flight.ts';
import { Field, within } from './host-panel.tsx';
import styles from './playground.module.css';

export interface SegmentEditorProps {
  readonly seen: SeenSegment;
  /** What its numbers count from. */
  readonly bases: { readonly seq: number; readonly ack: number };
  readonly onEdit: (edit: HeaderEdit) => void;
}

const FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'] as const;
const TWO_32 = 0x1_0000_0000;

export function SegmentEditor({ seen, bases, onEdit }: SegmentEditorProps): ReactNode {
  const id = useId();
  const [seq, setSeq] = useState(`${(seen.seq - bases.seq) >>> 0}`);
  const [ack, setAck] = useState(`${(seen.flags & 0x10) === 0 ? 0 : (seen.ack - bases.ack) >>> 0}`);
  const [wnd, setWnd] = useState(`${seen.wnd}`);
  const [flags, setFlags] = useState(seen.flags);
  const whole = (text: string, base: number) => (base + within(text, -TWO_32, TWO_32)) >>> 0;
  return (
    <form
      className={styles.editor}
      onSubmit={(event) => {
        event.preventDefault();
        onEdit({
          seq: whole(seq, bases.seq),
          // Without the ACK bit the field means nothing, and stays as it was unless it is given.
          ack: (flags & 0x10) === 0 && ack === '0' ? seen.ack : whole(ack, bases.ack),
          flags,
          wnd: within(wnd, 0, 65_535),
        });
      }}
    >
      <div className={styles.row}>
        <Field id={`${id}-seq`} label="seq" value={seq} onChange={setSeq} />
        <Field id={`${id}-ack`} label="ack" value={ack} onChange={setAck} />
        <Field id={`${id}-wnd`} label="window" value={wnd} onChange={setWnd} />
      </div>
      <fieldset className={styles.flags}>
        <legend>
          <Translate id="playground.flags">Flags</Translate>
        </legend>
        {FLAGS.map((flag, bit) => (
          <label key={flag} className={styles.check}>
            <input
              type="checkbox"
              checked={(flags & (1 << bit)) !== 0}
              onChange={() => setFlags(flags ^ (1 << bit))}
            />
            {flag}
          </label>
        ))}
      </fieldset>
      <button type="submit" className="button button--primary button--sm">
        <Translate id="playground.write">Write it</Translate>
      </button>
    </form>
  );
}
