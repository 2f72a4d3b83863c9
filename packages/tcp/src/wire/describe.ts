/** One line of text for a packet, in the manner of tcpdump, for ladders and traces. Never throws, whatever the bytes. */
import { formatAddress } from './address-text.ts';
import { ARP_REQUEST, ArpPacket, parseArp } from './arp.ts';
import { checksum, pseudoHeaderSum } from './checksum.ts';
import { ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6, EthernetHeader, parseEthernet } from './ethernet.ts';
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
import {
  ICMPV6_ECHO,
  ICMPV6_ECHO_REPLY,
  ICMPV6_PACKET_TOO_BIG,
  ICMPV6_PARAMETER_PROBLEM,
  ICMPV6_UNREACHABLE,
  parseIcmpv6,
} from './icmpv6.ts';
import { IpPacket, parseIp } from './ip.ts';
import { PROTOCOL_TCP, type Ipv4Header } from './ipv4.ts';
import type { Ipv6Header } from './ipv6.ts';
import { formatMac } from './mac-address.ts';
import type { Malformed } from './malformed.ts';
import {
  NEIGHBOR_SOLICITATION,
  NeighborMessage,
  isNeighborDiscovery,
  parseNeighborMessage,
} from './neighbor-message.ts';
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
  if (header.etherType === ETHERTYPE_IPV4 || header.etherType === ETHERTYPE_IPV6)
    return describePacket(bytes, header.payloadStart, header.payloadEnd);
  if (header.etherType === ETHERTYPE_ARP) return describeArp(bytes, header.payloadStart, header.payloadEnd);
  const type = header.etherType.toString(16).padStart(4, '0');
  return `${formatMac(header.source)} > ${formatMac(header.destination)}: type 0x${type}, length ${end - start}`;
}

/** The IP packet bytes[start, end). */
export function describePacket(bytes: Uint8Array, start: number, end: number): string {
  const packet = new IpPacket();
  const fault = parseIp(bytes, start, end, packet);
  if (fault !== null) return describeMalformed(fault);
  const { header } = packet;
  if (header.protocol === PROTOCOL_TCP) return describeTcp(bytes, header);
  let text = `protocol ${header.protocol}, length ${packet.payloadLength}`;
  if (packet.isIcmp && header === packet.ipv4) {
    text = describeIcmp(bytes, header.payloadStart, header.payloadEnd);
  } else if (packet.isIcmp && isNeighborDiscovery(bytes[header.payloadStart])) {
    return describeNeighborMessage(bytes, packet.ipv6);
  } else if (packet.isIcmp) text = describeIcmpv6(bytes, packet.ipv6);
  return `${formatAddress(header.source)} > ${formatAddress(header.destination)}: ${text}`;
}

/** Such as `tcp bad-length at 12`. */
export function describeMalformed({ layer, reason, at }: Malformed): string {
  return `${layer} ${reason} at ${at}`;
}

function describeTcp(
  bytes: Uint8Array,
  { source, destination, payloadStart, payloadEnd }: Ipv4Header | Ipv6Header,
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
  const { type, code, mtu } = message;
  if (type === ICMP_ECHO || type === ICMP_ECHO_REPLY) return describeEcho(message, type === ICMP_ECHO);
  const name = ICMP_ERRORS[type] ?? `type ${type}`;
  const next = type === ICMP_UNREACHABLE && code === ICMP_FRAGMENTATION_NEEDED ? `, mtu ${mtu}` : '';
  return `${name} code ${code}${next}, ${describeQuote(message)}`;
}

function describeIcmpv6(bytes: Uint8Array, ip: Ipv6Header): string {
  const message = new IcmpMessage();
  const fault = parseIcmpv6(bytes, ip, message);
  if (fault !== null) return describeMalformed(fault);
  const { type, code, mtu } = message;
  if (type === ICMPV6_ECHO || type === ICMPV6_ECHO_REPLY) return describeEcho(message, type === ICMPV6_ECHO);
  if (type === ICMPV6_PACKET_TOO_BIG) return `packet too big, mtu ${mtu}, ${describeQuote(message)}`;
  const problem = type === ICMPV6_PARAMETER_PROBLEM ? 'parameter problem' : 'time exceeded';
  return `${type === ICMPV6_UNREACHABLE ? 'unreachable' : problem} code ${code}, ${describeQuote(message)}`;
}

function describeEcho({ id, sequence, bodyStart, bodyEnd }: IcmpMessage, isRequest: boolean): string {
  return `echo ${isRequest ? 'request' : 'reply'}, id ${id}, seq ${sequence}, length ${bodyEnd - bodyStart}`;
}

function describeQuote({ quote }: IcmpMessage): string {
  return `about ${formatAddress(quote.source)} > ${formatAddress(quote.destination)}`;
}

function describeNeighborMessage(bytes: Uint8Array, ip: Ipv6Header): string {
  const message = new NeighborMessage();
  const fault = parseNeighborMessage(bytes, ip, message);
  if (fault !== null) return describeMalformed(fault);
  const target = formatAddress(message.target);
  if (message.type === NEIGHBOR_SOLICITATION) return `nd who has ${target}, tell ${formatAddress(ip.source)}`;
  return message.hasMac ? `nd ${target} is at ${formatMac(message.mac)}` : `nd ${target} is here`;
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
