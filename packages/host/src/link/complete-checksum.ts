/** Frames of a sender that leaves checksums to hardware, where there is no hardware: a veth pair with offloads on. */
import {
  Address,
  ETHERNET_HEADER_LENGTH,
  ETHERTYPE_IPV4,
  fillChecksum,
  PROTOCOL_TCP,
  pseudoHeaderSum,
} from '@tcblab/tcp/wire';

const source = new Address();
const destination = new Address();

/** Write the checksum that the TCP segment in the frame bytes[start, end) should have; other frames are left alone. */
export function completeChecksum(bytes: Uint8Array, start: number, end: number): void {
  const ip = start + ETHERNET_HEADER_LENGTH;
  if (end < ip + 40 || ((bytes[start + 12] << 8) | bytes[start + 13]) !== ETHERTYPE_IPV4) return;
  const tcp = ip + (bytes[ip] & 0xf) * 4;
  const last = ip + ((bytes[ip + 2] << 8) | bytes[ip + 3]);
  if (bytes[ip + 9] !== PROTOCOL_TCP || tcp + 20 > last || last > end) return;
  const word = (at: number) =>
    (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  source.setIpv4(word(ip + 12));
  destination.setIpv4(word(ip + 16));
  bytes[tcp + CHECKSUM] = bytes[tcp + CHECKSUM + 1] = 0;
  fillChecksum(bytes, tcp, last, pseudoHeaderSum(source, destination, PROTOCOL_TCP, last - tcp));
}

/** Where it stands in a TCP header. */
const CHECKSUM = 16;
