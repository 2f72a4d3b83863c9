/** A SYN from somebody who is not there. */
import type { Seq } from '@tcblab/tcp';
import { fraction, type Random } from '@tcblab/tcp/sim';
import {
  ETHERNET_HEADER_LENGTH,
  ETHERTYPE_IPV4,
  EthernetHeader,
  Ipv4Header,
  SYN,
  Segment,
  parseAddress,
  parseMac,
  writeEthernet,
  writeTcpPacket,
} from '@tcblab/tcp/wire';
import type { Side } from './flight.ts';
import { addressOf, macOf } from './host.ts';

/** @returns a frame to the other side's `port`, its source an address for documentation (RFC 5737) */
export function forgedSyn(side: Side, port: number, random: Random): Uint8Array {
  const other = side === 0 ? 1 : 0;
  const ethernet = new EthernetHeader();
  ethernet.source.copyFrom(parseMac(macOf(side)));
  ethernet.destination.copyFrom(parseMac(macOf(other)));
  ethernet.etherType = ETHERTYPE_IPV4;
  const ip = new Ipv4Header();
  ip.source.copyFrom(parseAddress(`198.51.100.${1 + Math.floor(fraction(random) * 254)}`));
  ip.destination.copyFrom(parseAddress(addressOf(other)));
  ip.ttl = 64;
  const segment = new Segment();
  segment.sourcePort = 1024 + Math.floor(fraction(random) * 64_000);
  segment.destinationPort = port;
  segment.seq = random() as Seq;
  segment.flags = SYN;
  segment.wnd = 65_535;
  segment.mss = 1460;
  const frame = new Uint8Array(LONGEST);
  const at = writeEthernet(ethernet, frame, 0);
  return frame.slice(0, at + writeTcpPacket(ip, segment, frame, ETHERNET_HEADER_LENGTH));
}

const LONGEST = 128;
