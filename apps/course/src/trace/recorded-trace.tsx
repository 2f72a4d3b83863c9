/** A recording that the build made, fetched when it comes into view. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import useBaseUrl from '@docusaurus/useBaseUrl';
import Translate from '@docusaurus/Translate';
import { readRecording, type Recording } from './recording.ts';
import { TraceView, type TraceViewProps } from './trace-view.tsx';

/** What a page needs of a bundle. */
const FILES = ['bundle.json', 'host-a.pcapng', 'host-b.pcapng', 'trace.sqlog'] as const;

export interface RecordedTraceProps extends Omit<TraceViewProps, 'recording'> {
  /** Folder below `traces`. */
  readonly name: string;
}

export default function RecordedTrace({ name, ...view }: RecordedTraceProps): ReactNode {
  const folder = useBaseUrl(`/traces/${name}/`);
  const place = useRef<HTMLDivElement>(null);
  const [shown, setShown] = useState<Recording | string | null>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const abort = new AbortController();
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        observer.disconnect();
        load(folder, abort.signal).then(setShown, (error: unknown) => {
          if (!abort.signal.aborted) setShown(String(error));
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
  return (
    <div ref={place} style={{ minHeight: shown === null ? 560 : undefined }}>
      {shown === null ? (
        <p>
          <Translate id="trace.loading">The trace is being loaded.</Translate>
        </p>
      ) : typeof shown === 'string' ? (
        <p role="alert">{shown}</p>
      ) : (
        <TraceView recording={shown} {...view} />
      )}
    </div>
  );
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
