/** Opens a bundle or a capture that lies on the reader's machine. Nothing is sent anywhere. */
import { lazy, Suspense, useState, type DragEvent, type ReactNode } from 'react';
import BrowserOnly from '@docusaurus/BrowserOnly';
import Translate, { translate } from '@docusaurus/Translate';
import Layout from '@theme/Layout';
import styles from './viewer.module.css';

const OpenedTrace = lazy(() => import('../trace/opened-trace.tsx'));

export default function Viewer(): ReactNode {
  const [files, setFiles] = useState<readonly File[]>([]);
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setFiles([...event.dataTransfer.files]);
  };
  return (
    <Layout title={translate({ id: 'viewer.title', message: 'Viewer' })}>
      <main className="container margin-vert--lg">
        <h1>
          <Translate id="viewer.heading">Look at a trace</Translate>
        </h1>
        <p>
          <Translate id="viewer.about">
            Choose or drop the files of a run (bundle.json with the two captures and trace.sqlog), or one
            pcapng or pcap file of any origin. They are read by this page and go nowhere.
          </Translate>
        </p>
        <label className={styles.drop} onDragOver={(event) => event.preventDefault()} onDrop={onDrop}>
          <span>
            <Translate id="viewer.choose">Choose files, or drop them here</Translate>
          </span>
          <input
            type="file"
            multiple
            accept=".json,.pcapng,.pcap,.cap,.sqlog,.txt"
            onChange={(event) => setFiles([...(event.target.files ?? [])])}
          />
        </label>
        <BrowserOnly>
          {() =>
            files.length === 0 ? null : (
              <Suspense fallback={<p>…</p>}>
                <OpenedTrace files={files} />
              </Suspense>
            )
          }
        </BrowserOnly>
      </main>
    </Layout>
  );
}
