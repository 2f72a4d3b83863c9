/** ICMP messages: echo, and the errors that quote the packet they are about. */
import type { Octets } from '../units.ts';
import { Address } from './address.ts';
import { viewOf } from './byte-view.ts';
import { checksum } from './checksum.ts';
import { IPV4_HEADER_LENGTH } from './ipv4.ts';
import { malformed } from './malformed.ts';
import type { Malformed } from './malformed.ts';

/** Before an echo's data or an error's quotation. */
export const ICMP_HEADER_LENGTH: Octets = 8;

export const ICMP_ECHO_REPLY = 0;
export const ICMP_UNREACHABLE = 3;
/** Deprecated; it is read only to be passed over. @rfc 6633 3 */
export const ICMP_SOURCE_QUENCH = 4;
export const ICMP_ECHO = 8;
export const ICMP_TIME_EXCEEDED = 11;
export const ICMP_PARAMETER_PROBLEM = 12;

/** Codes of `ICMP_UNREACHABLE`. @rfc 792; 1122 3.2.2.1 */
export const ICMP_PROTOCOL_UNREACHABLE = 2;
export const ICMP_PORT_UNREACHABLE = 3;
export const ICMP_FRAGMENTATION_NEEDED = 4;
/** Code of `ICMP_TIME_EXCEEDED`: fragments were missing. @rfc 792 */
export const ICMP_REASSEMBLY_TIME_EXCEEDED = 1;

const CHECKSUM = 2;
const ID = 4;
const SEQUENCE = 6;
/** Where an unreachable with the code `ICMP_FRAGMENTATION_NEEDED` holds the next hop's MTU. @rfc 1191 4 */
const MTU = 6;

/** An error quotes at least this much of the payload: ports and sequence number. @rfc 792 */
const QUOTED_PAYLOAD: Octets = 8;

const TRUNCATED = malformed('icmp', 'truncated', 0);
const BAD_CHECKSUM = malformed('icmp', 'bad-checksum', CHECKSUM);
const UNSUPPORTED_TYPE = malformed('icmp', 'unsupported', 0);
const TRUNCATED_QUOTE = malformed('icmp', 'truncated', ICMP_HEADER_LENGTH);
const UNSUPPORTED_QUOTE = malformed('icmp', 'unsupported', ICMP_HEADER_LENGTH);

/** What an error says of the packet that caused it. Anyone can write it: believe it only after comparing. @rfc 5927 4 */
export class Quote {
  readonly source = new Address();
  readonly destination = new Address();
  protocol = 0;
  /** Of the whole packet, as its header says. */
  totalLength: Octets = 0;
  /** The quoted payload, at least 8 octets, begins at bytes[payloadStart] of the message and goes to its end. */
  payloadStart = 0;
}

/** One message. Records are reused: copy what must outlive the call. */
export class IcmpMessage {
  /** `ICMP_ECHO`, `ICMP_ECHO_REPLY`, or one of the errors: `ICMP_UNREACHABLE`, `ICMP_TIME_EXCEEDED` … */
  type = ICMP_ECHO;
  code = 0;
  /** Of an echo. */
  id = 0;
  /** Of an echo. */
  sequence = 0;
  /** Of the next hop, when fragmentation was needed; 0 = not given, by routers older than RFC 1191. */
  mtu: Octets = 0;
  /** The body is bytes[bodyStart, bodyEnd): an echo's data, or of an error the packet it is about. */
  bytes: Uint8Array = new Uint8Array(0);
  bodyStart = 0;
  bodyEnd = 0;
  /** Of an error that was parsed. */
  readonly quote = new Quote();
}

/**
 * Read the message bytes[start, end) and verify its checksum.
 *
 * @param into filled, its body by reference to `bytes`; holds nothing of use when the message is malformed
 * @returns null when it is good; types other than echo and the four errors are `unsupported`
 * @rfc 792; 1191 4
 */
export function parseIcmp(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: IcmpMessage,
): Malformed | null {
  if (end - start < ICMP_HEADER_LENGTH) return TRUNCATED;
  if (checksum(bytes, start, end, 0) !== 0xffff) return BAD_CHECKSUM;
  const view = viewOf(bytes);
  const type = view.getUint8(start);
  const code = view.getUint8(start + 1);
  const echo = isEcho(type);
  if (!echo && !isError(type)) return UNSUPPORTED_TYPE;
  into.type = type;
  into.code = code;
  into.id = echo ? view.getUint16(start + ID) : 0;
  into.sequence = echo ? view.getUint16(start + SEQUENCE) : 0;
  into.mtu = hasMtu(type, code) ? view.getUint16(start + MTU) : 0;
  into.bytes = bytes;
  into.bodyStart = start + ICMP_HEADER_LENGTH;
  into.bodyEnd = end;
  return echo ? null : parseQuote(view, into.bodyStart, end, into.quote);
}

/** The quoted header's lengths and checksum are those of the whole packet, or a router's leavings: not judged. */
function parseQuote(view: DataView, start: number, end: number, into: Quote): Malformed | null {
  if (end - start < IPV4_HEADER_LENGTH) return TRUNCATED_QUOTE;
  const first = view.getUint8(start);
  const headerLength = (first & 0xf) * 4;
  if (first >>> 4 !== 4 || headerLength < IPV4_HEADER_LENGTH) return UNSUPPORTED_QUOTE;
  if (end - start < headerLength + QUOTED_PAYLOAD) return TRUNCATED_QUOTE;
  // A later fragment begins with data, not with ports.
  if ((view.getUint16(start + 6) & 0x1fff) !== 0) return UNSUPPORTED_QUOTE;
  into.totalLength = view.getUint16(start + 2);
  into.protocol = view.getUint8(start + 9);
  into.source.setIpv4(view.getInt32(start + 12));
  into.destination.setIpv4(view.getInt32(start + 16));
  into.payloadStart = start + headerLength;
  return null;
}

/**
 * Write the message at `start`, checksum included. To answer an echo, change the type of the parsed message and write
 * it. Of an error the body may be the whole packet: the quotation ends after its header and 8 octets.
 *
 * @returns octets written
 * @rfc 792; 1122 3.2.2
 */
export function writeIcmp(message: IcmpMessage, into: Uint8Array, start: number): Octets {
  const { type, code, bytes, bodyStart } = message;
  const echo = isEcho(type);
  const bodyEnd = echo ? message.bodyEnd : quoteEnd(message);
  into.set(bytes.subarray(bodyStart, bodyEnd), start + ICMP_HEADER_LENGTH);
  const end = start + ICMP_HEADER_LENGTH + bodyEnd - bodyStart;
  const view = viewOf(into);
  view.setUint8(start, type);
  view.setUint8(start + 1, code);
  view.setUint16(start + CHECKSUM, 0);
  view.setUint16(start + ID, echo ? message.id : 0);
  view.setUint16(start + SEQUENCE, echo ? message.sequence : 0);
  if (hasMtu(type, code)) view.setUint16(start + MTU, message.mtu);
  view.setUint16(start + CHECKSUM, ~checksum(into, start, end, 0) & 0xffff);
  return end - start;
}

function quoteEnd({ bytes, bodyStart, bodyEnd }: IcmpMessage): number {
  const headerLength = bodyStart < bodyEnd ? (viewOf(bytes).getUint8(bodyStart) & 0xf) * 4 : 0;
  return Math.min(bodyEnd, bodyStart + headerLength + QUOTED_PAYLOAD);
}

function isEcho(type: number): boolean {
  return type === ICMP_ECHO || type === ICMP_ECHO_REPLY;
}

function isError(type: number): boolean {
  return (
    type === ICMP_UNREACHABLE ||
    type === ICMP_TIME_EXCEEDED ||
    type === ICMP_PARAMETER_PROBLEM ||
    type === ICMP_SOURCE_QUENCH
  );
}

function hasMtu(type: number, code: number): boolean {
  return type === ICMP_UNREACHABLE && code === ICMP_FRAGMENTATION_NEEDED;
}
