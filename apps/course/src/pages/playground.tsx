/** Two hosts with the real core, on a clock that the reader holds. */
import { lazy, Suspense, type ReactNode } from 'react';
import BrowserOnly from '@docusaurus/BrowserOnly';
import Translate, { translate } from '@docusaurus/Translate';
import Layout from '@theme/Layout';
import styles from './playground.module.css';

const PlaygroundView = lazy(() => import('../playground/playground-view.tsx'));

export default function Playground(): ReactNode {
  return (
    <Layout
      title={translate({ id: 'playground.title', message: 'Playground' })}
      description={translate({
        id: 'playground.description',
        message: 'Step through TCP by hand: open, send, lose, edit and close, and watch both state machines.',
      })}
    >
      <main className={styles.page}>
        <h1>
          <Translate id="playground.heading">Playground</Translate>
        </h1>
        <p>
          <Translate id="playground.about">
            Two hosts run the same TCP that the labs run, here in the page, on a clock that you hold. Every
            segment stays on the wire until its time comes or you reach for it.
          </Translate>
        </p>
        <BrowserOnly>
          {() => (
            <Suspense fallback={<div style={{ minHeight: 900 }} />}>
              <PlaygroundView />
            </Suspense>
          )}
        </BrowserOnly>
      </main>
    </Layout>
  );
}
