/** A frame between two hosts, and what a hand can do to the segment in it. */
import { dissect, OUTBOUND, type CapturedPacket, type Seen } from '@tcblab/capture';
import type { Micros } from '@tcblab/tcp';
import {
  ETHERNET_HEADER_LENGTH,
  Ipv4Header,
  PROTOCOL_TCP,
  fillChecksum,
  parseIpv4,
  pseudoHeaderSum,
} from '@tcblab/tcp/wire';

export type Side = 0 | 1;

export interface Flight {
  /** Its number among all that were ever on this wire, from 1; a copy has one of its own. */
  readonly id: number;
  readonly from: Side;
  /** Index of the frame in its sender's capture. */
  readonly frame: number;
  readonly sent: Micros;
  /** When it arrives; Infinity while it is held. */
  arrives: Micros;
  bytes: Uint8Array;
  /** What it says now. */
  seen: Seen;
  edited: boolean;
  /** A copy that a hand made of another. */
  readonly copy: boolean;
  /** There are copies of it. */
  copied: boolean;
  /** Index of the frame in the receiver's capture; null while it has not come. */
  received: number | null;
  /** A hand took it off the wire. */
  lost: boolean;
}

/** What can be written into a segment's header. Numbers are as on the wire. */
export interface HeaderEdit {
  readonly seq: number;
  readonly ack: number;
  /** Control bits, ored together. */
  readonly flags: number;
  readonly wnd: number;
}

export function readFrame(bytes: Uint8Array): Seen {
  return dissect(packetOf(bytes, 0, 1, 1, OUTBOUND));
}

/** A frame as captures hold it. */
export function packetOf(
  bytes: Uint8Array,
  now: Micros,
  host: number,
  frame: number,
  flags: number,
): CapturedPacket {
  return {
    interface: 0,
    micros: now,
    nanos: 0,
    bytes,
    originalLength: bytes.length,
    flags,
    id: { host, frame },
    comments: NO_COMMENTS,
    at: 0,
  };
}

const NO_COMMENTS: readonly string[] = [];

const SEQ = 4;
const ACK = 8;
const FLAGS = 13;
const WINDOW = 14;
const CHECKSUM = 16;

/**
 * The frame with other numbers in its TCP header and a checksum that fits them.
 *
 * @returns null when there is no segment in it
 */
export function editFrame(frame: Uint8Array, edit: HeaderEdit): Uint8Array | null {
  const bytes = Uint8Array.from(frame);
  const ip = new Ipv4Header();
  if (parseIpv4(bytes, ETHERNET_HEADER_LENGTH, bytes.length, ip) !== null || ip.protocol !== PROTOCOL_TCP)
    return null;
  const { payloadStart: start, payloadEnd: end } = ip;
  const view = new DataView(bytes.buffer);
  view.setUint32(start + SEQ, edit.seq);
  view.setUint32(start + ACK, edit.ack);
  view.setUint8(start + FLAGS, edit.flags);
  view.setUint16(start + WINDOW, edit.wnd);
  view.setUint16(start + CHECKSUM, 0);
  fillChecksum(bytes, start, end, pseudoHeaderSum(ip.source, ip.destination, PROTOCOL_TCP, end - start));
  return bytes;
}
