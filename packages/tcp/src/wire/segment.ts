/** A TCP segment as values: what a parse fills and a write reads. Names are RFC 9293's SEG.* variables. */
import type { Octets, Seq } from '../units.ts';

/** Control bits, at their place in the header's second octet of flags. @rfc 9293 3.1 */
export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
export const URG = 0x20;
export const ECE = 0x40;
export const CWR = 0x80;

/** One selective acknowledgement: [left, right). @rfc 2018 3 */
export interface SackBlock {
  readonly left: Seq;
  readonly right: Seq;
}

const NO_BYTES = new Uint8Array(0);
const NO_SACK: readonly SackBlock[] = [];

/**
 * One segment. Records are reused: a reader that wants to keep one past the call copies what it needs.
 * Options that were not there hold their "absent" value.
 */
export class Segment {
  sourcePort = 0;
  destinationPort = 0;
  /** SEG.SEQ: the number of the first octet, or of the SYN. */
  seq = 0 as Seq;
  /** SEG.ACK; means something only when the ACK bit is set. */
  ack = 0 as Seq;
  /** Control bits, ored together. */
  flags = 0;
  /** SEG.WND: the 16-bit field as it stands on the wire, before any scaling. */
  wnd = 0;
  /** SEG.UP: the urgent pointer; means something only when the URG bit is set. */
  up = 0;
  /** Maximum segment size option in octets; 0 = absent. */
  mss: Octets = 0;
  /** Window scale option, 0 to 14; -1 = absent. @rfc 7323 2 */
  windowScale = -1;
  sackPermitted = false;
  /** Whether the timestamps option is there; `tsVal` and `tsEcr` are unsigned 32-bit. @rfc 7323 3 */
  timestamps = false;
  tsVal = 0;
  tsEcr = 0;
  /** The sixteen bits of the user timeout option; -1 = absent. @rfc 5482 3.3 */
  userTimeout = -1;
  /** Selective acknowledgements in the order of the option; empty = absent. */
  sack: readonly SackBlock[] = NO_SACK;
  /** The payload is bytes[payloadStart, payloadEnd). The bytes belong to the caller and live for the call only. */
  bytes: Uint8Array = NO_BYTES;
  payloadStart = 0;
  payloadEnd = 0;

  get fin(): boolean {
    return (this.flags & FIN) !== 0;
  }
  get syn(): boolean {
    return (this.flags & SYN) !== 0;
  }
  get rst(): boolean {
    return (this.flags & RST) !== 0;
  }
  get psh(): boolean {
    return (this.flags & PSH) !== 0;
  }
  get hasAck(): boolean {
    return (this.flags & ACK) !== 0;
  }
  get urg(): boolean {
    return (this.flags & URG) !== 0;
  }

  /** Octets of payload. */
  get payloadLength(): Octets {
    return this.payloadEnd - this.payloadStart;
  }

  /** A view of the payload; valid as long as the bytes are. */
  get payload(): Uint8Array {
    return this.bytes.subarray(this.payloadStart, this.payloadEnd);
  }

  /** SEG.LEN: octets of sequence space, SYN and FIN counting one each. @rfc 9293 3.4 */
  get len(): Octets {
    return this.payloadEnd - this.payloadStart + (this.flags & FIN) + ((this.flags & SYN) >> 1);
  }

  /** Make it a bare segment: no options, no payload. Ports are kept. */
  clear(): void {
    this.seq = 0 as Seq;
    this.ack = 0 as Seq;
    this.flags = 0;
    this.wnd = 0;
    this.up = 0;
    this.clearOptions();
    this.bytes = NO_BYTES;
    this.payloadStart = 0;
    this.payloadEnd = 0;
  }

  /** Make every option absent. */
  clearOptions(): void {
    this.mss = 0;
    this.windowScale = -1;
    this.sackPermitted = false;
    this.timestamps = false;
    this.tsVal = 0;
    this.tsEcr = 0;
    this.userTimeout = -1;
    this.sack = NO_SACK;
  }
}
