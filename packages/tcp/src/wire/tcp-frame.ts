/**
 * The frame that nearly all are, in one pass: Ethernet, IPv4 without options, TCP, both checksums.
 *
 * Layer by layer the same costs four or five calls, and the header words are fetched twice, for their fields and for a
 * checksum; on a bare ACK that doubles the time. What is different from the common frame, or wrong, is left to the
 * layers' own parsers, which also say what it is.
 */
import { MisuseError } from '../misuse-error.ts';
import type { Octets, Seq } from '../units.ts';
import { viewOf } from './byte-view.ts';
import { checksum, foldChecksum } from './checksum.ts';
import { EthernetHeader } from './ethernet.ts';
import { Ipv4Header } from './ipv4.ts';
import { Segment } from './segment.ts';
import { copyPayload, headerLength, parseOptions, writeOptions } from './tcp.ts';

/** The records of the three layers, as their own parsers fill them. Reused: copy what must outlive the call. */
export class TcpFrame {
  readonly ethernet = new EthernetHeader();
  readonly ipv4 = new Ipv4Header();
  readonly segment = new Segment();
}

// Offsets in the frame. Words are read where they are of use, not where the layers begin.
const MAC_MIDDLE = 4;
const SOURCE_MAC_END = 8;
/** The EtherType, then the first two octets of the IPv4 header. */
const KIND = 12;
const IPV4 = 14;
const TOTAL_LENGTH = 16;
const IDENTIFICATION = 18;
const TIME_TO_LIVE = 22;
const SOURCE = 26;
const DESTINATION = 30;
const TCP = 34;
const SEQ = 38;
const ACK = 42;
const OFFSET_FLAGS_WINDOW = 46;
const CHECKSUM = 50;
const OPTIONS = 54;

/** EtherType 0x0800, IP version 4, five words of header, and a type of service that may be any. */
const IPV4_WITHOUT_OPTIONS = 0x08004500;
const ETHERTYPE_IPV4 = 0x0800;
const PROTOCOL_TCP = 6;
const IPV4_HEADER_LENGTH = 20;
const DONT_FRAGMENT = 0x4000;
const FRAGMENT = 0x3fff;

/**
 * Read the frame bytes[start, end) if it is the common one.
 *
 * @param into filled as `parseEthernet`, `parseIpv4` and `parseSegment` would; holds nothing of use when false
 * @returns false when the frame is of another kind or malformed: read it layer by layer
 * @rfc 894; 791 3.1; 9293 3.1 MUST-3
 */
export function parseTcpFrame(bytes: Uint8Array, start: number, end: number, into: TcpFrame): boolean {
  if (end - start < OPTIONS) return false;
  const view = viewOf(bytes);
  const kind = view.getInt32(start + KIND);
  if ((kind & ~0xff) !== IPV4_WITHOUT_OPTIONS) return false;
  const totalLength = view.getUint16(start + TOTAL_LENGTH);
  if (totalLength < OPTIONS - IPV4 || totalLength > end - start - IPV4) return false;
  const id = view.getInt32(start + IDENTIFICATION);
  const ttl = view.getInt32(start + TIME_TO_LIVE);
  if ((id & FRAGMENT) !== 0 || ((ttl >>> 16) & 0xff) !== PROTOCOL_TCP) return false;
  const source = view.getInt32(start + SOURCE);
  const destination = view.getInt32(start + DESTINATION);
  const addresses = halves(source) + halves(destination);
  if (!isWhole((kind & 0xffff) + totalLength + halves(id) + halves(ttl) + addresses)) return false;

  const destinationMac = view.getInt32(start);
  const macMiddle = view.getInt32(start + MAC_MIDDLE);
  const sourceMac = view.getInt32(start + SOURCE_MAC_END);
  const payloadEnd = start + IPV4 + totalLength;
  const { ethernet, ipv4 } = into;
  ethernet.destination.high = destinationMac >>> 16;
  ethernet.destination.low = (destinationMac << 16) | (macMiddle >>> 16);
  ethernet.source.high = macMiddle & 0xffff;
  ethernet.source.low = sourceMac;
  ethernet.etherType = ETHERTYPE_IPV4;
  ethernet.payloadStart = start + IPV4;
  ethernet.payloadEnd = end;
  ipv4.typeOfService = kind & 0xff;
  ipv4.id = id >>> 16;
  ipv4.dontFragment = (id & DONT_FRAGMENT) !== 0;
  ipv4.ttl = ttl >>> 24;
  ipv4.protocol = PROTOCOL_TCP;
  ipv4.source.setIpv4(source);
  ipv4.destination.setIpv4(destination);
  ipv4.payloadStart = start + TCP;
  ipv4.payloadEnd = payloadEnd;

  const ports = view.getInt32(start + TCP);
  const seq = view.getUint32(start + SEQ);
  const ack = view.getUint32(start + ACK);
  const flags = view.getInt32(start + OFFSET_FLAGS_WINDOW);
  const up = view.getInt32(start + CHECKSUM);
  const payloadStart = start + TCP + ((flags >>> 26) & 0x3c);
  if (payloadStart < start + OPTIONS || payloadStart > payloadEnd) return false;
  const pseudo = addresses + PROTOCOL_TCP + totalLength - IPV4_HEADER_LENGTH;
  const sum = pseudo + halves(ports) + halves(seq) + halves(ack) + halves(flags) + halves(up);
  if (payloadEnd === start + OPTIONS) {
    if (!isWhole(sum)) return false;
  } else if (checksum(bytes, start + OPTIONS, payloadEnd, sum) !== 0xffff) return false;

  const { segment } = into;
  segment.sourcePort = ports >>> 16;
  segment.destinationPort = ports & 0xffff;
  segment.seq = seq as Seq;
  segment.ack = ack as Seq;
  segment.flags = (flags >>> 16) & 0xff;
  segment.wnd = flags & 0xffff;
  segment.up = up & 0xffff;
  // Mostly it is the slab of the frame before, and storing a reference is dear: the collector wants to know.
  if (segment.bytes !== bytes) segment.bytes = bytes;
  segment.payloadStart = payloadStart;
  segment.payloadEnd = payloadEnd;
  segment.clearOptions();
  if (payloadStart === start + OPTIONS) return true;
  return parseOptions(view, start + TCP, payloadStart, segment) === null;
}

/**
 * Write the whole frame at `start`, checksums included: what `writeEthernet`, `writeIpv4`, `writeSegment` and
 * `fillChecksum` would write. EtherType and protocol are those of TCP over IPv4, whatever the records say.
 *
 * @returns octets written
 * @throws MisuseError `no-room` when `into` ends before the frame does, `packet-too-long` when IPv4 cannot carry it
 * @rfc 894; 791 3.1; 9293 3.1 MUST-2
 */
export function writeTcpFrame(from: TcpFrame, into: Uint8Array, start: number): Octets {
  const { ethernet, ipv4, segment } = from;
  const options = start + OPTIONS;
  const header = headerLength(segment);
  const payloadLength = segment.payloadEnd - segment.payloadStart;
  const totalLength = IPV4_HEADER_LENGTH + header + payloadLength;
  const end = start + IPV4 + totalLength;
  const view = viewOf(into);
  if (totalLength > 0xffff || end > view.byteLength) throw tooLong(totalLength, view.byteLength - start);
  // The payload first: it may lie in `into` itself, where the headers are about to be.
  if (payloadLength > 0) copyPayload(segment, into, start + TCP + header);
  if (start + TCP + header > options) writeOptions(segment, view, start + TCP);

  const kind = IPV4_WITHOUT_OPTIONS | (ipv4.typeOfService & 0xff);
  const id = (ipv4.id << 16) | (ipv4.dontFragment ? DONT_FRAGMENT : 0);
  const ttl = (ipv4.ttl << 24) | (PROTOCOL_TCP << 16);
  const source = ipv4.source.w3;
  const destination = ipv4.destination.w3;
  const addresses = halves(source) + halves(destination);
  const headerSum = foldChecksum((kind & 0xffff) + totalLength + halves(id) + (ttl >>> 16) + addresses);

  const ports = (segment.sourcePort << 16) | (segment.destinationPort & 0xffff);
  const { seq, ack } = segment;
  const flags = (header << 26) | ((segment.flags & 0xff) << 16) | (segment.wnd & 0xffff);
  const up = segment.up & 0xffff;
  const pseudo = addresses + PROTOCOL_TCP + totalLength - IPV4_HEADER_LENGTH;
  const words = pseudo + halves(ports) + halves(seq) + halves(ack) + halves(flags) + up;
  const sum = end > options ? checksum(into, options, end, words) : foldChecksum(words);

  const { destination: destinationMac, source: sourceMac } = ethernet;
  view.setInt32(start, (destinationMac.high << 16) | (destinationMac.low >>> 16));
  view.setInt32(start + MAC_MIDDLE, (destinationMac.low << 16) | (sourceMac.high & 0xffff));
  view.setInt32(start + SOURCE_MAC_END, sourceMac.low);
  view.setInt32(start + KIND, kind);
  view.setUint16(start + TOTAL_LENGTH, totalLength);
  view.setInt32(start + IDENTIFICATION, id);
  view.setInt32(start + TIME_TO_LIVE, ttl | (~headerSum & 0xffff));
  view.setInt32(start + SOURCE, source);
  view.setInt32(start + DESTINATION, destination);
  view.setInt32(start + TCP, ports);
  view.setUint32(start + SEQ, seq);
  view.setUint32(start + ACK, ack);
  view.setInt32(start + OFFSET_FLAGS_WINDOW, flags);
  view.setInt32(start + CHECKSUM, (~sum << 16) | up);
  return end - start;
}

/** Whether a sum, its carries not brought round, is the 0xffff of a good checksum. A header's sum is never 0. */
function isWhole(sum: number): boolean {
  return sum % 0xffff === 0;
}

function halves(word: number): number {
  return (word >>> 16) + (word & 0xffff);
}

function tooLong(totalLength: Octets, room: Octets): MisuseError {
  return totalLength > 0xffff
    ? new MisuseError('packet-too-long', `${totalLength} octets do not fit into one IPv4 packet`)
    : new MisuseError('no-room', `a frame of ${IPV4 + totalLength} octets does not fit into ${room}`);
}
