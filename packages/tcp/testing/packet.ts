/** Whole IP packets for tests that speak to a stack without a peer. */
import {
  Ipv4Header,
  PROTOCOL_TCP,
  type Segment,
  fillChecksum,
  parseAddress,
  pseudoHeaderSum,
  writeIpv4,
  writeSegment,
} from '../src/wire/index.ts';

const HEADERS = 20 + 60;

/** `segment` as an IP packet with right checksums. */
export function packetOf(source: string, destination: string, segment: Segment): Uint8Array {
  const bytes = new Uint8Array(HEADERS + segment.payloadLength);
  const ip = new Ipv4Header();
  ip.source.copyFrom(parseAddress(source));
  ip.destination.copyFrom(parseAddress(destination));
  ip.ttl = 64;
  ip.protocol = PROTOCOL_TCP;
  const length = writeSegment(segment, bytes, 20);
  fillChecksum(bytes, 20, 20 + length, pseudoHeaderSum(ip.source, ip.destination, PROTOCOL_TCP, length));
  writeIpv4(ip, bytes, 0, length);
  return bytes.subarray(0, 20 + length);
}
