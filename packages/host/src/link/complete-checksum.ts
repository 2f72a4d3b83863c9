/** Frames of a sender that leaves checksums to hardware, where there is no hardware: a veth pair with offloads on. */
import {
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  EthernetHeader,
  fillChecksum,
  IpPacket,
  parseEthernet,
  parseIp,
  PROTOCOL_TCP,
  pseudoHeaderSum,
} from '@tcblab/tcp/wire';

const ethernet = new EthernetHeader();
const packet = new IpPacket();

/** Write the checksum that the TCP segment in the frame bytes[start, end) should have; other frames are left alone. */
export function completeChecksum(bytes: Uint8Array, start: number, end: number): void {
  if (parseEthernet(bytes, start, end, ethernet) !== null) return;
  const { etherType, payloadStart } = ethernet;
  if (etherType !== ETHERTYPE_IPV4 && etherType !== ETHERTYPE_IPV6) return;
  if (parseIp(bytes, payloadStart, end, packet) !== null) return;
  const { protocol, source, destination, payloadStart: tcp, payloadEnd: last } = packet.header;
  if (protocol !== PROTOCOL_TCP || tcp + 20 > last) return;
  bytes[tcp + CHECKSUM] = bytes[tcp + CHECKSUM + 1] = 0;
  fillChecksum(bytes, tcp, last, pseudoHeaderSum(source, destination, PROTOCOL_TCP, last - tcp));
}

/** Where it stands in a TCP header. */
const CHECKSUM = 16;
