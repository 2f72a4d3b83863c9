/** IPv6 headers, and the extension headers between them and what a packet carries. @rfc 8200 */
import { MisuseError } from '../misuse-error.ts';
import type { Octets } from '../units.ts';
import { Address } from './address.ts';
import { viewOf } from './byte-view.ts';
import { malformed } from './malformed.ts';
import type { Malformed } from './malformed.ts';

/** Of a header without extensions, the only kind that is written. */
export const IPV6_HEADER_LENGTH: Octets = 40;
const HEADER_LENGTH = 40;

export const PROTOCOL_ICMPV6 = 58;
/** What a packet carries that is one fragment of another: a fragment header, and then a piece. @rfc 8200 4.5 */
export const PROTOCOL_IPV6_FRAGMENT = 44;
const HOP_BY_HOP = 0;
const ROUTING = 43;
const DESTINATION_OPTIONS = 60;

const PAYLOAD_LENGTH = 4;
const NEXT_HEADER = 6;
const HOP_LIMIT = 7;
const SOURCE = 8;
const DESTINATION = 24;

/** Extension headers are whole units of eight octets. */
const UNIT = 8;
const SEGMENTS_LEFT = 3;
/** "More fragments" and the offset, in a fragment header's second word. */
const FRAGMENT_BITS = 0xfff9;

const PAD1 = 0;

const TRUNCATED = malformed('ipv6', 'truncated', 0);
const UNSUPPORTED_VERSION = malformed('ipv6', 'unsupported', 0);
const TRUNCATED_PAYLOAD = malformed('ipv6', 'truncated', PAYLOAD_LENGTH);
/** Where an extension header stands is known to the caller by its length alone: all are told of in one way. */
const TRUNCATED_EXTENSION = malformed('ipv6', 'truncated', HEADER_LENGTH);
const BAD_EXTENSION = malformed('ipv6', 'bad-length', HEADER_LENGTH);
const UNSUPPORTED_EXTENSION = malformed('ipv6', 'unsupported', HEADER_LENGTH);

/** A packet's header, and where its payload lies. Records are reused: copy what must outlive the call. */
export class Ipv6Header {
  /** Six bits of DSCP, two of ECN. @rfc 2474 3; 3168 5 */
  trafficClass = 0;
  flowLabel = 0;
  hopLimit = 0;
  /** What the payload is: the next header of the last extension header. */
  protocol = 0;
  readonly source = new Address();
  readonly destination = new Address();
  /** The payload is bytes[payloadStart, payloadEnd), behind extension headers, without an Ethernet frame's padding. */
  payloadStart = 0;
  payloadEnd = 0;
}

/**
 * Read the packet bytes[start, end), which may have padding after it. Extension headers that ask nothing of a host are
 * skipped. At a fragment header reading stops: the payload is then that header and what follows, unless it is the only
 * fragment.
 *
 * @param into filled; holds nothing of use when the packet is malformed
 * @returns null when it is good; a route still to go, and options that may not be skipped, are `unsupported`
 * @rfc 8200 3, 4, 4.2, 4.4; 6946 4; 5095 3
 */
export function parseIpv6(bytes: Uint8Array, start: number, end: number, into: Ipv6Header): Malformed | null {
  if (end - start < HEADER_LENGTH) return TRUNCATED;
  const view = viewOf(bytes);
  const first = view.getInt32(start);
  if (first >>> 28 !== 6) return UNSUPPORTED_VERSION;
  const payloadEnd = start + HEADER_LENGTH + view.getUint16(start + PAYLOAD_LENGTH);
  if (payloadEnd > end) return TRUNCATED_PAYLOAD;
  into.trafficClass = (first >>> 20) & 0xff;
  into.flowLabel = first & 0xfffff;
  into.hopLimit = view.getUint8(start + HOP_LIMIT);
  into.protocol = view.getUint8(start + NEXT_HEADER);
  readIpv6Address(view, start + SOURCE, into.source);
  readIpv6Address(view, start + DESTINATION, into.destination);
  into.payloadStart = start + HEADER_LENGTH;
  into.payloadEnd = payloadEnd;
  return skipExtensions(view, into);
}

/** Go on from the end of the IPv6 header, with its next header as `protocol`, to what is no extension header. */
export function skipExtensions(view: DataView, ip: Ipv6Header): Malformed | null {
  // Only the first may be for every hop. RFC 8200 §4.1.
  let mayBeHopByHop = true;
  for (;;) {
    const at = ip.payloadStart;
    const kind = ip.protocol;
    if (kind === HOP_BY_HOP && !mayBeHopByHop) return UNSUPPORTED_EXTENSION;
    const isFragment = kind === PROTOCOL_IPV6_FRAGMENT;
    if (!isFragment && kind !== HOP_BY_HOP && kind !== ROUTING && kind !== DESTINATION_OPTIONS) return null;
    mayBeHopByHop = false;
    if (at + UNIT > ip.payloadEnd) return TRUNCATED_EXTENSION;
    // A packet that is its own only fragment is whole, whatever else has its identification. RFC 6946 §4.
    if (isFragment && (view.getUint16(at + 2) & FRAGMENT_BITS) !== 0) return null;
    const next = isFragment ? at + UNIT : at + UNIT + view.getUint8(at + 1) * UNIT;
    if (next > ip.payloadEnd) return TRUNCATED_EXTENSION;
    if (kind === ROUTING && view.getUint8(at + SEGMENTS_LEFT) !== 0) return UNSUPPORTED_EXTENSION;
    const bad = kind === HOP_BY_HOP || kind === DESTINATION_OPTIONS ? checkOptions(view, at + 2, next) : null;
    if (bad !== null) return bad;
    ip.protocol = view.getUint8(at);
    ip.payloadStart = next;
  }
}

/** Whether every option may be skipped by those who do not know it: its type's two highest bits say so. @rfc 8200 4.2 */
function checkOptions(view: DataView, start: number, end: number): Malformed | null {
  for (let at = start; at < end;) {
    const type = view.getUint8(at);
    if (type === PAD1) {
      at += 1;
      continue;
    }
    if (at + 2 > end || at + 2 + view.getUint8(at + 1) > end) return BAD_EXTENSION;
    if (type >>> 6 !== 0) return UNSUPPORTED_EXTENSION;
    at += 2 + view.getUint8(at + 1);
  }
  return null;
}

/**
 * Write a header without extensions at `start`; the payload follows by the caller.
 *
 * @param payloadLength octets that follow the header, at most 65,535
 * @returns octets written, always 40
 * @throws MisuseError `packet-too-long` when the length field cannot hold it
 * @rfc 8200 3
 */
export function writeIpv6(
  header: Ipv6Header,
  into: Uint8Array,
  start: number,
  payloadLength: Octets,
): Octets {
  if (payloadLength > 0xffff) {
    throw new MisuseError('packet-too-long', `${payloadLength} octets do not fit into one IPv6 packet`);
  }
  const view = viewOf(into);
  view.setInt32(start, (6 << 28) | ((header.trafficClass & 0xff) << 20) | (header.flowLabel & 0xfffff));
  const rest = ((header.protocol & 0xff) << 8) | (header.hopLimit & 0xff);
  view.setInt32(start + PAYLOAD_LENGTH, (payloadLength << 16) | rest);
  writeIpv6Address(header.source, view, start + SOURCE);
  writeIpv6Address(header.destination, view, start + DESTINATION);
  return HEADER_LENGTH;
}

/** Read the sixteen octets at `at`. */
export function readIpv6Address(view: DataView, at: number, into: Address): void {
  into.setIpv6(view.getInt32(at), view.getInt32(at + 4), view.getInt32(at + 8), view.getInt32(at + 12));
}

/** Write sixteen octets at `at`. */
export function writeIpv6Address(address: Readonly<Address>, view: DataView, at: number): void {
  view.setInt32(at, address.w0);
  view.setInt32(at + 4, address.w1);
  view.setInt32(at + 8, address.w2);
  view.setInt32(at + 12, address.w3);
}
