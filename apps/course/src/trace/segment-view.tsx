/** One frame, octet by octet: fields on one side, bytes on the other, each pointing at the other. */
import { useState, type ReactNode } from 'react';
import { fieldsOf, type CapturedPacket, type Field, type Layer } from '@tcblab/capture';
import Translate, { translate } from '@docusaurus/Translate';
import styles from './segment-view.module.css';

const LAYERS: Readonly<Record<Layer, string>> = {
  ethernet: 'Ethernet',
  arp: 'ARP',
  ipv4: 'IPv4',
  ipv6: 'IPv6',
  icmp: 'ICMP',
  tcp: 'TCP',
  payload: 'Data',
};

/** A bulk segment's payload is all alike; the first lines of it are enough to see that. */
const SHOWN = 256;

export function SegmentView({ packet }: { readonly packet: CapturedPacket }): ReactNode {
  const [pointed, setPointed] = useState<Field | null>(null);
  const { bytes } = packet;
  const fields = fieldsOf(bytes);
  const layers = [...new Set(fields.map(({ layer }) => layer))];
  const owner = (at: number): Field | undefined =>
    fields.findLast(({ start, end }) => start <= at && at < end);
  const isLit = (at: number) => pointed !== null && pointed.start <= at && at < pointed.end;
  const shown = bytes.subarray(0, SHOWN);
  return (
    <div className={styles.segment}>
      <div
        className={styles.bytes}
        role="img"
        tabIndex={0}
        aria-label={translate({
          id: 'trace.segment.bytes',
          message: 'The bytes of the frame in hexadecimal',
        })}
      >
        {Array.from({ length: Math.ceil(shown.length / 16) }, (_, line) => (
          <div key={line}>
            <span className={styles.offset}>{(line * 16).toString(16).padStart(4, '0')}</span>
            {[...shown.subarray(line * 16, line * 16 + 16)].map((byte, index) => {
              const at = line * 16 + index;
              const field = owner(at);
              return (
                <span
                  key={at}
                  data-layer={field?.layer}
                  data-lit={isLit(at)}
                  onMouseEnter={() => setPointed(field ?? null)}
                  onMouseLeave={() => setPointed(null)}
                >
                  {byte.toString(16).padStart(2, '0')}
                </span>
              );
            })}
          </div>
        ))}
        {bytes.length > SHOWN ? (
          <div>
            <Translate id="trace.segment.more" values={{ count: bytes.length - SHOWN }}>
              {'… and {count} octets more'}
            </Translate>
          </div>
        ) : null}
      </div>
      <div className={styles.fields}>
        {layers.map((layer) => (
          <section key={layer} data-layer={layer}>
            <p className={styles.title}>{LAYERS[layer]}</p>
            <dl>
              {fields
                .filter((field) => field.layer === layer)
                .map((field) => (
                  <div
                    key={`${field.name}-${field.start}`}
                    tabIndex={0}
                    data-lit={field === pointed}
                    onMouseEnter={() => setPointed(field)}
                    onMouseLeave={() => setPointed(null)}
                    onFocus={() => setPointed(field)}
                    onBlur={() => setPointed(null)}
                  >
                    <dt>{field.label}</dt>
                    <dd>
                      {field.value}
                      {field.bits === undefined ? null : (
                        <small>
                          {' '}
                          <Translate
                            id="trace.segment.bits"
                            values={{ first: field.bits[0], last: field.bits[1] - 1 }}
                          >
                            {'bits {first}–{last}'}
                          </Translate>
                        </small>
                      )}
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </div>
  );
}
