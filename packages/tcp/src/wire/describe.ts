/** One line of text for a packet, in the manner of tcpdump, for ladders and traces. Never throws, whatever the bytes. */
import { formatAddress } from './address.ts';
import { ARP_REQUEST, ArpPacket, parseArp } from './arp.ts';
import { checksum, pseudoHeaderSum } from './checksum.ts';
import { ETHERTYPE_ARP, ETHERTYPE_IPV4, EthernetHeader, parseEthernet } from './ethernet.ts';
import {
  ICMP_ECHO,
  ICMP_ECHO_REPLY,
  ICMP_FRAGMENTATION_NEEDED,
  ICMP_PARAMETER_PROBLEM,
  ICMP_SOURCE_QUENCH,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  IcmpMessage,
  parseIcmp,
} from './icmp.ts';
import { Ipv4Header, PROTOCOL_ICMP, PROTOCOL_TCP, parseIpv4 } from './ipv4.ts';
import { formatMac } from './mac-address.ts';
import type { Malformed } from './malformed.ts';
import { Segment } from './segment.ts';
import { BAD_TCP_CHECKSUM, parseSegment } from './tcp.ts';

const FLAG_NAMES = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'];
const FLAG_LETTERS = ['F', 'S', 'R', 'P', '.', 'U', 'E', 'W'];

/** Control bits by name, such as `SYN,ACK`; `none` when there are none. */
export function formatFlags(flags: number): string {
  return FLAG_NAMES.filter((_, bit) => (flags & (1 << bit)) !== 0).join(',') || 'none';
}

/** Control bits as packetdrill and tcpdump write them, such as `S.`; `-` when there are none. */
export function formatFlagLetters(flags: number): string {
  return FLAG_LETTERS.filter((_, bit) => (flags & (1 << bit)) !== 0).join('') || '-';
}

/** A segment without its addresses: `S. seq 1, ack 2, win 65535, mss 1460, length 0`. */
export function describeSegment(segment: Segment): string {
  const words = [`${formatFlagLetters(segment.flags)} seq ${segment.seq}`];
  if (segment.hasAck) words.push(`ack ${segment.ack}`);
  words.push(`win ${segment.wnd}`);
  if (segment.urg) words.push(`urg ${segment.up}`);
  if (segment.mss > 0) words.push(`mss ${segment.mss}`);
  if (segment.sackPermitted) words.push('sackOK');
  if (segment.timestamps) words.push(`TS val ${segment.tsVal} ecr ${segment.tsEcr}`);
  if (segment.windowScale >= 0) words.push(`wscale ${segment.windowScale}`);
  if (segment.sack.length > 0) {
    words.push(`sack ${segment.sack.map(({ left, right }) => `${left}:${right}`).join(' ')}`);
  }
  words.push(`length ${segment.payloadLength}`);
  return words.join(', ');
}

/** The Ethernet frame bytes[start, end): `10.0.0.1.40000 > 10.0.0.2.80: S seq 1, win 65535, length 0`. */
export function describeFrame(bytes: Uint8Array, start: number, end: number): string {
  const header = new EthernetHeader();
  const fault = parseEthernet(bytes, start, end, header);
  if (fault !== null) return describeMalformed(fault);
  if (header.etherType === ETHERTYPE_IPV4)
    return describePacket(bytes, header.payloadStart, header.payloadEnd);
  if (header.etherType === ETHERTYPE_ARP) return describeArp(bytes, header.payloadStart, header.payloadEnd);
  const type = header.etherType.toString(16).padStart(4, '0');
  return `${formatMac(header.source)} > ${formatMac(header.destination)}: type 0x${type}, length ${end - start}`;
}

/** The IPv4 packet bytes[start, end). */
export function describePacket(bytes: Uint8Array, start: number, end: number): string {
  const header = new Ipv4Header();
  const fault = parseIpv4(bytes, start, end, header);
  if (fault !== null) return describeMalformed(fault);
  if (header.protocol === PROTOCOL_TCP) return describeTcp(bytes, header);
  const text =
    header.protocol === PROTOCOL_ICMP
      ? describeIcmp(bytes, header.payloadStart, header.payloadEnd)
      : `protocol ${header.protocol}, length ${header.payloadEnd - header.payloadStart}`;
  return `${formatAddress(header.source)} > ${formatAddress(header.destination)}: ${text}`;
}

/** Such as `tcp bad-length at 12`. */
export function describeMalformed({ layer, reason, at }: Malformed): string {
  return `${layer} ${reason} at ${at}`;
}

function describeTcp(
  bytes: Uint8Array,
  { source, destination, payloadStart, payloadEnd }: Ipv4Header,
): string {
  const segment = new Segment();
  const from = formatAddress(source);
  const to = formatAddress(destination);
  const fault = parseSegment(bytes, payloadStart, payloadEnd, segment);
  if (fault !== null) return `${from} > ${to}: ${describeMalformed(fault)}`;
  const pseudo = pseudoHeaderSum(source, destination, PROTOCOL_TCP, payloadEnd - payloadStart);
  const good = checksum(bytes, payloadStart, payloadEnd, pseudo) === 0xffff;
  const text = good ? describeSegment(segment) : describeMalformed(BAD_TCP_CHECKSUM);
  return `${from}.${segment.sourcePort} > ${to}.${segment.destinationPort}: ${text}`;
}

function describeIcmp(bytes: Uint8Array, start: number, end: number): string {
  const message = new IcmpMessage();
  const fault = parseIcmp(bytes, start, end, message);
  if (fault !== null) return describeMalformed(fault);
  const { type, code, id, sequence, mtu, quote } = message;
  const length = message.bodyEnd - message.bodyStart;
  if (type === ICMP_ECHO || type === ICMP_ECHO_REPLY) {
    return `echo ${type === ICMP_ECHO ? 'request' : 'reply'}, id ${id}, seq ${sequence}, length ${length}`;
  }
  const name = ICMP_ERRORS[type] ?? `type ${type}`;
  const next = type === ICMP_UNREACHABLE && code === ICMP_FRAGMENTATION_NEEDED ? `, mtu ${mtu}` : '';
  return `${name} code ${code}${next}, about ${formatAddress(quote.source)} > ${formatAddress(quote.destination)}`;
}

const ICMP_ERRORS: Readonly<Record<number, string>> = {
  [ICMP_UNREACHABLE]: 'unreachable',
  [ICMP_SOURCE_QUENCH]: 'source quench',
  [ICMP_TIME_EXCEEDED]: 'time exceeded',
  [ICMP_PARAMETER_PROBLEM]: 'parameter problem',
};

function describeArp(bytes: Uint8Array, start: number, end: number): string {
  const packet = new ArpPacket();
  const fault = parseArp(bytes, start, end, packet);
  if (fault !== null) return describeMalformed(fault);
  const sender = formatAddress(packet.senderIp);
  return packet.operation === ARP_REQUEST
    ? `arp who has ${formatAddress(packet.targetIp)}, tell ${sender}`
    : `arp ${sender} is at ${formatMac(packet.senderMac)}`;
}
