/** Neighbour solicitations and advertisements: who has this address, and the answer. @rfc 4861 4.3, 4.4 */
import type { Octets } from '../units.ts';
import { Address, isMulticastAddress } from './address.ts';
import { viewOf } from './byte-view.ts';
import { readMac, writeMac } from './ethernet.ts';
import { fillIcmpv6Checksum, isGoodIcmpv6 } from './icmpv6.ts';
import { isSolicitedNode, isUnspecified } from './ipv6-address.ts';
import { type Ipv6Header, readIpv6Address, writeIpv6Address } from './ipv6.ts';
import { MacAddress } from './mac-address.ts';
import { malformed } from './malformed.ts';
import type { Malformed } from './malformed.ts';

export const NEIGHBOR_SOLICITATION = 135;
export const NEIGHBOR_ADVERTISEMENT = 136;
/** Router solicitation, the first of the five types of neighbour discovery, and redirect, the last. */
const FIRST_TYPE = 133;
const LAST_TYPE = 137;

/** No router sends a packet on with this: who sees it knows that it comes from this link. @rfc 4861 11.2 */
export const DISCOVERY_HOP_LIMIT = 255;

const FLAGS = 4;
const TARGET = 8;
const HEADER_LENGTH: Octets = 24;
const SOLICITED = 0x40;
const OVERRIDE = 0x20;

const SOURCE_LINK_LAYER = 1;
const TARGET_LINK_LAYER = 2;
/** Options are whole units of eight octets; an Ethernet address takes one. */
const UNIT = 8;

const TRUNCATED = malformed('icmpv6', 'truncated', 0);
const UNSUPPORTED = malformed('icmpv6', 'unsupported', 0);
const UNSUPPORTED_CODE = malformed('icmpv6', 'unsupported', 1);
const BAD_CHECKSUM = malformed('icmpv6', 'bad-checksum', 2);
const BAD_TARGET = malformed('icmpv6', 'unsupported', TARGET);
const BAD_OPTION = malformed('icmpv6', 'bad-length', HEADER_LENGTH);
/** Of the packet: it has come through a router, or between addresses that this message is not for. */
const FORGED = malformed('ipv6', 'unsupported', 7);
const BAD_ADDRESSES = malformed('ipv6', 'unsupported', 8);

/** One message. Records are reused: copy what must outlive the call. */
export class NeighborMessage {
  /** `NEIGHBOR_SOLICITATION` or `NEIGHBOR_ADVERTISEMENT`. */
  type = NEIGHBOR_SOLICITATION;
  /** Who is asked for, or who answers. */
  readonly target = new Address();
  /** The sender's Ethernet address in a solicitation, the target's in an advertisement. */
  readonly mac = new MacAddress();
  /** Whether `mac` was there. */
  hasMac = false;
  /** Of an advertisement: it answers a question. */
  solicited = false;
  /** Of an advertisement: it is right where it contradicts what is known. */
  override = false;
}

/** Whether an ICMPv6 message of this type belongs to neighbour discovery, that is to the link. */
export function isNeighborDiscovery(type: number): boolean {
  return type >= FIRST_TYPE && type <= LAST_TYPE;
}

/**
 * Read the message that the packet of `ip` carries, with every check that the RFC asks for.
 *
 * @param into filled; holds nothing of use when the message is malformed
 * @returns null when it is good; what routers say (advertisements, redirects) is `unsupported`
 * @rfc 4861 7.1.1, 7.1.2
 */
export function parseNeighborMessage(
  bytes: Uint8Array,
  ip: Ipv6Header,
  into: NeighborMessage,
): Malformed | null {
  const { payloadStart: start, payloadEnd: end, source, destination } = ip;
  if (ip.hopLimit !== DISCOVERY_HOP_LIMIT) return FORGED;
  if (end - start < HEADER_LENGTH) return TRUNCATED;
  const view = viewOf(bytes);
  const type = view.getUint8(start);
  if (type !== NEIGHBOR_SOLICITATION && type !== NEIGHBOR_ADVERTISEMENT) return UNSUPPORTED;
  if (view.getUint8(start + 1) !== 0) return UNSUPPORTED_CODE;
  if (!isGoodIcmpv6(bytes, start, end, source, destination)) return BAD_CHECKSUM;
  const flags = view.getUint8(start + FLAGS);
  into.type = type;
  into.solicited = (flags & SOLICITED) !== 0;
  into.override = (flags & OVERRIDE) !== 0;
  readIpv6Address(view, start + TARGET, into.target);
  if (isMulticastAddress(into.target)) return BAD_TARGET;
  const bad = parseOptions(view, start + HEADER_LENGTH, end, into);
  if (bad !== null) return bad;
  if (type === NEIGHBOR_ADVERTISEMENT) {
    return into.solicited && isMulticastAddress(destination) ? BAD_ADDRESSES : null;
  }
  // Who has no address yet asks a group, and cannot be answered alone.
  const anonymous = isUnspecified(source);
  return anonymous && (!isSolicitedNode(destination) || into.hasMac) ? BAD_ADDRESSES : null;
}

function parseOptions(view: DataView, start: number, end: number, into: NeighborMessage): Malformed | null {
  const wanted = into.type === NEIGHBOR_SOLICITATION ? SOURCE_LINK_LAYER : TARGET_LINK_LAYER;
  into.hasMac = false;
  for (let at = start; at < end;) {
    const length = at + 1 < end ? view.getUint8(at + 1) * UNIT : 0;
    if (length === 0 || at + length > end) return BAD_OPTION;
    if (view.getUint8(at) === wanted && length === UNIT) {
      readMac(view, at + 2, into.mac);
      into.hasMac = true;
    }
    at += length;
  }
  return null;
}

/**
 * Write the message at `start`, checksum included.
 *
 * @param ip the packet's header, whose addresses the checksum takes in
 * @returns octets written
 * @rfc 4861 4.3, 4.4, 4.6.1
 */
export function writeNeighborMessage(
  message: NeighborMessage,
  ip: Ipv6Header,
  into: Uint8Array,
  start: number,
): Octets {
  const { type, solicited, override, hasMac } = message;
  const view = viewOf(into);
  view.setInt32(start, type << 24);
  view.setInt32(start + FLAGS, ((solicited ? SOLICITED : 0) | (override ? OVERRIDE : 0)) << 24);
  writeIpv6Address(message.target, view, start + TARGET);
  let length = HEADER_LENGTH;
  if (hasMac) {
    view.setUint8(start + length, type === NEIGHBOR_SOLICITATION ? SOURCE_LINK_LAYER : TARGET_LINK_LAYER);
    view.setUint8(start + length + 1, 1);
    writeMac(message.mac, view, start + length + 2);
    length += UNIT;
  }
  fillIcmpv6Checksum(into, start, start + length, ip.source, ip.destination);
  return length;
}
