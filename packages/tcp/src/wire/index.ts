export { Address, formatAddress, isHostAddress, parseAddress, sameAddress } from './address.ts';
export { ARP_LENGTH, ARP_REPLY, ARP_REQUEST, ArpPacket, parseArp, writeArp } from './arp.ts';
export { checksum, foldChecksum, pseudoHeaderSum } from './checksum.ts';
export {
  describeFrame,
  describeMalformed,
  describePacket,
  describeSegment,
  formatFlagLetters,
  formatFlags,
} from './describe.ts';
export {
  ETHERNET_HEADER_LENGTH,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  EthernetHeader,
  parseEthernet,
  writeEthernet,
} from './ethernet.ts';
export {
  ICMP_ECHO,
  ICMP_ECHO_REPLY,
  ICMP_FRAGMENTATION_NEEDED,
  ICMP_HEADER_LENGTH,
  ICMP_PARAMETER_PROBLEM,
  ICMP_PORT_UNREACHABLE,
  ICMP_PROTOCOL_UNREACHABLE,
  ICMP_SOURCE_QUENCH,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  IcmpMessage,
  parseIcmp,
  writeIcmp,
} from './icmp.ts';
export type { Quote } from './icmp.ts';
export { IPV4_HEADER_LENGTH, Ipv4Header, PROTOCOL_ICMP, PROTOCOL_TCP, parseIpv4, writeIpv4 } from './ipv4.ts';
export { BROADCAST_MAC, MacAddress, formatMac, isGroupMac, parseMac, sameMac } from './mac-address.ts';
export type { Malformed } from './malformed.ts';
export { ACK, CWR, ECE, FIN, PSH, RST, SYN, Segment, URG } from './segment.ts';
export type { SackBlock } from './segment.ts';
export { seq, seqAdd, seqDistance, seqInWindow, seqLess, seqLessOrEqual } from './seq.ts';
export { parseTcpPacket, writeTcpPacket } from './tcp-packet.ts';
export {
  BAD_TCP_CHECKSUM,
  TCP_HEADER_LENGTH,
  TCP_HEADER_LENGTH_MAX,
  fillChecksum,
  headerLength,
  parseSegment,
  writeSegment,
} from './tcp.ts';
