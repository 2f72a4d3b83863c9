export type {
  Capture,
  CapturedInterface,
  CapturedPacket,
  CapturedSection,
  CaptureFault,
  InterfaceCounters,
} from './captured.ts';
export { formatPacketId, parsePacketId } from './packet-id.ts';
export type { PacketId } from './packet-id.ts';
export { CHECKSUM_NOT_READY, CHECKSUM_VALID, DIRECTION_MASK, INBOUND, OUTBOUND } from './pcapng/format.ts';
export { PcapngWriter, SNAP_LENGTH } from './pcapng/writer.ts';
export type {
  CaptureTime,
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
