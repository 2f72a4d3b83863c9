/**
 * The packet that nearly all are, in one pass: IP without options or extensions, and TCP, checksums verified or filled in.
 *
 * Layer by layer the same costs three or four calls, and the header words are fetched twice, for their fields and for a
 * checksum; on a bare ACK that doubles the time. What is different from the common packet, or wrong, is left to the
 * layers' own parsers, which also say what it is.
 */
import { MisuseError } from '../misuse-error.ts';
import type { Octets, Seq } from '../units.ts';
import type { Address } from './address.ts';
import { viewOf } from './byte-view.ts';
import { checksum, foldChecksum } from './checksum.ts';
import type { Ipv4Header } from './ipv4.ts';
import { readIpv6Address, writeIpv6Address, type Ipv6Header } from './ipv6.ts';
import type { Segment } from './segment.ts';
import { copyPayload, headerLength, parseOptions, writeOptions } from './tcp.ts';

// Offsets in the packet of IPv4.
const IDENTIFICATION = 4;
const TIME_TO_LIVE = 8;
const SOURCE = 12;
const DESTINATION = 16;
const TCP_IN_IPV4 = 20;
// In that of IPv6.
const LENGTH_AND_LIMIT = 4;
const IPV6_SOURCE = 8;
const IPV6_DESTINATION = 24;
const TCP_IN_IPV6 = 40;
// In the segment.
const SEQ = 4;
const ACK = 8;
const OFFSET_FLAGS_WINDOW = 12;
const CHECKSUM = 16;
const OPTIONS = 20;

/** Version 4 and five words of header, above the type of service and the total length. */
const WITHOUT_OPTIONS = 0x45;
const PROTOCOL_TCP = 6;
const DONT_FRAGMENT = 0x4000;
const FRAGMENT = 0x3fff;

/**
 * Read the packet bytes[start, end) if it is the common one; padding may follow it.
 *
 * @param ipv4 filled as `parseIpv4` would; holds nothing of use when false
 * @param segment filled as `parseSegment` would; holds nothing of use when false
 * @returns false when the packet is of another kind or malformed: read it layer by layer
 * @rfc 791 3.1; 9293 3.1 MUST-3
 */
export function parseTcpPacket(
  bytes: Uint8Array,
  start: number,
  end: number,
  ipv4: Ipv4Header,
  segment: Segment,
): boolean {
  if (end - start < TCP_IN_IPV4 + OPTIONS) return false;
  const view = viewOf(bytes);
  const first = view.getInt32(start);
  const packetEnd = start + (first & 0xffff);
  if (first >>> 24 !== WITHOUT_OPTIONS || packetEnd > end) return false;
  const id = view.getInt32(start + IDENTIFICATION);
  const ttl = view.getInt32(start + TIME_TO_LIVE);
  if ((id & FRAGMENT) !== 0 || ((ttl >>> 16) & 0xff) !== PROTOCOL_TCP) return false;
  const source = view.getInt32(start + SOURCE);
  const destination = view.getInt32(start + DESTINATION);
  const addresses = halves(source) + halves(destination);
  if (!isWhole(halves(first) + halves(id) + halves(ttl) + addresses)) return false;

  ipv4.typeOfService = (first >>> 16) & 0xff;
  ipv4.id = id >>> 16;
  ipv4.dontFragment = (id & DONT_FRAGMENT) !== 0;
  ipv4.ttl = ttl >>> 24;
  ipv4.protocol = PROTOCOL_TCP;
  ipv4.source.setIpv4(source);
  ipv4.destination.setIpv4(destination);
  ipv4.payloadStart = start + TCP_IN_IPV4;
  ipv4.payloadEnd = packetEnd;
  return readSegment(bytes, view, start + TCP_IN_IPV4, packetEnd, addresses, segment);
}

/**
 * The same for IPv6.
 *
 * @param ipv6 filled as `parseIpv6` would; holds nothing of use when false
 * @returns false when the packet is of another kind or malformed: read it layer by layer
 * @rfc 8200 3, 8.1; 9293 3.1 MUST-3
 */
export function parseTcpIpv6Packet(
  bytes: Uint8Array,
  start: number,
  end: number,
  ipv6: Ipv6Header,
  segment: Segment,
): boolean {
  if (end - start < TCP_IN_IPV6 + OPTIONS) return false;
  const view = viewOf(bytes);
  const first = view.getInt32(start);
  const second = view.getInt32(start + LENGTH_AND_LIMIT);
  const packetEnd = start + TCP_IN_IPV6 + (second >>> 16);
  if (first >>> 28 !== 6 || ((second >>> 8) & 0xff) !== PROTOCOL_TCP || packetEnd > end) return false;
  const { source, destination } = ipv6;
  readIpv6Address(view, start + IPV6_SOURCE, source);
  readIpv6Address(view, start + IPV6_DESTINATION, destination);

  ipv6.trafficClass = (first >>> 20) & 0xff;
  ipv6.flowLabel = first & 0xfffff;
  ipv6.hopLimit = second & 0xff;
  ipv6.protocol = PROTOCOL_TCP;
  ipv6.payloadStart = start + TCP_IN_IPV6;
  ipv6.payloadEnd = packetEnd;
  const addresses = addressSum(source) + addressSum(destination);
  return readSegment(bytes, view, start + TCP_IN_IPV6, packetEnd, addresses, segment);
}

/**
 * Read the segment bytes[start, end).
 *
 * @param addresses the sum of both addresses, carries not brought round
 */
function readSegment(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  addresses: number,
  segment: Segment,
): boolean {
  const length = end - start;
  if (length < OPTIONS) return false;
  const ports = view.getInt32(start);
  const seq = view.getUint32(start + SEQ);
  const ack = view.getUint32(start + ACK);
  const flags = view.getInt32(start + OFFSET_FLAGS_WINDOW);
  const up = view.getInt32(start + CHECKSUM);
  const payloadStart = start + ((flags >>> 26) & 0x3c);
  if (payloadStart < start + OPTIONS || payloadStart > end) return false;
  const pseudo = addresses + PROTOCOL_TCP + length;
  const sum = pseudo + halves(ports) + halves(seq) + halves(ack) + halves(flags) + halves(up);
  if (length === OPTIONS) {
    if (!isWhole(sum)) return false;
  } else if (checksum(bytes, start + OPTIONS, end, sum) !== 0xffff) return false;

  segment.sourcePort = ports >>> 16;
  segment.destinationPort = ports & 0xffff;
  segment.seq = seq as Seq;
  segment.ack = ack as Seq;
  segment.flags = (flags >>> 16) & 0xff;
  segment.wnd = flags & 0xffff;
  segment.up = up & 0xffff;
  // Mostly it is the slab of the packet before, and storing a reference is dear: the collector wants to know.
  if (segment.bytes !== bytes) segment.bytes = bytes;
  segment.payloadStart = payloadStart;
  segment.payloadEnd = end;
  segment.clearOptions();
  if (payloadStart === start + OPTIONS) return true;
  return parseOptions(view, start, payloadStart, segment) === null;
}

/**
 * Write the whole packet at `start`, checksums included: what `writeIpv4`, `writeSegment` and `fillChecksum` would write.
 * The protocol is TCP, whatever the header's record says.
 *
 * @returns octets written
 * @throws MisuseError `no-room` when `into` ends before the packet does, `packet-too-long` when IPv4 cannot carry it
 * @rfc 791 3.1; 9293 3.1 MUST-2
 */
export function writeTcpPacket(ipv4: Ipv4Header, segment: Segment, into: Uint8Array, start: number): Octets {
  const header = headerLength(segment);
  const totalLength = TCP_IN_IPV4 + header + segment.payloadEnd - segment.payloadStart;
  const view = viewOf(into);
  if (totalLength > 0xffff || start + totalLength > into.length) {
    throw doesNotFit(totalLength, 0xffff, into.length - start);
  }
  const source = ipv4.source.w3;
  const destination = ipv4.destination.w3;
  const addresses = halves(source) + halves(destination);
  putSegment(segment, header, into, view, start + TCP_IN_IPV4, addresses);

  const first = (WITHOUT_OPTIONS << 24) | ((ipv4.typeOfService & 0xff) << 16) | totalLength;
  const id = (ipv4.id << 16) | (ipv4.dontFragment ? DONT_FRAGMENT : 0);
  const ttl = (ipv4.ttl << 24) | (PROTOCOL_TCP << 16);
  const headerSum = foldChecksum(halves(first) + halves(id) + (ttl >>> 16) + addresses);
  view.setInt32(start, first);
  view.setInt32(start + IDENTIFICATION, id);
  view.setInt32(start + TIME_TO_LIVE, ttl | (~headerSum & 0xffff));
  view.setInt32(start + SOURCE, source);
  view.setInt32(start + DESTINATION, destination);
  return totalLength;
}

/**
 * The same for IPv6.
 *
 * @returns octets written
 * @throws MisuseError `no-room` when `into` ends before the packet does, `packet-too-long` when IPv6 cannot carry it
 * @rfc 8200 3, 8.1; 9293 3.1 MUST-2
 */
export function writeTcpIpv6Packet(
  ipv6: Ipv6Header,
  segment: Segment,
  into: Uint8Array,
  start: number,
): Octets {
  const header = headerLength(segment);
  const length = header + segment.payloadEnd - segment.payloadStart;
  const totalLength = TCP_IN_IPV6 + length;
  const view = viewOf(into);
  if (length > 0xffff || start + totalLength > into.length) {
    throw doesNotFit(totalLength, TCP_IN_IPV6 + 0xffff, into.length - start);
  }
  const { source, destination } = ipv6;
  const addresses = addressSum(source) + addressSum(destination);
  putSegment(segment, header, into, view, start + TCP_IN_IPV6, addresses);

  view.setInt32(start, (6 << 28) | ((ipv6.trafficClass & 0xff) << 20) | (ipv6.flowLabel & 0xfffff));
  view.setInt32(start + LENGTH_AND_LIMIT, (length << 16) | (PROTOCOL_TCP << 8) | (ipv6.hopLimit & 0xff));
  writeIpv6Address(source, view, start + IPV6_SOURCE);
  writeIpv6Address(destination, view, start + IPV6_DESTINATION);
  return totalLength;
}

/**
 * Write the segment at `start`, where there is room for it.
 *
 * @param header its `headerLength`
 * @param addresses the sum of both addresses, carries not brought round
 */
function putSegment(
  segment: Segment,
  header: Octets,
  into: Uint8Array,
  view: DataView,
  start: number,
  addresses: number,
): void {
  const length = header + segment.payloadEnd - segment.payloadStart;
  // The payload first: it may lie in `into` itself, where the headers are about to be.
  if (length > header) copyPayload(segment, into, start + header);
  if (header > OPTIONS) writeOptions(segment, view, start);

  const ports = (segment.sourcePort << 16) | (segment.destinationPort & 0xffff);
  const { seq, ack } = segment;
  const flags = (header << 26) | ((segment.flags & 0xff) << 16) | (segment.wnd & 0xffff);
  const up = segment.up & 0xffff;
  const pseudo = addresses + PROTOCOL_TCP + length;
  const words = pseudo + halves(ports) + halves(seq) + halves(ack) + halves(flags) + up;
  const sum = length > OPTIONS ? checksum(into, start + OPTIONS, start + length, words) : foldChecksum(words);

  view.setInt32(start, ports);
  view.setUint32(start + SEQ, seq);
  view.setUint32(start + ACK, ack);
  view.setInt32(start + OFFSET_FLAGS_WINDOW, flags);
  view.setInt32(start + CHECKSUM, (~sum << 16) | up);
}

/** Whether a sum, its carries not brought round, is the 0xffff of a good checksum. A header's sum is never 0. */
function isWhole(sum: number): boolean {
  return sum % 0xffff === 0;
}

function halves(word: number): number {
  return (word >>> 16) + (word & 0xffff);
}

function addressSum({ w0, w1, w2, w3 }: Address): number {
  return halves(w0) + halves(w1) + halves(w2) + halves(w3);
}

function doesNotFit(totalLength: Octets, most: Octets, room: Octets): MisuseError {
  return totalLength > most
    ? new MisuseError('packet-too-long', `${totalLength} octets do not fit into one IP packet`)
    : new MisuseError('no-room', `a packet of ${totalLength} octets does not fit into ${room}`);
}
