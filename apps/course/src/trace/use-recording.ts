/** A recording that the build made, fetched when the place where it is drawn comes into view. */
import { useEffect, useRef, useState, type RefObject } from 'react';
import useBaseUrl from '@docusaurus/useBaseUrl';
import { loadRecording } from './load-recording.ts';
import type { Recording } from './recording.ts';

export interface FetchedRecording {
  /** For the element that is looked for. */
  readonly place: RefObject<HTMLDivElement | null>;
  /** Text = why there is none; null = not yet. */
  readonly recording: Recording | string | null;
}

/** @param name folder below `traces` */
export function useRecording(name: string): FetchedRecording {
  const folder = useBaseUrl(`/traces/${name}/`);
  const place = useRef<HTMLDivElement>(null);
  const [recording, setRecording] = useState<Recording | string | null>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const abort = new AbortController();
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        observer.disconnect();
        loadRecording(name, folder, abort.signal).then(setRecording, (error: unknown) => {
          if (!abort.signal.aborted) setRecording(String(error));
        });
      },
      { rootMargin: '400px' },
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      abort.abort();
    };
  }, [name, folder]);
  return { place, recording };
}
