/** One host's switches: what a program there may ask of TCP, and how its wire misbehaves. */
import { useId, useState, type ReactNode } from 'react';
import Translate, { translate } from '@docusaurus/Translate';
import { MOST_SYNS, MOST_TEXT, type Action } from './action.ts';
import type { Side } from './flight.ts';
import { addressOf, type Hold, type Host } from './host.ts';
import styles from './playground.module.css';

export interface HostPanelProps {
  readonly host: Host;
  readonly onAction: (action: Action) => void;
}

export function HostPanel({ host, onAction }: HostPanelProps): ReactNode {
  const { side, current } = host;
  const id = useId();
  const [port, setPort] = useState('80');
  const [backlog, setBacklog] = useState('5');
  const [remote, setRemote] = useState('80');
  const [local, setLocal] = useState('');
  const [text, setText] = useState('hello');
  const name = side === 0 ? 'A' : 'B';
  return (
    <section className={styles.host} data-end={side} aria-labelledby={`${id}-name`}>
      <header>
        <h2 id={`${id}-name`}>
          <Translate id="playground.host" values={{ name }}>
            {'Host {name}'}
          </Translate>
        </h2>
        <code>{addressOf(side)}</code>
      </header>
      <p className={styles.states}>
        {[...host.states()].map(([state, count]) => (
          <span key={state} data-state={state}>
            {state}
            {count > 1 ? ` × ${count}` : ''}
          </span>
        ))}
      </p>
      <form
        className={styles.row}
        onSubmit={(event) => {
          event.preventDefault();
          onAction(
            host.listener === null
              ? { kind: 'listen', side, port: portOf(port), backlog: within(backlog, 0, 4096) }
              : { kind: 'stop-listening', side },
          );
        }}
      >
        <Field
          id={`${id}-port`}
          label={translate({ id: 'playground.port', message: 'port' })}
          value={port}
          onChange={setPort}
        />
        <Field
          id={`${id}-backlog`}
          label={translate({ id: 'playground.backlog', message: 'backlog' })}
          value={backlog}
          onChange={setBacklog}
        />
        <button type="submit" className="button button--secondary button--sm">
          {host.listener === null ? (
            <Translate id="playground.listen">Listen</Translate>
          ) : (
            <Translate id="playground.stop-listening">Stop listening</Translate>
          )}
        </button>
      </form>
      <form
        className={styles.row}
        onSubmit={(event) => {
          event.preventDefault();
          onAction({ kind: 'open', side, port: portOf(remote), localPort: local === '' ? 0 : portOf(local) });
        }}
      >
        <Field
          id={`${id}-remote`}
          label={translate({ id: 'playground.to-port', message: 'to port' })}
          value={remote}
          onChange={setRemote}
        />
        <Field
          id={`${id}-local`}
          label={translate({ id: 'playground.from-port', message: 'from port' })}
          value={local}
          placeholder={translate({ id: 'playground.any-port', message: 'any' })}
          onChange={setLocal}
        />
        <button type="submit" className="button button--primary button--sm">
          <Translate id="playground.open">Open</Translate>
        </button>
      </form>
      <form
        className={styles.row}
        onSubmit={(event) => {
          event.preventDefault();
          onAction({ kind: 'send', side, text: text.slice(0, MOST_TEXT) });
        }}
      >
        <label className={styles.wide} htmlFor={`${id}-text`}>
          <span>
            <Translate id="playground.text">text</Translate>
          </span>
          <input
            id={`${id}-text`}
            value={text}
            maxLength={MOST_TEXT}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <button type="submit" className="button button--secondary button--sm" disabled={current === null}>
          <Translate id="playground.send">Send</Translate>
        </button>
      </form>
      <div className={styles.row}>
        <Ask
          disabled={current === null}
          onClick={() => onAction({ kind: 'send-octets', side, octets: 20_000 })}
        >
          <Translate id="playground.send-much">Send 20 kB</Translate>
        </Ask>
        <Ask disabled={current === null} onClick={() => onAction({ kind: 'close', side })}>
          <Translate id="playground.close">Close</Translate>
        </Ask>
        <Ask disabled={current === null} onClick={() => onAction({ kind: 'abort', side })}>
          <Translate id="playground.abort">Abort</Translate>
        </Ask>
      </div>
      <Trouble {...{ host, onAction, id }} />
      <p className={styles.received}>
        <Translate id="playground.received" values={{ count: host.receivedOctets }}>
          {'Received {count} octets'}
        </Translate>
        {host.received === '' ? null : <output>{host.received}</output>}
      </p>
      {host.refusal === null ? null : (
        <p role="alert" className={styles.refusal}>
          {host.refusal}
        </p>
      )}
    </section>
  );
}

function Trouble({ host, onAction, id }: HostPanelProps & { readonly id: string }): ReactNode {
  const { side } = host;
  const [count, setCount] = useState('8');
  const holds: readonly (readonly [Hold, string])[] = [
    ['nothing', translate({ id: 'playground.hold.nothing', message: 'nothing' })],
    ['third-ack', translate({ id: 'playground.hold.third-ack', message: 'the third ACK' })],
    ['everything', translate({ id: 'playground.hold.everything', message: 'everything' })],
  ];
  return (
    <details className={styles.trouble}>
      <summary>
        <Translate id="playground.trouble">Make trouble</Translate>
      </summary>
      <div className={styles.row}>
        <label htmlFor={`${id}-hold`}>
          <span>
            <Translate id="playground.hold">Withhold on the wire</Translate>
          </span>
          <select
            id={`${id}-hold`}
            value={host.hold}
            onChange={(event) => {
              const hold = holds.find(([value]) => value === event.target.value)?.[0] ?? 'nothing';
              onAction({ kind: 'hold', side, hold });
            }}
          >
            {holds.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
      </div>
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={host.reads}
          onChange={(event) => onAction({ kind: 'read', side, on: event.target.checked })}
        />
        <Translate id="playground.reads">The program reads what comes</Translate>
      </label>
      <form
        className={styles.row}
        onSubmit={(event) => {
          event.preventDefault();
          onAction({ kind: 'flood', side, port: 80, count: within(count, 1, MOST_SYNS) });
        }}
      >
        <Field
          id={`${id}-count`}
          label={translate({ id: 'playground.flood.count', message: 'SYNs' })}
          value={count}
          onChange={setCount}
        />
        <button type="submit" className="button button--secondary button--sm">
          <Translate id="playground.flood" values={{ other: otherName(side) }}>
            {'Flood port 80 of host {other}'}
          </Translate>
        </button>
      </form>
    </details>
  );
}

function otherName(side: Side): string {
  return side === 0 ? 'B' : 'A';
}

function Ask({
  disabled,
  onClick,
  children,
}: {
  readonly disabled: boolean;
  readonly onClick: () => void;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <button
      type="button"
      className="button button--secondary button--sm"
      disabled={disabled}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

export interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly onChange: (value: string) => void;
}

/** A number to be typed. */
export function Field({ id, label, value, placeholder, onChange }: FieldProps): ReactNode {
  return (
    <label htmlFor={id}>
      <span>{label}</span>
      <input
        id={id}
        inputMode="numeric"
        size={6}
        value={value}
        placeholder={placeholder}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}

function portOf(text: string): number {
  return within(text, 0, 65_535);
}

/** What was typed, as a whole number of a range; the least when it is none. */
export function within(text: string, least: number, most: number): number {
  const value = Math.trunc(Number(text));
  return Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : least;
}
