/** `<Puzzle kind="order" trace="handshake" />` in a chapter: a question made from a run, another for each variant. */
import { lazy, Suspense, type ReactNode } from 'react';
import BrowserOnly from '@docusaurus/BrowserOnly';
import type { LoadedPuzzleProps } from './loaded-puzzle.tsx';

const LoadedPuzzle = lazy(async () => ({ default: (await import('./loaded-puzzle.tsx')).LoadedPuzzle }));

export function Puzzle(props: LoadedPuzzleProps): ReactNode {
  return (
    <BrowserOnly>
      {() => (
        <Suspense fallback={<div style={{ minHeight: 300 }} />}>
          <LoadedPuzzle {...props} />
        </Suspense>
      )}
    </BrowserOnly>
  );
}
