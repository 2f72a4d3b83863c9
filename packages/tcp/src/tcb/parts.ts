/**
 * The parts a TCP is made of. Each is a small interface over plain values and a readable `Tcb`; a stack takes any subset
 * of them from its caller and fills the rest with the reference.
 */
import type { Malformed } from '../wire/malformed.ts';
import type { Segment } from '../wire/segment.ts';
import type { Micros, Octets, Seq } from '../units.ts';
import type { CongestionPart } from './congestion.ts';
import type { IcmpReport } from './icmp-arrives.ts';
import type { IsnPart } from './isn.ts';
import type { ListenerPart } from './listener-part.ts';
import type { PathPart } from './path-mtu.ts';
import type { ReassemblerPart } from './reassembler.ts';
import type { RetransmissionPart } from './retransmission.ts';
import type { RttPart } from './rtt.ts';
import type { Stamp } from './segment-options.ts';
import type { SendWindowPart } from './send-window.ts';
import type { SequencePart } from './sequence.ts';
import type { Tcb } from './tcb.ts';

export interface ChecksumPart {
  /**
   * The Internet checksum of bytes[start, end), added to `initial`.
   *
   * @returns the one's complement sum, 0 to 0xffff, not inverted: 0xffff over data that carries a right checksum
   * @rfc 1071 1, 9293 3.1
   */
  checksum(bytes: Uint8Array, start: number, end: number, initial: number): number;
}

export interface CodecPart {
  /** Read the segment in bytes[start, end); @returns null when it could be read. The checksum is not its business. */
  parseSegment(bytes: Uint8Array, start: number, end: number, into: Segment): Malformed | null;
  /** Write header, options and payload with a checksum field of 0; @returns octets written. */
  writeSegment(segment: Segment, into: Uint8Array, start: number): Octets;
}

/** A control segment to be sent: ports, window and options are filled in for it. */
export interface Outgoing {
  readonly seq: Seq;
  /** Absent = the ACK bit is off. */
  readonly ack?: Seq;
  /** SYN, FIN and RST as they are to be set; ACK follows from `ack`. */
  readonly flags: number;
  /** Timestamps, where no connection is to fill them in. */
  readonly stamp?: Stamp;
}

/** What a user call may be told. @rfc 9293 3.10 */
export type CallError =
  | 'connection-does-not-exist'
  | 'connection-already-exists'
  | 'connection-closing'
  | 'connection-reset';

/**
 * The state machine. Every function changes the `Tcb` it is given, puts control segments on `tcb.output`, and asks for
 * an acknowledgement by `tcb.ackNow`. A student's connection may give some of these and leave the others to the reference.
 */
export interface ConnectionPart {
  /** OPEN, active: send a SYN. @rfc 9293 3.10.1 */
  openActive(now: Micros, tcb: Tcb): void;
  /** OPEN, passive: wait for a SYN. @rfc 9293 3.10.1 */
  openPassive(now: Micros, tcb: Tcb): void;
  /** Whether SEND may queue octets now; null = yes. @rfc 9293 3.10.2 */
  send(now: Micros, tcb: Tcb): CallError | null;
  /** Whether RECEIVE may hand octets out, or wait for some; null = yes. @rfc 9293 3.10.3 */
  receive(now: Micros, tcb: Tcb): CallError | null;
  /** CLOSE: nothing more will be sent. @rfc 9293 3.10.4 */
  close(now: Micros, tcb: Tcb): CallError | null;
  /** Our FIN has just been sent, after the last octet that waited. @rfc 9293 3.10.4 */
  finSent(now: Micros, tcb: Tcb): void;
  /** ABORT. @rfc 9293 3.10.5 */
  abort(now: Micros, tcb: Tcb): void;

  /** A segment for which there is no connection: the reset that answers it; null = silence. @rfc 9293 3.10.7.1 */
  closedArrives(segment: Segment): Outgoing | null;
  /** @rfc 9293 3.10.7.2 */
  listenArrives(now: Micros, tcb: Tcb, segment: Segment): void;
  /** @rfc 9293 3.10.7.3 */
  synSentArrives(now: Micros, tcb: Tcb, segment: Segment): void;

  // The checks of §3.10.7.4, in its order. Each returns false when the segment's processing ends there.
  checkSequence(now: Micros, tcb: Tcb, segment: Segment): boolean;
  /** Of `checkSequence`: whether any of the segment lies in the window. */
  isAcceptable(tcb: Tcb, segment: Segment): boolean;
  /** Of `checkSequence`: answer a segment that was refused. */
  unacceptable(now: Micros, tcb: Tcb, segment: Segment): void;
  checkReset(now: Micros, tcb: Tcb, segment: Segment): boolean;
  checkSecurity(now: Micros, tcb: Tcb, segment: Segment): boolean;
  checkSyn(now: Micros, tcb: Tcb, segment: Segment): boolean;
  checkAck(now: Micros, tcb: Tcb, segment: Segment): boolean;
  /** Of `checkAck`, the case of SYN-RECEIVED. @returns false when the segment's processing ends there */
  ackOfSyn(now: Micros, tcb: Tcb, segment: Segment): boolean;
  /** Of `checkAck`, once SND.UNA has moved: the cases of the states that wait for the ACK of our FIN. */
  ackOfFin(now: Micros, tcb: Tcb): boolean;
  checkUrgent(now: Micros, tcb: Tcb, segment: Segment): boolean;
  takeText(now: Micros, tcb: Tcb, segment: Segment): boolean;
  checkFin(now: Micros, tcb: Tcb, segment: Segment): boolean;
  /** Of `checkFin`: everything before the peer's FIN is here. */
  finArrives(now: Micros, tcb: Tcb): void;
  /** In TIME-WAIT, the peer's FIN came once more; it lies left of the window. */
  repeatedFin(now: Micros, tcb: Tcb): void;

  /** IP has learned something of a segment that we sent. @returns false when it was passed over. @rfc 9293 3.9.2.2 */
  icmpArrives(now: Micros, tcb: Tcb, report: IcmpReport): boolean;

  /** @rfc 9293 3.10.8 */
  retransmissionTimeout(now: Micros, tcb: Tcb): void;
  /** @rfc 9293 3.10.8 */
  timeWaitTimeout(now: Micros, tcb: Tcb): void;
}

export interface Parts {
  readonly checksum: ChecksumPart;
  readonly codec: CodecPart;
  readonly sequence: SequencePart;
  readonly isn: IsnPart;
  readonly reassembler: ReassemblerPart;
  readonly connection: ConnectionPart;
  readonly rtt: RttPart;
  readonly retransmission: RetransmissionPart;
  readonly sendWindow: SendWindowPart;
  readonly congestion: CongestionPart;
  readonly path: PathPart;
  readonly listener: ListenerPart;
}

/** Any subset of the parts; of the connection, any of its functions. */
export type PartialParts = Partial<Omit<Parts, 'connection'>> & {
  readonly connection?: Partial<ConnectionPart>;
};
