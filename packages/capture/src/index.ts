export { BUNDLE_VERSION, readBundle, writeBundle } from './bundle.ts';
export type { Bundle, BundleClock, BundleFault, BundleFile, BundleHost, BundleInput } from './bundle.ts';
export type {
  Capture,
  CapturedInterface,
  CapturedPacket,
  CapturedSection,
  CaptureFault,
  InterfaceCounters,
} from './captured.ts';
export { correlate } from './correlation/correlate.ts';
export type { ClockOffset, Correlation, FrameEvent } from './correlation/correlate.ts';
export type { Fate, HostCapture, Sighting } from './correlation/sighting.ts';
export { dissect } from './dissect.ts';
export type { Seen, SeenOther, SeenSegment, SegmentFields } from './dissect.ts';
export { fieldsOf } from './fields.ts';
export type { Field, Layer } from './fields.ts';
export { inferStates } from './infer.ts';
export type { EndpointSegment } from './infer.ts';
export type { LadderRole } from './ladder/arrow.ts';
export { buildLadder } from './ladder/build.ts';
export type { LadderInput, LadderSource } from './ladder/build.ts';
export { foldRows } from './ladder/fold.ts';
export type {
  FoldRow,
  Ladder,
  LadderConnection,
  LadderEnd,
  LadderHost,
  LadderMark,
  LadderRow,
  LadderSegment,
  NoteRow,
  OtherRow,
  SegmentRow,
} from './ladder/rows.ts';
export { writeLadder } from './ladder/text.ts';
export type { LadderTextOptions } from './ladder/text.ts';
export { mergeCaptures, MERGED_COMMENT } from './merged.ts';
export type { MergeSource } from './merged.ts';
export { formatPacketId, parsePacketId } from './packet-id.ts';
export type { PacketId } from './packet-id.ts';
export { CHECKSUM_NOT_READY, CHECKSUM_VALID, DIRECTION_MASK, INBOUND, OUTBOUND } from './pcapng/format.ts';
export type { CaptureTime } from './pcapng/timestamp.ts';
export { PcapngWriter, SNAP_LENGTH } from './pcapng/writer.ts';
export type {
  InterfaceInfo,
  InterfaceStatistics,
  NameInfo,
  PacketToWrite,
  PcapngWriterOptions,
  SectionInfo,
} from './pcapng/writer.ts';
export { readCapture } from './read-capture.ts';
export { annotate } from './trace/annotate.ts';
export {
  readTrace,
  readTraceHeader,
  readTraceRecord,
  TRACE_VERSION,
  writeTraceHeader,
  writeTraceRecord,
} from './trace/trace-file.ts';
export type {
  NumberedRecord,
  Trace,
  TraceFault,
  TraceHeader,
  TraceHost,
  TraceRecord,
} from './trace/trace-file.ts';
export { decodeUtf8, encodeUtf8 } from './utf8.ts';
