/** A run as a page shows it: read from a bundle's files, or from a bare capture, wherever they come from. */
import {
  buildLadder,
  DIRECTION_MASK,
  dissect,
  INBOUND,
  OUTBOUND,
  readBundle,
  readCapture,
  readTrace,
  type Bundle,
  type CapturedPacket,
  type Ladder,
  type TraceRecord,
} from '@tcblab/capture';

export interface RecordedHost {
  /** As in packet ids. */
  readonly number: number;
  readonly name: string;
  readonly implementation: string;
  readonly packets: readonly CapturedPacket[];
  /** What it told of itself; empty for a kernel or a bare capture. */
  readonly records: readonly TraceRecord[];
}

export interface Recording {
  /** What ran, such as `handshake`, or the name of the file. */
  readonly title: string;
  /** How to have the same run again; null for a bare capture. */
  readonly origin: { readonly scenario: string; readonly bench: string; readonly seed: number } | null;
  readonly hosts: readonly [RecordedHost, RecordedHost];
  readonly ladder: Ladder;
  /** What could not be read, in sentences. */
  readonly problems: readonly string[];
}

/** Why nothing can be shown. */
export interface Unreadable {
  readonly problem: string;
}

/** The files of a run by name; only what ends in .json, .sqlog, .pcapng or .pcap matters. */
export type RunFiles = ReadonlyMap<string, Uint8Array>;

/** @param names what to call the ends of a bare capture, by address; the first is its address unless told */
export function readRecording(
  files: RunFiles,
  names: ReadonlyMap<string, string> = new Map(),
): Recording | Unreadable {
  const bundle = files.get('bundle.json');
  if (bundle !== undefined) return fromBundle(new TextDecoder().decode(bundle), files);
  const captures = [...files].filter(([name]) => /\.p?cap(ng)?$/.test(name));
  if (captures.length === 0) return { problem: 'There is no bundle.json here, and no capture.' };
  const [[name, bytes]] = captures;
  return fromCapture(name, bytes, names);
}

function fromBundle(text: string, files: RunFiles): Recording | Unreadable {
  const bundle = readBundle(text);
  if ('reason' in bundle) return { problem: bundle.detail };
  const problems: string[] = [];
  const trace = traceOf(bundle, files, problems);
  const host = (index: 0 | 1): RecordedHost => {
    const { number, name, implementation } = bundle.hosts[index];
    const records = trace.filter((record) => record.host === number);
    return {
      number,
      name: `host ${name.toUpperCase()}`,
      implementation: tcpName(implementation),
      packets: packetsOf(bundle, number, files, problems),
      records,
    };
  };
  const hosts = [host(0), host(1)] as const;
  const { scenario, bench, seed } = bundle;
  return assemble(scenario, { scenario, bench, seed }, hosts, problems);
}

/** As people know it. */
function tcpName(implementation: string): string {
  if (implementation === 'reference') return 'our TCP';
  return implementation === 'kernel' ? 'Linux kernel' : implementation;
}

function packetsOf(bundle: Bundle, host: number, files: RunFiles, problems: string[]): CapturedPacket[] {
  const file = bundle.files.find((each) => each.kind === 'capture' && each.host === host);
  const bytes = file === undefined ? undefined : files.get(file.name);
  if (bytes === undefined) {
    problems.push(`The capture of host ${host} is missing.`);
    return [];
  }
  const capture = readCapture(bytes);
  if (capture.fault !== null) problems.push(`${file?.name}: ${capture.fault.detail}`);
  return [...capture.packets];
}

function traceOf(bundle: Bundle, files: RunFiles, problems: string[]): readonly TraceRecord[] {
  const file = bundle.files.find((each) => each.kind === 'trace');
  const bytes = file === undefined ? undefined : files.get(file.name);
  if (bytes === undefined) return [];
  const trace = readTrace(new TextDecoder().decode(bytes));
  problems.push(...trace.faults.map(({ detail }) => `${file?.name}: ${detail}`));
  return trace.records;
}

/** A capture of one place shows each segment once: it left and it arrived at the same moment. */
function fromCapture(
  name: string,
  bytes: Uint8Array,
  names: ReadonlyMap<string, string>,
): Recording | Unreadable {
  const { packets, fault } = readCapture(bytes);
  if (packets.length === 0) {
    return { problem: fault === null ? 'There is no packet in this capture.' : fault.detail };
  }
  const problems = fault === null ? [] : [fault.detail];
  const [left, right] = addresses(packets);
  const seenAt = (side: 0 | 1): CapturedPacket[] =>
    packets.map((packet, index) => {
      const seen = dissect(packet);
      const leaves = (seen.kind === 'tcp' && seen.source === left) === (side === 0);
      const direction = leaves ? OUTBOUND : INBOUND;
      const flags = (packet.flags & ~DIRECTION_MASK) | direction;
      return { ...packet, flags, id: { host: side + 1, frame: index + 1 } };
    });
  const host = (side: 0 | 1, title: string): RecordedHost => ({
    number: side + 1,
    name: title,
    implementation: '',
    packets: seenAt(side),
    records: [],
  });
  const hosts = [host(0, names.get(left) ?? left), host(1, names.get(right) ?? 'the other end')] as const;
  return assemble(name, null, hosts, problems);
}

/** First whoever sent the first SYN, or the first segment; then its peer. */
function addresses(packets: readonly CapturedPacket[]): readonly [string, string] {
  let first: readonly [string, string] | null = null;
  for (const packet of packets) {
    const seen = dissect(packet);
    if (seen.kind !== 'tcp') continue;
    first ??= [seen.source, seen.destination];
    if ((seen.flags & 0x12) === 0x02) return [seen.source, seen.destination];
  }
  return first ?? ['this end', 'the other end'];
}

function assemble(
  title: string,
  origin: Recording['origin'],
  hosts: readonly [RecordedHost, RecordedHost],
  problems: readonly string[],
): Recording {
  const source = ({ number, name, implementation, packets }: RecordedHost) => ({
    number,
    name,
    ...(implementation === '' ? {} : { implementation }),
    packets,
  });
  const trace = hosts
    .flatMap(({ records }) => records)
    .toSorted((one, other) => one.event.time - other.event.time);
  const ladder = withPorts(buildLadder({ hosts: [source(hosts[0]), source(hosts[1])], trace }));
  return { title, origin, hosts, ladder, problems };
}

/** Where there are several connections, each segment says to which it belongs. */
function withPorts(ladder: Ladder): Ladder {
  const { connections } = ladder;
  if (connections.length < 2) return ladder;
  const port = (address: string) => address.slice(address.lastIndexOf(':') + 1);
  const rows = ladder.rows.map((row) => {
    if (row.kind !== 'segment') return row;
    const { left, right } = connections[row.connection];
    const ports = `${port(left)} ${row.from === 0 ? '→' : '←'} ${port(right)}`;
    return { ...row, notes: [ports, ...row.notes] };
  });
  return { ...ladder, rows };
}
