/** The parts of the labs in plain values, put into the places of ours. */
import type { Seq } from '../units.ts';
import { viewOf } from '../wire/byte-view.ts';
import { malformed } from '../wire/malformed.ts';
import type { Segment as Record } from '../wire/segment.ts';
import { headerLength, parseOptions, writeSegment } from '../wire/tcp.ts';
import { seq } from '../wire/seq.ts';
import type { FourTuple } from '../tcb/isn.ts';
import type { ListenerPart } from '../tcb/listener-part.ts';
import type { ChecksumPart, CodecPart, PartialParts } from '../tcb/parts.ts';
import { flightSize } from '../tcb/recovery.ts';
import type { ReassemblerPart } from '../tcb/reassembler.ts';
import { referenceParts } from '../tcb/reference.ts';
import type { SendWindowPart } from '../tcb/send-window.ts';
import type { SequencePart } from '../tcb/sequence.ts';
import { keyedHash } from '../tcb/syn-cookie.ts';
import type { Tcb } from '../tcb/tcb.ts';
import type {
  Checksum,
  CongestionControl,
  Connection,
  KeyedHash,
  Listener,
  ReassemblerMaker,
  RttEstimator,
  SegmentCodec,
  SendWindow,
  Sender,
  Sequence,
  WireOption,
} from './api.ts';
import { adaptConnection, plain } from './connection.ts';

/** What a student has written, by the name of its file; of each, any of its functions. */
export interface LabParts {
  readonly checksum?: Partial<Checksum>;
  readonly segment?: Partial<SegmentCodec>;
  readonly sequence?: Partial<Sequence>;
  readonly reassembler?: Partial<ReassemblerMaker>;
  readonly rtt?: Partial<RttEstimator>;
  readonly window?: Partial<SendWindow>;
  readonly congestion?: Partial<CongestionControl>;
  readonly listener?: Partial<Listener>;
  readonly connection?: Partial<Connection>;
}

/** The functions of each file, which `tcblab.json` may name. */
export const LAB_FUNCTIONS: { readonly [File in keyof LabParts]-?: readonly string[] } = {
  checksum: ['checksum'],
  segment: ['parseSegment', 'writeSegment'],
  sequence: ['add', 'distance', 'less', 'lessOrEqual', 'inWindow'],
  reassembler: ['create'],
  rtt: ['addSample', 'timeout', 'backOff'],
  window: ['update', 'nextPayload'],
  congestion: [
    'create',
    'acknowledged',
    'enterRecovery',
    'duplicate',
    'partialAck',
    'exitRecovery',
    'timeout',
  ],
  listener: ['synArrives', 'ackArrives', 'synAckTimeout', 'makeCookie', 'readCookie'],
  connection: [
    'openActive',
    'openPassive',
    'close',
    'finSent',
    'abort',
    'closedArrives',
    'listenArrives',
    'synSentArrives',
    'isAcceptable',
    'unacceptable',
    'checkReset',
    'checkSyn',
    'ackOfSyn',
    'ackOfFin',
    'finArrives',
    'repeatedFin',
    'timeWaitTimeout',
  ],
};

/** For `createStack`: a student's functions where given, the reference's elsewhere. */
export function adaptParts(given: LabParts): PartialParts {
  const { checksum, segment, sequence, reassembler, rtt, window, congestion, listener, connection } = given;
  return {
    ...(checksum?.checksum === undefined ? {} : { checksum: adaptChecksum(checksum.checksum) }),
    ...(segment === undefined ? {} : { codec: adaptCodec(segment) }),
    // The brand of a sequence number is for our compiler only.
    ...(sequence === undefined
      ? {}
      : { sequence: { ...referenceParts.sequence, ...(sequence as Partial<SequencePart>) } }),
    ...(reassembler?.create === undefined ? {} : { reassembler: adaptReassembler(reassembler.create) }),
    ...(rtt === undefined ? {} : { rtt: { ...referenceParts.rtt, ...rtt } }),
    ...(window === undefined ? {} : { sendWindow: adaptWindow(window) }),
    ...(congestion === undefined ? {} : { congestion: { ...referenceParts.congestion, ...congestion } }),
    ...(listener === undefined ? {} : { listener: adaptListener(listener) }),
    ...(connection === undefined ? {} : { connection: adaptConnection(connection) }),
  };
}

/** Where the octets lie in what is lent to `insert`: not at 0, so that nobody forgets to look. */
const LENT_FROM = 4;

/** What is lent is taken back: a reassembler that keeps a view instead of a copy finds other octets there, every time. */
function adaptReassembler(create: ReassemblerMaker['create']): ReassemblerPart {
  return {
    create() {
      const inner = create();
      return {
        get available() {
          return inner.available;
        },
        get ranges() {
          return inner.ranges;
        },
        insert(offset, source, from, to) {
          const lent = new Uint8Array(LENT_FROM + to - from);
          lent.set(source.subarray(from, to), LENT_FROM);
          const moved = inner.insert(offset, lent, LENT_FROM, lent.length);
          lent.fill(0xee);
          return moved;
        },
        read: (into, from, to) => inner.read(into, from, to),
        clear: () => inner.clear(),
      };
    },
  };
}

function adaptListener({ makeCookie, readCookie, ...queues }: Partial<Listener>): ListenerPart {
  const hashOf =
    (tuple: FourTuple, secret: Uint8Array): KeyedHash =>
    (...numbers) =>
      keyedHash(tuple, secret, numbers);
  return {
    ...referenceParts.listener,
    ...queues,
    ...(makeCookie === undefined
      ? {}
      : {
          makeCookie: (now, tuple, irs, mss, secret) => seq(makeCookie(now, irs, mss, hashOf(tuple, secret))),
        }),
    ...(readCookie === undefined
      ? {}
      : {
          readCookie: (now, tuple, irs, cookie, secret) =>
            readCookie(now, irs, cookie, hashOf(tuple, secret)),
        }),
  };
}

function adaptChecksum(checksum: Checksum['checksum']): ChecksumPart {
  return { checksum: (bytes, start, end, initial) => checksum(bytes.subarray(start, end), initial) };
}

const UNREADABLE = malformed('tcp', 'bad-length', 0);
const HEADER_LENGTH = 20;
const NO_OPERATION = 1;

function adaptCodec({ parseSegment, writeSegment: write }: Partial<SegmentCodec>): CodecPart {
  return {
    parseSegment(bytes, start, end, into) {
      if (parseSegment === undefined) return referenceParts.codec.parseSegment(bytes, start, end, into);
      const read = parseSegment(bytes.slice(start, end));
      if (read === null) return UNREADABLE;
      into.clear();
      into.sourcePort = read.sourcePort;
      into.destinationPort = read.destinationPort;
      into.seq = seq(read.seq);
      into.ack = seq(read.ack);
      into.flags = read.flags;
      into.wnd = read.wnd;
      into.up = read.up;
      into.bytes = Uint8Array.from(read.text);
      into.payloadEnd = into.bytes.length;
      return readOptions(read.options, into);
    },
    writeSegment(segment, into, start) {
      if (write === undefined) return referenceParts.codec.writeSegment(segment, into, start);
      const { sourcePort, destinationPort, ack, flags, wnd, up } = segment;
      const header = { sourcePort, destinationPort, seq: segment.seq, ack, flags, wnd, up };
      const bytes = write({ ...header, options: listOptions(segment), text: segment.payload.slice() });
      into.set(bytes, start);
      return bytes.length;
    },
  };
}

/** Let our own reader make of the list what it makes of octets. */
function readOptions(options: readonly WireOption[], into: Record) {
  const octets = options.flatMap(({ kind, data }) =>
    kind === NO_OPERATION ? [kind] : [kind, data.length + 2, ...data],
  );
  const bytes = new Uint8Array(HEADER_LENGTH + octets.length);
  bytes.set(octets, HEADER_LENGTH);
  return parseOptions(viewOf(bytes), 0, bytes.length, into);
}

/** The options of a record in the order in which our own writer has them. */
function listOptions(segment: Record): WireOption[] {
  const length = headerLength(segment);
  const bytes = new Uint8Array(length + segment.payloadLength);
  writeSegment(segment, bytes, 0);
  const options: WireOption[] = [];
  for (let at = HEADER_LENGTH; at < length;) {
    const kind = bytes[at];
    const end = kind === NO_OPERATION ? at + 1 : at + bytes[at + 1];
    options.push({ kind, data: bytes.slice(at + 2, end) });
    at = end;
  }
  return options;
}

function adaptWindow({ update, nextPayload }: Partial<SendWindow>): SendWindowPart {
  return {
    update(tcb, segment) {
      if (update === undefined) return referenceParts.sendWindow.update(tcb, segment);
      const sender = senderOf(tcb);
      update(sender, plain(segment), {
        less: (a, b) => tcb.parts.sequence.less(a as Seq, b as Seq),
        lessOrEqual: (a, b) => tcb.parts.sequence.lessOrEqual(a as Seq, b as Seq),
      });
      tcb.snd.wnd = sender.wnd;
      tcb.snd.wl1 = seq(sender.wl1);
      tcb.snd.wl2 = seq(sender.wl2);
      tcb.snd.maxWnd = sender.maxWnd;
    },
    nextPayload(now, tcb, unsent) {
      if (nextPayload === undefined) return referenceParts.sendWindow.nextPayload(now, tcb, unsent);
      return nextPayload(senderOf(tcb), unsent);
    },
  };
}

function senderOf(tcb: Tcb): Sender {
  const { snd, settings, recovery, congestion, parts, closing } = tcb;
  const limited = recovery.inRecovery ? 0 : Math.min(2, recovery.duplicateAcks) * snd.mss;
  return {
    wnd: snd.wnd,
    wl1: snd.wl1,
    wl2: snd.wl2,
    maxWnd: snd.maxWnd,
    scale: snd.scale,
    mss: snd.mss,
    outstanding: parts.sequence.distance(snd.una, snd.nxt),
    congestionRoom: congestion.cwnd + limited - flightSize(tcb),
    nagle: settings.nagle,
    closing,
  };
}
