// A conversation written down segment by segment, so that a picture of it depends on nothing else.
import type { Micros, Octets } from '@tcblab/tcp';
import type { TraceEvent } from '@tcblab/tcp/trace';
import { ACK } from '@tcblab/tcp/wire';
import { CHECKSUM_VALID, INBOUND, OUTBOUND, inferStates } from '../src/index.ts';
import type { CapturedPacket, EndpointSegment, LadderInput, TraceRecord } from '../src/index.ts';
import { octets, tcpFrame } from './frames.ts';

/** One segment. Sequence numbers count from each side's SYN. */
export interface Line {
  /** When it is sent. */
  readonly at: Micros;
  readonly from: 1 | 2;
  readonly flags: number;
  readonly seq?: number;
  readonly ack?: number;
  readonly length?: Octets;
  readonly wnd?: number;
  readonly options?: {
    readonly mss?: number;
    readonly windowScale?: number;
    readonly sackPermitted?: boolean;
  };
  /** How long each copy of it is under way; 500 µs for one copy unless told, and no copy when it is lost. */
  readonly arrives?: readonly Micros[];
  /** A bit is flipped under way. */
  readonly altered?: true;
}

const ISS = [1_000_000, 4_294_967_200] as const;

/** What both captures hold of it. Host A tells its states, as its segments show them; host B tells nothing. */
export function dialogue(lines: readonly Line[], notes: readonly TraceRecord[] = []): LadderInput {
  const seen: { host: 0 | 1; time: Micros; flags: number; bytes: Uint8Array; segment: EndpointSegment }[] =
    [];
  for (const line of lines) {
    const { at, from, flags, seq = 0, ack = 0, length = 0, wnd = 65_535, options = {} } = line;
    const numbers = {
      seq: (ISS[from - 1] + seq) >>> 0,
      ack: (flags & ACK) === 0 ? 0 : (ISS[2 - from] + ack) >>> 0,
    };
    const bytes = tcpFrame({ from, flags, wnd, ...numbers, payload: octets(length), ...options });
    const own = { ...numbers, flags, wnd, length, windowScale: options.windowScale ?? -1 };
    const sender = from === 1 ? 0 : 1;
    seen.push({ host: sender, time: at, flags: OUTBOUND, bytes, segment: { ...own, direction: 'out' } });
    for (const way of line.arrives ?? [500]) {
      const received = line.altered === true ? bytes.with(47, bytes[47] ^ 1) : bytes;
      const receiver = sender === 0 ? 1 : 0;
      const flag = line.altered === true ? INBOUND : INBOUND | CHECKSUM_VALID;
      seen.push({
        host: receiver,
        time: at + way,
        flags: flag,
        bytes: received,
        segment: { ...own, direction: 'in' },
      });
    }
  }
  const inOrder = seen.toSorted((a, b) => a.time - b.time);
  const packets = ([0, 1] as const).map((side) =>
    inOrder
      .filter(({ host }) => host === side)
      .map(({ time, flags, bytes }, place): CapturedPacket => {
        const id = { host: side + 1, frame: place + 1 };
        const originalLength = bytes.length;
        return {
          interface: 0,
          micros: time,
          nanos: 0,
          bytes,
          originalLength,
          flags,
          id,
          comments: [],
          at: 0,
        };
      }),
  );
  const own = inOrder.filter(({ host }) => host === 0);
  const states = inferStates(own.map(({ segment }) => segment));
  const started: TraceEvent = {
    name: 'connection_started',
    time: 0,
    connection: 1,
    local: '10.77.0.1',
    local_port: 40_000,
    remote: '10.77.0.2',
    remote_port: 80,
    passive: false,
  };
  const trace: TraceRecord[] = [{ host: 1, event: started }];
  own.forEach(({ time }, place) => {
    const state = states[place];
    if (state === null) return;
    const base = { time, connection: 1 };
    const event: TraceEvent = {
      ...base,
      name: 'state_updated',
      old: states[place - 1] ?? 'CLOSED',
      new: state,
      trigger: 'segment',
      rfc: '3.10.7',
    };
    trace.push(
      ...notes.filter(({ event: note }) => note.time <= time && note.time > (own[place - 1]?.time ?? -1)),
    );
    trace.push({ host: 1, frame: place + 1, event });
  });
  trace.push(...notes.filter(({ event: note }) => note.time > (own.at(-1)?.time ?? 0)));
  return {
    hosts: [
      { number: 1, name: 'host-a', implementation: 'reference', packets: packets[0] },
      { number: 2, name: 'host-b', implementation: 'Linux kernel', packets: packets[1] },
    ],
    trace,
  };
}
