export { MisuseError } from './misuse-error.ts';
export type { Micros, Octets, Seq } from './units.ts';
export { Connection, type ConnectionError } from './stack/connection.ts';
export { Counters } from './stack/counters.ts';
export type { StackEvent } from './stack/pending-events.ts';
export { EthernetLink, type EthernetLinkOptions } from './stack/ethernet-link.ts';
export { Events } from './stack/events.ts';
export { IpStack, type IpStackOptions } from './stack/ip-stack.ts';
export { Listener } from './stack/listener.ts';
export type { ConnectionSummary, RunningTimer } from './stack/listing.ts';
export type { TcbSnapshot } from './stack/snapshot.ts';
export { Stack, createIpStack, createStack, type StackOptions } from './stack/stack.ts';
export type { Congestion, CongestionPart } from './tcb/congestion.ts';
export { cubic } from './tcb/cubic.ts';
export type { FourTuple, IsnPart } from './tcb/isn.ts';
export type { ListenerPart, ListenerQueues, SynAckSent } from './tcb/listener-part.ts';
export type { KeepAlive } from './tcb/keep-alive.ts';
export type {
  CallError,
  ChecksumPart,
  CodecPart,
  ConnectionPart,
  Outgoing,
  PartialParts,
  Parts,
} from './tcb/parts.ts';
export { profiles, type ProfileName } from './tcb/profiles.ts';
export type { Range, Reassembler, ReassemblerPart } from './tcb/reassembler.ts';
export { completeParts, referenceParts } from './tcb/reference.ts';
export type { SentSegment } from './tcb/retransmit-queue.ts';
export type { Recovery } from './tcb/recovery.ts';
export type { RetransmissionPart } from './tcb/retransmission.ts';
export type { Rtt, RttPart } from './tcb/rtt.ts';
export type { SendWindowPart } from './tcb/send-window.ts';
export type { SequencePart } from './tcb/sequence.ts';
export type { IpService } from './tcb/ip-service.ts';
export { PORT_ALGORITHMS, SYN_COOKIES, defaultSettings, type Settings } from './tcb/settings.ts';
export type { ConnectionErrorCode, Tcb } from './tcb/tcb.ts';
export type { TimerName } from './tcb/timers.ts';
