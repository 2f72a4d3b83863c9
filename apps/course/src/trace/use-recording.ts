/** A recording that the build made, fetched when the place where it is drawn comes into view. */
import { useEffect, useRef, useState, type RefObject } from 'react';
import useBaseUrl from '@docusaurus/useBaseUrl';
import { readRecording, type Recording } from './recording.ts';

/** What a page needs of a bundle. */
const FILES = ['bundle.json', 'host-a.pcapng', 'host-b.pcapng', 'trace.sqlog'] as const;

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
        load(folder, abort.signal).then(setRecording, (error: unknown) => {
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
  }, [folder]);
  return { place, recording };
}

async function load(folder: string, signal: AbortSignal): Promise<Recording | string> {
  const read = async (file: string) => {
    const response = await fetch(folder + file, { signal });
    if (!response.ok) throw new TypeError(`${folder}${file}: ${response.status} ${response.statusText}`);
    return [file, new Uint8Array(await response.arrayBuffer())] as const;
  };
  const recording = readRecording(new Map(await Promise.all(FILES.map(read))));
  return 'problem' in recording ? recording.problem : recording;
}
