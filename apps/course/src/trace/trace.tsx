/** `<Trace name="handshake" />` in a chapter. The code that draws it comes when the page asks for it. */
import { lazy, Suspense, type ReactNode } from 'react';
import BrowserOnly from '@docusaurus/BrowserOnly';
import type { RecordedTraceProps } from './recorded-trace.tsx';

const RecordedTrace = lazy(() => import('./recorded-trace.tsx'));

export function Trace(props: RecordedTraceProps): ReactNode {
  return (
    <BrowserOnly>
      {() => (
        <Suspense fallback={<div style={{ minHeight: 560 }} />}>
          <RecordedTrace {...props} />
        </Suspense>
      )}
    </BrowserOnly>
  );
}
