export { Address, hashAddress, isHostAddress, isMulticastAddress, sameAddress } from './address.ts';
export { formatAddress, formatAddressAndPort, joinAddressAndPort, parseAddress } from './address-text.ts';
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
  ICMP_REASSEMBLY_TIME_EXCEEDED,
  ICMP_SOURCE_QUENCH,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  IcmpMessage,
  parseIcmp,
  writeIcmp,
} from './icmp.ts';
export type { Quote } from './icmp.ts';
export {
  ICMPV6_ECHO,
  ICMPV6_ECHO_REPLY,
  ICMPV6_PACKET_TOO_BIG,
  ICMPV6_PARAMETER_PROBLEM,
  ICMPV6_PORT_UNREACHABLE,
  ICMPV6_TIME_EXCEEDED,
  ICMPV6_UNREACHABLE,
  isGoodIcmpv6,
  parseIcmpv6,
  writeIcmpv6,
} from './icmpv6.ts';
export { IpPacket, ipVersion, parseIp } from './ip.ts';
export {
  IPV4_FRAGMENT,
  IPV4_HEADER_LENGTH,
  Ipv4Header,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  parseIpv4,
  restoreIpv4,
  writeIpv4,
} from './ipv4.ts';
export {
  ALL_NODES,
  LINK_LOCAL_PREFIX,
  groupMac,
  isLinkLocal,
  isSolicitedNode,
  isUnspecified,
  linkLocalAddress,
  solicitedNode,
} from './ipv6-address.ts';
export {
  IPV6_HEADER_LENGTH,
  Ipv6Header,
  PROTOCOL_ICMPV6,
  PROTOCOL_IPV6_FRAGMENT,
  parseIpv6,
  writeIpv6,
} from './ipv6.ts';
export { BROADCAST_MAC, MacAddress, formatMac, isGroupMac, parseMac, sameMac } from './mac-address.ts';
export type { Malformed } from './malformed.ts';
export {
  DISCOVERY_HOP_LIMIT,
  NEIGHBOR_ADVERTISEMENT,
  NEIGHBOR_SOLICITATION,
  NeighborMessage,
  isNeighborDiscovery,
  parseNeighborMessage,
  writeNeighborMessage,
} from './neighbor-message.ts';
export { ACK, CWR, ECE, FIN, PSH, RST, SYN, Segment, URG } from './segment.ts';
export type { SackBlock } from './segment.ts';
export { seq, seqAdd, seqDistance, seqInWindow, seqLess, seqLessOrEqual } from './seq.ts';
export { parseTcpIpv6Packet, parseTcpPacket, writeTcpIpv6Packet, writeTcpPacket } from './tcp-packet.ts';
export {
  BAD_TCP_CHECKSUM,
  TCP_HEADER_LENGTH,
  TCP_HEADER_LENGTH_MAX,
  fillChecksum,
  headerLength,
  parseSegment,
  writeSegment,
} from './tcp.ts';
