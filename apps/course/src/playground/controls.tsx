/** The clock's switches, runs to begin with, and ways to take a run away. */
import { useState, type ReactNode } from 'react';
import Translate, { translate } from '@docusaurus/Translate';
import { timeOf } from '../trace/words.ts';
import { writeRun } from './action.ts';
import { captureOf } from './capture.ts';
import { EXAMPLES } from './examples.ts';
import type { Host } from './host.ts';
import type { Run } from './use-run.ts';
import { World } from './world.ts';
import styles from './playground.module.css';

export function Controls({ run }: { readonly run: Run }): ReactNode {
  const { world, playing } = run;
  const [example, setExample] = useState('');
  const [copied, setCopied] = useState(false);
  const quiet = world.nextTime() === Infinity;
  const begin = (next: World) => {
    setCopied(false);
    run.begin(next);
  };
  const shown = EXAMPLES.find(({ id }) => id === example);
  return (
    <>
      <div
        className={styles.examples}
        role="group"
        aria-label={translate({ id: 'playground.examples', message: 'Begin with' })}
      >
        <span aria-hidden="true">
          <Translate id="playground.examples">Begin with</Translate>
        </span>
        {EXAMPLES.map(({ id, title, begin: make }) => (
          <button
            key={id}
            type="button"
            className={`button button--primary button--sm${id === example ? '' : ' button--outline'}`}
            aria-pressed={id === example}
            onClick={() => {
              setExample(id);
              begin(make());
            }}
          >
            {title()}
          </button>
        ))}
      </div>
      {shown === undefined ? null : <p className={styles.hint}>{shown.hint()}</p>}
      <div className={styles.clock}>
        <button
          type="button"
          className="button button--primary"
          disabled={quiet && !playing}
          onClick={() => (playing ? run.pause() : run.play())}
        >
          {playing ? (
            <Translate id="playground.pause">Pause</Translate>
          ) : (
            <Translate id="playground.play">Play</Translate>
          )}
        </button>
        <button type="button" className="button button--secondary" disabled={quiet} onClick={run.step}>
          <Translate id="playground.step">Step</Translate>
        </button>
        <button
          type="button"
          className="button button--secondary"
          disabled={world.deeds.length + world.steps === 0}
          onClick={run.back}
        >
          <Translate id="playground.back">Back</Translate>
        </button>
        <label>
          <Translate id="playground.speed">Speed</Translate>{' '}
          <select value={run.speed} onChange={(event) => run.setSpeed(Number(event.target.value))}>
            {SPEEDS.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <span className={styles.time} role="timer" aria-live="off">
          {timeOf(world.now)}
        </span>
        <span className={styles.away}>
          <button
            type="button"
            className="button button--secondary button--sm"
            onClick={() => {
              setExample('');
              begin(new World(world.seed, world.cookies));
            }}
          >
            <Translate id="playground.clear">Start over</Translate>
          </button>
          <button
            type="button"
            className="button button--secondary button--sm"
            onClick={() => {
              const link = `${location.origin}${location.pathname}#${writeRun(world.record)}`;
              history.replaceState(history.state, '', link);
              void copy(link).then(setCopied);
            }}
          >
            <Translate id="playground.link">Copy link</Translate>
          </button>
          {world.hosts.map((host) => (
            <button
              key={host.side}
              type="button"
              className="button button--secondary button--sm"
              disabled={host.frames.length === 0}
              onClick={() => download(host)}
            >
              <Translate id="playground.capture" values={{ name: host.side === 0 ? 'A' : 'B' }}>
                {'Capture of {name}'}
              </Translate>
            </button>
          ))}
        </span>
        <label className={styles.check}>
          <input
            type="checkbox"
            checked={world.cookies}
            onChange={(event) => begin(new World(world.seed, event.target.checked))}
          />
          <Translate id="playground.cookies">SYN cookies (starts over)</Translate>
        </label>
        <span role="status" className={styles.quiet}>
          {copied
            ? translate({ id: 'playground.copied', message: 'The link to this very run is copied.' })
            : ''}
        </span>
      </div>
    </>
  );
}

const SPEEDS: readonly (readonly [number, string])[] = [
  [0.02, '1/50'],
  [0.05, '1/20'],
  [0.25, '1/4'],
  [1, '1'],
  [10, '10'],
];

/** @returns whether the browser let us; the link stands in the address in any case */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function download(host: Host): void {
  const url = URL.createObjectURL(new Blob([captureOf(host)], { type: 'application/x-pcapng' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = host.side === 0 ? 'host-a.pcapng' : 'host-b.pcapng';
  link.click();
  URL.revokeObjectURL(url);
}
