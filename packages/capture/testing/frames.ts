// Whole Ethernet frames for tests, made by the codecs that the core uses.
import {
  ETHERNET_HEADER_LENGTH,
  ETHERTYPE_IPV4,
  EthernetHeader,
  IPV4_HEADER_LENGTH,
  Ipv4Header,
  PROTOCOL_TCP,
  Segment,
  fillChecksum,
  headerLength,
  parseAddress,
  parseMac,
  pseudoHeaderSum,
  seq,
  writeEthernet,
  writeIpv4,
  writeSegment,
} from '@tcblab/tcp/wire';
import { INBOUND } from '../src/pcapng/format.ts';
import type { PacketToWrite } from '../src/pcapng/writer.ts';

export interface FrameSpec {
  /** Which end sends; 1 is 10.77.0.1:40000, 2 is 10.77.0.2:80. */
  readonly from: 1 | 2;
  readonly seq: number;
  readonly ack?: number;
  readonly flags: number;
  readonly wnd?: number;
  readonly payload?: Uint8Array;
  readonly mss?: number;
  readonly windowScale?: number;
  readonly sackPermitted?: boolean;
  readonly ipId?: number;
  readonly ports?: readonly [number, number];
}

const PORTS = [40_000, 80] as const;

/** One frame with good checksums. */
export function tcpFrame(spec: FrameSpec): Uint8Array<ArrayBuffer> {
  const segment = new Segment();
  const ports = spec.ports ?? PORTS;
  segment.sourcePort = ports[spec.from - 1];
  segment.destinationPort = ports[2 - spec.from];
  segment.seq = seq(spec.seq);
  segment.ack = seq(spec.ack ?? 0);
  segment.flags = spec.flags;
  segment.wnd = spec.wnd ?? 65_535;
  segment.mss = spec.mss ?? 0;
  segment.windowScale = spec.windowScale ?? -1;
  segment.sackPermitted = spec.sackPermitted ?? false;
  const payload = spec.payload ?? new Uint8Array(0);
  segment.bytes = payload;
  segment.payloadEnd = payload.length;

  const length = headerLength(segment) + payload.length;
  const bytes = new Uint8Array(ETHERNET_HEADER_LENGTH + IPV4_HEADER_LENGTH + length);
  const ethernet = new EthernetHeader();
  ethernet.source.copyFrom(parseMac(`02:00:00:00:00:0${spec.from}`));
  ethernet.destination.copyFrom(parseMac(`02:00:00:00:00:0${3 - spec.from}`));
  ethernet.etherType = ETHERTYPE_IPV4;
  writeEthernet(ethernet, bytes, 0);
  const ip = new Ipv4Header();
  ip.id = spec.ipId ?? 0;
  ip.dontFragment = true;
  ip.ttl = 64;
  ip.protocol = PROTOCOL_TCP;
  ip.source.copyFrom(parseAddress(`10.77.0.${spec.from}`));
  ip.destination.copyFrom(parseAddress(`10.77.0.${3 - spec.from}`));
  writeIpv4(ip, bytes, ETHERNET_HEADER_LENGTH, length);
  const start = ETHERNET_HEADER_LENGTH + IPV4_HEADER_LENGTH;
  writeSegment(segment, bytes, start);
  fillChecksum(bytes, start, bytes.length, pseudoHeaderSum(ip.source, ip.destination, PROTOCOL_TCP, length));
  return bytes;
}

/** `length` octets that differ from place to place. */
export function octets(length: number, first = 0): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => (first + at) & 0xff);
}

/** A whole frame as a writer takes it: on interface 0, inbound, first of its host, at time 0, unless said otherwise. */
export function packet(bytes: Uint8Array, said: Partial<PacketToWrite> = {}): PacketToWrite {
  const usual = { interface: 0, micros: 0, nanos: 0, start: 0, flags: INBOUND, frame: 1 };
  return { ...usual, bytes, end: bytes.length, originalLength: bytes.length, ...said };
}
