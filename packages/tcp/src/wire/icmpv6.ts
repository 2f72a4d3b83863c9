/** ICMPv6 messages: echo, and the errors that quote the packet they are about. Neighbour discovery has its own file. @rfc 4443 */
import type { Octets } from '../units.ts';
import type { Address } from './address.ts';
import { viewOf } from './byte-view.ts';
import { checksum, pseudoHeaderSum } from './checksum.ts';
import { ICMP_HEADER_LENGTH, type IcmpMessage, type Quote } from './icmp.ts';
import { IPV6_HEADER_LENGTH, Ipv6Header, PROTOCOL_ICMPV6, readIpv6Address, skipExtensions } from './ipv6.ts';
import { malformed } from './malformed.ts';
import type { Malformed } from './malformed.ts';

export const ICMPV6_UNREACHABLE = 1;
export const ICMPV6_PACKET_TOO_BIG = 2;
export const ICMPV6_TIME_EXCEEDED = 3;
export const ICMPV6_PARAMETER_PROBLEM = 4;
export const ICMPV6_ECHO = 128;
export const ICMPV6_ECHO_REPLY = 129;

/** Of `ICMPV6_UNREACHABLE`. @rfc 4443 3.1 */
export const ICMPV6_PORT_UNREACHABLE = 4;
/** Of `ICMPV6_TIME_EXCEEDED`: fragments were missing. @rfc 4443 3.3 */
export const ICMPV6_REASSEMBLY_TIME_EXCEEDED = 1;

const CHECKSUM = 2;
const ID = 4;
const SEQUENCE = 6;
/** Where a packet-too-big holds the next hop's MTU, in 32 bits. @rfc 4443 3.2 */
const MTU = 4;

/** The whole error fits into the least MTU that every link has. @rfc 4443 2.4 (c) */
const MOST_QUOTED: Octets = 1280 - IPV6_HEADER_LENGTH - ICMP_HEADER_LENGTH;
/** Ports and sequence number. */
const LEAST_PAYLOAD: Octets = 8;

const TRUNCATED = malformed('icmpv6', 'truncated', 0);
const BAD_CHECKSUM = malformed('icmpv6', 'bad-checksum', CHECKSUM);
const UNSUPPORTED_TYPE = malformed('icmpv6', 'unsupported', 0);
const TRUNCATED_QUOTE = malformed('icmpv6', 'truncated', ICMP_HEADER_LENGTH);
const UNSUPPORTED_QUOTE = malformed('icmpv6', 'unsupported', ICMP_HEADER_LENGTH);

/** What the quoted packet says of itself. */
const quoted = new Ipv6Header();

/**
 * Whether the checksum of the message bytes[start, end) is right, which takes in the addresses of its packet.
 *
 * @rfc 4443 2.3
 */
export function isGoodIcmpv6(
  bytes: Uint8Array,
  start: number,
  end: number,
  source: Address,
  destination: Address,
): boolean {
  const pseudo = pseudoHeaderSum(source, destination, PROTOCOL_ICMPV6, end - start);
  return checksum(bytes, start, end, pseudo) === 0xffff;
}

/**
 * Read the message that the packet of `ip` carries, and verify its checksum.
 *
 * @param into filled, its body by reference to `bytes`; types and codes are ICMPv6's; holds nothing of use when malformed
 * @returns null when it is good; types other than echo and the four errors are `unsupported`
 * @rfc 4443 2.1, 2.3, 3, 4
 */
export function parseIcmpv6(bytes: Uint8Array, ip: Ipv6Header, into: IcmpMessage): Malformed | null {
  const { payloadStart: start, payloadEnd: end } = ip;
  if (end - start < ICMP_HEADER_LENGTH) return TRUNCATED;
  if (!isGoodIcmpv6(bytes, start, end, ip.source, ip.destination)) return BAD_CHECKSUM;
  const view = viewOf(bytes);
  const type = view.getUint8(start);
  const echo = isEcho(type);
  if (!echo && (type < ICMPV6_UNREACHABLE || type > ICMPV6_PARAMETER_PROBLEM)) return UNSUPPORTED_TYPE;
  into.type = type;
  into.code = view.getUint8(start + 1);
  into.id = echo ? view.getUint16(start + ID) : 0;
  into.sequence = echo ? view.getUint16(start + SEQUENCE) : 0;
  into.mtu = type === ICMPV6_PACKET_TOO_BIG ? view.getUint32(start + MTU) : 0;
  into.bytes = bytes;
  into.bodyStart = start + ICMP_HEADER_LENGTH;
  into.bodyEnd = end;
  return echo ? null : parseQuote(view, into.bodyStart, end, into.quote);
}

/** The quoted packet may be cut: its length says how long it was. */
function parseQuote(view: DataView, start: number, end: number, into: Quote): Malformed | null {
  if (end - start < IPV6_HEADER_LENGTH) return TRUNCATED_QUOTE;
  if (view.getUint8(start) >>> 4 !== 6) return UNSUPPORTED_QUOTE;
  quoted.protocol = view.getUint8(start + 6);
  quoted.payloadStart = start + IPV6_HEADER_LENGTH;
  quoted.payloadEnd = end;
  if (skipExtensions(view, quoted) !== null) return UNSUPPORTED_QUOTE;
  if (end - quoted.payloadStart < LEAST_PAYLOAD) return TRUNCATED_QUOTE;
  readIpv6Address(view, start + 8, into.source);
  readIpv6Address(view, start + 24, into.destination);
  into.protocol = quoted.protocol;
  into.totalLength = IPV6_HEADER_LENGTH + view.getUint16(start + 4);
  into.payloadStart = quoted.payloadStart;
  return null;
}

/**
 * Write the message at `start`, checksum included. Of an error the body may be the whole packet: as much of it is quoted
 * as fits into 1280 octets.
 *
 * @param source of the packet, as `destination`: the checksum takes them in
 * @returns octets written
 * @rfc 4443 2.1, 2.3, 2.4
 */
export function writeIcmpv6(
  message: IcmpMessage,
  into: Uint8Array,
  start: number,
  source: Address,
  destination: Address,
): Octets {
  const { type, code, bytes, bodyStart } = message;
  const echo = isEcho(type);
  const bodyEnd = echo ? message.bodyEnd : Math.min(message.bodyEnd, bodyStart + MOST_QUOTED);
  into.set(bytes.subarray(bodyStart, bodyEnd), start + ICMP_HEADER_LENGTH);
  const length = ICMP_HEADER_LENGTH + bodyEnd - bodyStart;
  const view = viewOf(into);
  view.setUint8(start, type);
  view.setUint8(start + 1, code);
  if (echo) view.setInt32(start + ID, (message.id << 16) | (message.sequence & 0xffff));
  else view.setUint32(start + MTU, type === ICMPV6_PACKET_TOO_BIG ? message.mtu : 0);
  fillIcmpv6Checksum(into, start, start + length, source, destination);
  return length;
}

/** Put the checksum into a written message. @rfc 4443 2.3 */
export function fillIcmpv6Checksum(
  into: Uint8Array,
  start: number,
  end: number,
  source: Address,
  destination: Address,
): void {
  const view = viewOf(into);
  view.setUint16(start + CHECKSUM, 0);
  const pseudo = pseudoHeaderSum(source, destination, PROTOCOL_ICMPV6, end - start);
  view.setUint16(start + CHECKSUM, ~checksum(into, start, end, pseudo) & 0xffff);
}

function isEcho(type: number): boolean {
  return type === ICMPV6_ECHO || type === ICMPV6_ECHO_REPLY;
}
