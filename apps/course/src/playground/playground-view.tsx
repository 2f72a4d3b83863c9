/** The playground: two hosts that run the real core in the page, and what they say to each other. */
import { useMemo, type ReactNode } from 'react';
import Translate, { translate } from '@docusaurus/Translate';
import { StateDiagram } from '../states/state-diagram.tsx';
import { TraceView } from '../trace/trace-view.tsx';
import { Controls } from './controls.tsx';
import { HostPanel } from './host-panel.tsx';
import { pictureOf } from './picture.ts';
import { useRun } from './use-run.ts';
import { progressOf, WirePanel } from './wire-panel.tsx';
import styles from './playground.module.css';

export default function PlaygroundView(): ReactNode {
  const run = useRun();
  const { world } = run;
  const [left, right] = world.hosts;
  // The clock alone changes nothing in the picture.
  const told = `${world.steps} ${world.deeds.length}`;
  const picture = useMemo(() => ({ told, ...pictureOf(world) }), [world, told]);
  const { recording } = picture;
  const underway = new Map<number, number>();
  for (const row of picture.underway) {
    const drawn = recording.ladder.rows[row];
    if (drawn.kind === 'note') continue;
    const frame = drawn.kind === 'segment' ? drawn.ends[drawn.from].frame : drawn.frames[drawn.from];
    const flight = world.flights.find((each) => each.from === drawn.from && each.frame === frame);
    if (flight !== undefined) underway.set(row, progressOf(flight, world.now));
  }
  return (
    <div className={styles.playground}>
      <Controls run={run} />
      <div className={styles.hosts}>
        <HostPanel host={left} onAction={run.act} />
        <WirePanel world={world} onAction={run.act} />
        <HostPanel host={right} onAction={run.act} />
      </div>
      <div className={styles.views}>
        <section aria-labelledby="playground-diagram">
          <h2 id="playground-diagram">
            <Translate id="playground.diagram">States</Translate>
          </h2>
          <StateDiagram
            ends={[
              { letter: 'A', states: left.states(), edge: left.edge },
              { letter: 'B', states: right.states(), edge: right.edge },
            ]}
          />
          <ul className={styles.edges}>
            {world.hosts.map(({ side, edge }) => (
              <li key={side} data-end={side}>
                {edge === null
                  ? translate(
                      { id: 'playground.edge.none', message: 'Host {name}: nothing has happened yet.' },
                      { name: side === 0 ? 'A' : 'B' },
                    )
                  : translate(
                      { id: 'playground.edge', message: 'Host {name}: {old} → {next} ({trigger})' },
                      { name: side === 0 ? 'A' : 'B', old: edge.old, next: edge.new, trigger: edge.trigger },
                    )}
              </li>
            ))}
          </ul>
        </section>
        <section aria-labelledby="playground-ladder">
          <h2 id="playground-ladder">
            <Translate id="playground.ladder">Ladder</Translate>
          </h2>
          {recording.ladder.rows.length === 0 ? (
            <p className={styles.quiet}>
              <Translate id="playground.ladder.empty">
                Nothing has passed the wire yet. Let B listen and A open, or begin with an example.
              </Translate>
            </p>
          ) : (
            <TraceView recording={recording} follow underway={underway} height={560} />
          )}
        </section>
      </div>
    </div>
  );
}
