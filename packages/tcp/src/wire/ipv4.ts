/** IPv4 headers: read with the checksum verified, written with it filled in. Options are skipped, fragments told apart. */
import { MisuseError } from '../misuse-error.ts';
import type { Octets } from '../units.ts';
import { Address } from './address.ts';
import { viewOf } from './byte-view.ts';
import { checksum, foldChecksum } from './checksum.ts';
import { malformed } from './malformed.ts';
import type { Malformed } from './malformed.ts';

/** Of a header without options, the only kind that is written. */
export const IPV4_HEADER_LENGTH: Octets = 20;
const HEADER_LENGTH = 20;

export const PROTOCOL_ICMP = 1;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;

const TOTAL_LENGTH = 2;
const IDENTIFICATION = 4;
const FLAGS = 6;
const TIME_TO_LIVE = 8;
const CHECKSUM = 10;
const SOURCE = 12;
const DESTINATION = 16;

const DONT_FRAGMENT = 0x4000;
/** "More fragments" or an offset: this is one piece of a packet. */
const FRAGMENT = 0x3fff;
const MORE_FRAGMENTS = 0x2000;
/** The offset counts pieces of 8 octets. */
const FRAGMENT_OFFSET = 0x1fff;

const TRUNCATED = malformed('ipv4', 'truncated', 0);
const UNSUPPORTED_VERSION = malformed('ipv4', 'unsupported', 0);
const BAD_HEADER_LENGTH = malformed('ipv4', 'bad-length', 0);
const BAD_TOTAL_LENGTH = malformed('ipv4', 'bad-length', TOTAL_LENGTH);
const TRUNCATED_PAYLOAD = malformed('ipv4', 'truncated', TOTAL_LENGTH);
/** A fragment, whose header was read all the same: it holds a part of a packet, and seldom what a transport expects. */
export const IPV4_FRAGMENT = malformed('ipv4', 'unsupported', FLAGS);
const BAD_CHECKSUM = malformed('ipv4', 'bad-checksum', CHECKSUM);

/** A packet's header, and where its payload lies. Records are reused: copy what must outlive the call. */
export class Ipv4Header {
  /** The type-of-service octet: six bits of DSCP, two of ECN. @rfc 2474 3; 3168 5 */
  typeOfService = 0;
  id = 0;
  dontFragment = false;
  /** Of a fragment: more of them follow. */
  moreFragments = false;
  /** Of a fragment: where its payload belongs in that of the packet. */
  fragmentOffset: Octets = 0;
  ttl = 0;
  protocol = 0;
  readonly source = new Address();
  readonly destination = new Address();
  /** The payload is bytes[payloadStart, payloadEnd), without the padding of a short Ethernet frame. */
  payloadStart = 0;
  payloadEnd = 0;
}

/**
 * Read the packet bytes[start, end), which may have padding after it.
 *
 * @param into filled; holds nothing of use when the packet is malformed, but for a fragment
 * @returns null when it is good; a fragment is `IPV4_FRAGMENT`, so that nobody reads a TCP header where there is none
 * @rfc 791 3.1; 1122 3.2.1
 */
export function parseIpv4(bytes: Uint8Array, start: number, end: number, into: Ipv4Header): Malformed | null {
  if (end - start < HEADER_LENGTH) return TRUNCATED;
  const view = viewOf(bytes);
  const first = view.getInt32(start);
  if (first >>> 28 !== 4) return UNSUPPORTED_VERSION;
  const headerLength = (first >>> 22) & 0x3c;
  if (headerLength < HEADER_LENGTH) return BAD_HEADER_LENGTH;
  if (headerLength > end - start) return TRUNCATED;
  const totalLength = first & 0xffff;
  if (totalLength < headerLength) return BAD_TOTAL_LENGTH;
  if (totalLength > end - start) return TRUNCATED_PAYLOAD;

  const second = view.getInt32(start + IDENTIFICATION);
  const third = view.getInt32(start + TIME_TO_LIVE);
  const source = view.getInt32(start + SOURCE);
  const destination = view.getInt32(start + DESTINATION);
  let sum = headerSum(first, second, third, source, destination);
  if (headerLength > HEADER_LENGTH) {
    sum = checksum(bytes, start + HEADER_LENGTH, start + headerLength, sum);
  }
  if (sum !== 0xffff) return BAD_CHECKSUM;

  into.typeOfService = (first >>> 16) & 0xff;
  into.id = second >>> 16;
  into.dontFragment = (second & DONT_FRAGMENT) !== 0;
  into.ttl = third >>> 24;
  into.protocol = (third >>> 16) & 0xff;
  into.source.setIpv4(source);
  into.destination.setIpv4(destination);
  into.payloadStart = start + headerLength;
  into.payloadEnd = start + totalLength;
  if ((second & FRAGMENT) === 0) return null;
  into.moreFragments = (second & MORE_FRAGMENTS) !== 0;
  into.fragmentOffset = (second & FRAGMENT_OFFSET) * 8;
  return IPV4_FRAGMENT;
}

/**
 * Make `packet`, whose header was a fragment's, a whole packet: length, flags and checksum are put right.
 *
 * @rfc 791 3.2
 */
export function restoreIpv4(packet: Uint8Array, length: Octets): void {
  const view = viewOf(packet);
  view.setUint16(TOTAL_LENGTH, packet.length);
  view.setUint16(FLAGS, 0);
  view.setUint16(CHECKSUM, 0);
  view.setUint16(CHECKSUM, ~checksum(packet, 0, length, 0) & 0xffff);
}

/**
 * Write a header without options at `start`, checksum included; the payload follows by the caller.
 *
 * @param payloadLength octets that follow the header, at most 65,515
 * @returns octets written, always 20
 * @throws MisuseError `packet-too-long` when the length field cannot hold it
 * @rfc 791 3.1
 */
export function writeIpv4(
  header: Ipv4Header,
  into: Uint8Array,
  start: number,
  payloadLength: Octets,
): Octets {
  const totalLength = HEADER_LENGTH + payloadLength;
  if (totalLength > 0xffff) {
    throw new MisuseError('packet-too-long', `${payloadLength} octets do not fit into one IPv4 packet`);
  }
  const view = viewOf(into);
  const first = 0x45000000 | ((header.typeOfService & 0xff) << 16) | totalLength;
  const second = (header.id << 16) | (header.dontFragment ? DONT_FRAGMENT : 0);
  const third = (header.ttl << 24) | ((header.protocol & 0xff) << 16);
  const source = header.source.w3;
  const destination = header.destination.w3;
  const sum = headerSum(first, second, third, source, destination);
  view.setInt32(start, first);
  view.setInt32(start + IDENTIFICATION, second);
  view.setInt32(start + TIME_TO_LIVE, third | (~sum & 0xffff));
  view.setInt32(start + SOURCE, source);
  view.setInt32(start + DESTINATION, destination);
  return HEADER_LENGTH;
}

/** The checksum's sum of the five words of a bare header, which are in registers already. */
function headerSum(a: number, b: number, c: number, d: number, e: number): number {
  const lows = (a & 0xffff) + (b & 0xffff) + (c & 0xffff) + (d & 0xffff) + (e & 0xffff);
  return foldChecksum(lows + (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16) + (e >>> 16));
}
