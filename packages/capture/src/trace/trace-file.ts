/**
 * Trace files (`.sqlog`): what the hosts of a run tell of themselves, as JSON text sequences (RFC 7464) in the manner of
 * qlog. A header, then one record per event in the order in which they came to be known. The header is record 0 and
 * events count from 1, in a file as in a live stream, which sends exactly these texts.
 */
import type { Micros } from '@tcblab/tcp';
import type { TraceEvent } from '@tcblab/tcp/trace';
import { formatPacketId, parsePacketId } from '../packet-id.ts';
import { isObject } from '../json.ts';
import { faultOf, isEventName } from './schema.ts';

/** The version that is written. A reader refuses a later one and says so. */
export const TRACE_VERSION = 1;

export interface TraceHost {
  /** As in packet ids. */
  readonly number: number;
  /** Such as `a`. */
  readonly name: string;
  /** What runs there, such as `reference` or `kernel`. */
  readonly implementation?: string;
}

export interface TraceHeader {
  readonly title?: string;
  readonly hosts: readonly TraceHost[];
  /** Times in the file count from here: microseconds on the hosts' clocks. */
  readonly origin: Micros;
}

export interface TraceRecord {
  /** Number of the host that tells it; 0 is the bench. */
  readonly host: number;
  /** Index of the frame that it belongs to in that host's capture: with the host it is the packet's id. */
  readonly frame?: number;
  /** Its time is on the host's clock, not counted from the origin. */
  readonly event: TraceEvent;
}

/** A record with its place in the file. */
export interface NumberedRecord extends TraceRecord {
  /** 1 is the first after the header. */
  readonly number: number;
}

/** Something in a trace that could not be read. */
export interface TraceFault {
  /** Which record; 0 is the header. */
  readonly record: number;
  readonly reason: 'not-a-trace' | 'newer-version' | 'truncated' | 'bad-json' | 'bad-record';
  /** A sentence for people. */
  readonly detail: string;
}

export interface Trace {
  /** null when the file is no trace or one from the future; then nothing else is there. */
  readonly header: TraceHeader | null;
  /** Events that this version does not know are passed over, but keep their numbers. */
  readonly records: readonly NumberedRecord[];
  readonly faults: readonly TraceFault[];
}

const RECORD_SEPARATOR = '\x1e';
const FILE_SCHEMA = 'urn:ietf:params:qlog:file:sequential';
const EVENT_SCHEMA = 'urn:tcblab:events:tcp';
const NAMESPACE = 'tcblab_tcp:';

/** The first text of a file. @rfc 7464 2.2 */
export function writeTraceHeader(header: TraceHeader): string {
  return sequenced({
    file_schema: FILE_SCHEMA,
    serialization_format: 'application/qlog+json-seq',
    version: TRACE_VERSION,
    ...(header.title === undefined ? {} : { title: header.title }),
    trace: {
      common_fields: {
        time_format: 'relative_to_epoch',
        reference_time: { clock_type: 'monotonic', epoch: 'unknown', micros: header.origin },
      },
      vantage_point: { name: 'tcblab', type: 'network' },
      event_schemas: [EVENT_SCHEMA],
      hosts: header.hosts,
    },
  });
}

/** One event of a trace that began with `header`. @rfc 7464 2.2 */
export function writeTraceRecord(header: TraceHeader, record: TraceRecord): string {
  const { time, name, ...data } = record.event;
  return sequenced({
    // Milliseconds with three places hold every microsecond.
    time: (time - header.origin) / 1000,
    name: NAMESPACE + name,
    host: record.host,
    ...(record.frame === undefined
      ? {}
      : { packet_id: formatPacketId({ host: record.host, frame: record.frame }) }),
    data,
  });
}

/** Read a whole file. A record that was cut short or is damaged is a fault, and reading goes on. @rfc 7464 2.3 */
export function readTrace(text: string): Trace {
  const texts = text.split(RECORD_SEPARATOR);
  const faults: TraceFault[] = [];
  if (texts.length < 2 || texts[0].trim() !== '') {
    faults.push({
      record: 0,
      reason: 'not-a-trace',
      detail: 'the file does not begin with a record separator',
    });
    return { header: null, records: [], faults };
  }
  const header = readTraceHeader(texts[1]);
  if ('reason' in header) return { header: null, records: [], faults: [header] };
  const records: NumberedRecord[] = [];
  for (let number = 1; number < texts.length - 1; number++) {
    const record = readTraceRecord(header, number, texts[number + 1]);
    if (record === null) continue;
    if ('reason' in record) faults.push(record);
    else records.push(record);
  }
  return { header, records, faults };
}

/** Read the text of a header, with or without its separator. */
export function readTraceHeader(text: string): TraceHeader | TraceFault {
  const fault = (reason: TraceFault['reason'], detail: string): TraceFault => ({ record: 0, reason, detail });
  const head = parse(text);
  if (!isObject(head)) return fault('not-a-trace', 'the first record is not a JSON object');
  if (head.file_schema !== FILE_SCHEMA) {
    return fault('not-a-trace', `the first record has no file_schema "${FILE_SCHEMA}"`);
  }
  const { version, title, trace } = head;
  if (typeof version !== 'number') return fault('not-a-trace', 'the header has no version number');
  if (version > TRACE_VERSION) {
    const known = `this program reads up to version ${TRACE_VERSION}: update it`;
    return fault('newer-version', `the trace is version ${version}, and ${known}`);
  }
  const common = isObject(trace) ? trace.common_fields : null;
  const reference = isObject(common) ? common.reference_time : null;
  const hosts = isObject(trace) ? trace.hosts : null;
  if (!isObject(reference) || typeof reference.micros !== 'number') {
    return fault('bad-record', 'the header has no trace.common_fields.reference_time.micros');
  }
  if (!Array.isArray(hosts) || !hosts.every(isHost))
    return fault('bad-record', 'the header has no list of hosts');
  return { ...(typeof title === 'string' ? { title } : {}), hosts, origin: reference.micros };
}

/**
 * Read the text of one record, with or without its separator.
 *
 * @returns null for an event that this version does not know
 */
export function readTraceRecord(
  header: TraceHeader,
  number: number,
  text: string,
): NumberedRecord | TraceFault | null {
  const fault = (reason: TraceFault['reason'], detail: string): TraceFault => ({
    record: number,
    reason,
    detail,
  });
  // A number at the very end could have lost digits unseen: the newline proves that the text is whole (RFC 7464 §2.4).
  if (!text.endsWith('\n')) return fault('truncated', 'the record was cut short');
  const read = parse(text);
  if (!isObject(read)) return fault('bad-json', 'the record is not a JSON object');
  const { time, name, host, packet_id, data } = read;
  if (typeof time !== 'number' || typeof name !== 'string' || typeof host !== 'number' || !isObject(data)) {
    return fault('bad-record', 'the record needs time, name, host and data');
  }
  const event = name.startsWith(NAMESPACE) ? name.slice(NAMESPACE.length) : '';
  if (!isEventName(event)) return null;
  const wrong = faultOf(event, data);
  if (wrong !== null) return fault('bad-record', `${event}: ${wrong}`);
  const id = typeof packet_id === 'string' ? parsePacketId(packet_id) : null;
  if (packet_id !== undefined && id?.host !== host)
    return fault('bad-record', `${event}: packet_id is not of the host`);
  return {
    number,
    host,
    ...(id === null ? {} : { frame: id.frame }),
    // The schema has been held against it.
    event: { ...data, time: Math.round(time * 1000) + header.origin, name: event } as unknown as TraceEvent,
  };
}

function sequenced(value: unknown): string {
  return `${RECORD_SEPARATOR}${JSON.stringify(value)}\n`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.startsWith(RECORD_SEPARATOR) ? text.slice(1) : text);
  } catch {
    return undefined;
  }
}

function isHost(value: unknown): value is TraceHost {
  return (
    isObject(value) &&
    typeof value.number === 'number' &&
    typeof value.name === 'string' &&
    (value.implementation === undefined || typeof value.implementation === 'string')
  );
}
