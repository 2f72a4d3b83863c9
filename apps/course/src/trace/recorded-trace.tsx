/** A recording that the build made, in all its views. */
import type { ReactNode } from 'react';
import Translate from '@docusaurus/Translate';
import { TraceView, type TraceViewProps } from './trace-view.tsx';
import { useRecording } from './use-recording.ts';

export interface RecordedTraceProps extends Omit<TraceViewProps, 'recording'> {
  /** Folder below `traces`. */
  readonly name: string;
}

export default function RecordedTrace({ name, ...view }: RecordedTraceProps): ReactNode {
  const { place, recording: shown } = useRecording(name);
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
