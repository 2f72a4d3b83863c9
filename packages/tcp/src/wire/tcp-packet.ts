/**
 * The packet that nearly all are, in one pass: IPv4 without options and TCP, both checksums verified or filled in.
 *
 * Layer by layer the same costs three or four calls, and the header words are fetched twice, for their fields and for a
 * checksum; on a bare ACK that doubles the time. What is different from the common packet, or wrong, is left to the
 * layers' own parsers, which also say what it is.
 */
import { MisuseError } from '../misuse-error.ts';
import type { Octets, Seq } from '../units.ts';
import { viewOf } from './byte-view.ts';
import { checksum, foldChecksum } from './checksum.ts';
import type { Ipv4Header } from './ipv4.ts';
import type { Segment } from './segment.ts';
import { copyPayload, headerLength, parseOptions, writeOptions } from './tcp.ts';

// Offsets in the packet.
const IDENTIFICATION = 4;
const TIME_TO_LIVE = 8;
const SOURCE = 12;
const DESTINATION = 16;
const TCP = 20;
const SEQ = 24;
const ACK = 28;
const OFFSET_FLAGS_WINDOW = 32;
const CHECKSUM = 36;
const OPTIONS = 40;

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
  if (end - start < OPTIONS) return false;
  const view = viewOf(bytes);
  const first = view.getInt32(start);
  const totalLength = first & 0xffff;
  if (first >>> 24 !== WITHOUT_OPTIONS || totalLength < OPTIONS || totalLength > end - start) return false;
  const id = view.getInt32(start + IDENTIFICATION);
  const ttl = view.getInt32(start + TIME_TO_LIVE);
  if ((id & FRAGMENT) !== 0 || ((ttl >>> 16) & 0xff) !== PROTOCOL_TCP) return false;
  const source = view.getInt32(start + SOURCE);
  const destination = view.getInt32(start + DESTINATION);
  const addresses = halves(source) + halves(destination);
  if (!isWhole(halves(first) + halves(id) + halves(ttl) + addresses)) return false;

  const packetEnd = start + totalLength;
  ipv4.typeOfService = (first >>> 16) & 0xff;
  ipv4.id = id >>> 16;
  ipv4.dontFragment = (id & DONT_FRAGMENT) !== 0;
  ipv4.ttl = ttl >>> 24;
  ipv4.protocol = PROTOCOL_TCP;
  ipv4.source.setIpv4(source);
  ipv4.destination.setIpv4(destination);
  ipv4.payloadStart = start + TCP;
  ipv4.payloadEnd = packetEnd;

  const ports = view.getInt32(start + TCP);
  const seq = view.getUint32(start + SEQ);
  const ack = view.getUint32(start + ACK);
  const flags = view.getInt32(start + OFFSET_FLAGS_WINDOW);
  const up = view.getInt32(start + CHECKSUM);
  const payloadStart = start + TCP + ((flags >>> 26) & 0x3c);
  if (payloadStart < start + OPTIONS || payloadStart > packetEnd) return false;
  const pseudo = addresses + PROTOCOL_TCP + totalLength - TCP;
  const sum = pseudo + halves(ports) + halves(seq) + halves(ack) + halves(flags) + halves(up);
  if (totalLength === OPTIONS) {
    if (!isWhole(sum)) return false;
  } else if (checksum(bytes, start + OPTIONS, packetEnd, sum) !== 0xffff) return false;

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
  segment.payloadEnd = packetEnd;
  segment.clearOptions();
  if (payloadStart === start + OPTIONS) return true;
  return parseOptions(view, start + TCP, payloadStart, segment) === null;
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
  const payloadLength = segment.payloadEnd - segment.payloadStart;
  const totalLength = TCP + header + payloadLength;
  const options = start + OPTIONS;
  const end = start + totalLength;
  const view = viewOf(into);
  if (totalLength > 0xffff || end > into.length) throw doesNotFit(totalLength, into.length - start);
  // The payload first: it may lie in `into` itself, where the headers are about to be.
  if (payloadLength > 0) copyPayload(segment, into, start + TCP + header);
  if (start + TCP + header > options) writeOptions(segment, view, start + TCP);

  const first = (WITHOUT_OPTIONS << 24) | ((ipv4.typeOfService & 0xff) << 16) | totalLength;
  const id = (ipv4.id << 16) | (ipv4.dontFragment ? DONT_FRAGMENT : 0);
  const ttl = (ipv4.ttl << 24) | (PROTOCOL_TCP << 16);
  const source = ipv4.source.w3;
  const destination = ipv4.destination.w3;
  const addresses = halves(source) + halves(destination);
  const headerSum = foldChecksum(halves(first) + halves(id) + (ttl >>> 16) + addresses);

  const ports = (segment.sourcePort << 16) | (segment.destinationPort & 0xffff);
  const { seq, ack } = segment;
  const flags = (header << 26) | ((segment.flags & 0xff) << 16) | (segment.wnd & 0xffff);
  const up = segment.up & 0xffff;
  const pseudo = addresses + PROTOCOL_TCP + totalLength - TCP;
  const words = pseudo + halves(ports) + halves(seq) + halves(ack) + halves(flags) + up;
  const sum = end > options ? checksum(into, options, end, words) : foldChecksum(words);

  view.setInt32(start, first);
  view.setInt32(start + IDENTIFICATION, id);
  view.setInt32(start + TIME_TO_LIVE, ttl | (~headerSum & 0xffff));
  view.setInt32(start + SOURCE, source);
  view.setInt32(start + DESTINATION, destination);
  view.setInt32(start + TCP, ports);
  view.setUint32(start + SEQ, seq);
  view.setUint32(start + ACK, ack);
  view.setInt32(start + OFFSET_FLAGS_WINDOW, flags);
  view.setInt32(start + CHECKSUM, (~sum << 16) | up);
  return totalLength;
}

/** Whether a sum, its carries not brought round, is the 0xffff of a good checksum. A header's sum is never 0. */
function isWhole(sum: number): boolean {
  return sum % 0xffff === 0;
}

function halves(word: number): number {
  return (word >>> 16) + (word & 0xffff);
}

function doesNotFit(totalLength: Octets, room: Octets): MisuseError {
  return totalLength > 0xffff
    ? new MisuseError('packet-too-long', `${totalLength} octets do not fit into one IPv4 packet`)
    : new MisuseError('no-room', `a packet of ${totalLength} octets does not fit into ${room}`);
}
