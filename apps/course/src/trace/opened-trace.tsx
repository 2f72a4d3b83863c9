/** A recording read from files that the reader chose. */
import { useEffect, useState, type ReactNode } from 'react';
import Translate from '@docusaurus/Translate';
import { readRecording, type Recording, type Unreadable } from './recording.ts';
import { TraceView } from './trace-view.tsx';

export default function OpenedTrace({ files }: { readonly files: readonly File[] }): ReactNode {
  const [read, setRead] = useState<Recording | Unreadable | null>(null);
  useEffect(() => {
    let current = true;
    setRead(null);
    const reading = files.map(async (file) => [file.name, new Uint8Array(await file.arrayBuffer())] as const);
    Promise.all(reading)
      .then((entries) => readRecording(new Map(entries)))
      .catch((error: unknown) => ({ problem: String(error) }))
      .then(
        (recording) => {
          if (current) setRead(recording);
        },
        () => {},
      );
    return () => {
      current = false;
    };
  }, [files]);
  if (read === null) {
    return (
      <p>
        <Translate id="viewer.reading">Reading …</Translate>
      </p>
    );
  }
  if ('problem' in read) return <p role="alert">{read.problem}</p>;
  return <TraceView key={read.title} recording={read} height={640} />;
}
