/** `<States trace="half-close" />` in a chapter: a recorded run as a walk through the state diagram. */
import { lazy, Suspense, type ReactNode } from 'react';
import BrowserOnly from '@docusaurus/BrowserOnly';
import type { StatesWalkProps } from './states-walk.tsx';

const StatesWalk = lazy(() => import('./states-walk.tsx'));

export function States(props: StatesWalkProps): ReactNode {
  return (
    <BrowserOnly>
      {() => (
        <Suspense fallback={<div style={{ minHeight: 820 }} />}>
          <StatesWalk {...props} />
        </Suspense>
      )}
    </BrowserOnly>
  );
}
