/**
 * Packets of a script as octets, and back. Options keep their order and padding, which the core's own codec does not, so
 * that a script can say exactly what goes over the wire and what must come.
 */
import type { Octets } from '@tcblab/tcp';
import {
  IPV4_HEADER_LENGTH,
  IPV6_HEADER_LENGTH,
  IcmpMessage,
  IpPacket,
  Ipv4Header,
  Ipv6Header,
  PROTOCOL_ICMP,
  PROTOCOL_ICMPV6,
  PROTOCOL_TCP,
  Segment,
  checksum,
  describeMalformed,
  describePacket,
  fillChecksum,
  formatAddress,
  parseAddress,
  parseIcmp,
  parseIcmpv6,
  parseIp,
  parseSegment,
  pseudoHeaderSum,
  writeIcmp,
  writeIcmpv6,
  writeIpv4,
  writeIpv6,
} from '@tcblab/tcp/wire';
import { optionLength } from './parse-packet.ts';
import type { IpInfo, Ports, TcpOption } from './syntax.ts';

/** A TCP packet with its true ports and numbers. */
export interface LiveTcp {
  readonly kind: 'tcp';
  readonly from: string;
  readonly to: string;
  readonly ports: Ports;
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  readonly win: number;
  readonly urg: number;
  readonly options: readonly TcpOption[];
  readonly payload: Uint8Array;
  /** What a script may say of the IP header: traffic class and hop limit in IPv6, which alone has flow labels. */
  readonly tos: number;
  readonly ttl: number;
  readonly flowLabel: number;
}

export interface LiveIcmp {
  readonly kind: 'icmp';
  readonly version: 4 | 6;
  readonly type: number;
  readonly code: number;
  readonly id: number;
}

/** Neither; in words. */
export interface LiveOther {
  readonly kind: 'other';
  readonly text: string;
}

export type LivePacket = LiveTcp | LiveIcmp | LiveOther;

const TCP_HEADER = 20;
const END = 0;
const NOP = 1;
const MSS = 2;
const WSCALE = 3;
const SACK_PERMITTED = 4;
const SACK = 5;
const TIMESTAMPS = 8;
const MD5 = 19;
const FAST_OPEN = 34;
const EXPERIMENT = 254;
/** What marks the experimental option as fast open. @rfc 7413 4.1.1 */
const FAST_OPEN_MAGIC = 'f989';

/** Each letter's bit; AE is the lowest of the reserved ones, in the octet before. */
const BITS: Record<string, number> = {
  F: 0x01,
  S: 0x02,
  R: 0x04,
  P: 0x08,
  '.': 0x10,
  U: 0x20,
  E: 0x40,
  W: 0x80,
  A: 0x100,
};
const WRITTEN_ORDER = ['S', 'F', 'R', 'P', 'U', 'E', 'W', 'A', '.'];

/** What stands in the IP header of a packet that a script sends. */
export type Envelope = Pick<LiveTcp, 'from' | 'to' | 'tos' | 'ttl' | 'flowLabel'>;

export function writeTcp(packet: LiveTcp): Uint8Array {
  const options = writeOptions(packet.options);
  const header = TCP_HEADER + options.length;
  const length = header + packet.payload.length;
  const ip = headerOf(packet, PROTOCOL_TCP);
  const at = headerLength(ip);
  const bytes = new Uint8Array(at + length);
  const view = new DataView(bytes.buffer);
  let flags = 0;
  for (const letter of WRITTEN_ORDER) if (packet.flags.includes(letter)) flags |= BITS[letter];
  view.setUint16(at, packet.ports.source);
  view.setUint16(at + 2, packet.ports.destination);
  view.setUint32(at + 4, packet.seq);
  view.setUint32(at + 8, packet.ack);
  view.setUint16(at + 12, ((header / 4) << 12) | flags);
  view.setUint16(at + 14, packet.win);
  view.setUint16(at + 18, packet.urg);
  bytes.set(options, at + TCP_HEADER);
  bytes.set(packet.payload, at + header);
  writeIp(ip, bytes, length);
  fillChecksum(bytes, at, at + length, pseudoHeaderSum(ip.source, ip.destination, PROTOCOL_TCP, length));
  return bytes;
}

/** An ICMP message with `body` after its header. */
export function writeIcmpPacket(
  envelope: Envelope,
  fields: { type: number; code: number; id: number; mtu: number; body: Uint8Array },
): Uint8Array {
  const message = new IcmpMessage();
  message.type = fields.type;
  message.code = fields.code;
  message.id = fields.id;
  message.mtu = fields.mtu;
  message.bytes = fields.body;
  message.bodyEnd = fields.body.length;
  const ipv6 = envelope.from.includes(':');
  const ip = headerOf(envelope, ipv6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP);
  const at = headerLength(ip);
  const bytes = new Uint8Array(at + 8 + fields.body.length);
  const length = ipv6
    ? writeIcmpv6(message, bytes, at, ip.source, ip.destination)
    : writeIcmp(message, bytes, at);
  writeIp(ip, bytes, length);
  return bytes.subarray(0, at + length);
}

/** The version of IP that a packet between these addresses has. */
function headerOf({ from, to, tos, ttl, flowLabel }: Envelope, protocol: number): Ipv4Header | Ipv6Header {
  const source = parseAddress(from);
  const ip =
    source.version === 4
      ? Object.assign(new Ipv4Header(), { typeOfService: tos, ttl, protocol })
      : Object.assign(new Ipv6Header(), { trafficClass: tos, hopLimit: ttl, flowLabel, protocol });
  ip.source.copyFrom(source);
  ip.destination.copyFrom(parseAddress(to));
  return ip;
}

function headerLength(ip: Ipv4Header | Ipv6Header): Octets {
  return ip instanceof Ipv4Header ? IPV4_HEADER_LENGTH : IPV6_HEADER_LENGTH;
}

function writeIp(ip: Ipv4Header | Ipv6Header, bytes: Uint8Array, length: Octets): void {
  if (ip instanceof Ipv4Header) writeIpv4(ip, bytes, 0, length);
  else writeIpv6(ip, bytes, 0, length);
}

/** What a packet from the stack under test is; one that cannot be read, or has a bad checksum, in words. */
export function readPacket(bytes: Uint8Array): LivePacket {
  const packet = new IpPacket();
  const bad = parseIp(bytes, 0, bytes.length, packet);
  if (bad !== null) return { kind: 'other', text: describeMalformed(bad) };
  const { header: ip } = packet;
  const { payloadStart: start, payloadEnd: end, source, destination } = ip;
  if (packet.isIcmp) return readIcmp(bytes, packet);
  const segment = new Segment();
  const pseudo = pseudoHeaderSum(source, destination, PROTOCOL_TCP, end - start);
  const good =
    ip.protocol === PROTOCOL_TCP &&
    parseSegment(bytes, start, end, segment) === null &&
    checksum(bytes, start, end, pseudo) === 0xffff;
  if (!good) return { kind: 'other', text: describePacket(bytes, 0, bytes.length) };
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const flags = view.getUint16(start + 12) & 0x1ff;
  return {
    kind: 'tcp',
    from: formatAddress(source),
    to: formatAddress(destination),
    ports: { source: segment.sourcePort, destination: segment.destinationPort },
    flags: WRITTEN_ORDER.filter((letter) => (flags & BITS[letter]) !== 0).join(''),
    seq: segment.seq,
    ack: segment.ack,
    win: segment.wnd,
    urg: segment.up,
    options: readOptions(view, start + TCP_HEADER, segment.payloadStart),
    payload: bytes.slice(segment.payloadStart, segment.payloadEnd),
    ...(ip instanceof Ipv4Header
      ? { tos: ip.typeOfService, ttl: ip.ttl, flowLabel: 0 }
      : { tos: ip.trafficClass, ttl: ip.hopLimit, flowLabel: ip.flowLabel }),
  };
}

function readIcmp(bytes: Uint8Array, { header, ipv6 }: IpPacket): LivePacket {
  const message = new IcmpMessage();
  const wrong =
    header === ipv6
      ? parseIcmpv6(bytes, ipv6, message)
      : parseIcmp(bytes, header.payloadStart, header.payloadEnd, message);
  if (wrong !== null) return { kind: 'other', text: describeMalformed(wrong) };
  const { type, code, id } = message;
  return { kind: 'icmp', version: header === ipv6 ? 6 : 4, type, code, id };
}

/** The type of service that an injected packet carries. */
export function tosOf({ tos, ecn }: IpInfo): number {
  if (tos !== null) return tos;
  return ecn === 'ect0' ? 2 : ecn === 'ect1' || ecn === 'ect01' ? 1 : ecn === 'ce' ? 3 : 0;
}

function writeOptions(options: readonly TcpOption[]): Uint8Array {
  const length = options.reduce((sum, option) => sum + optionLength(option), 0);
  // What is missing to a word is the end of the list: zeros.
  const bytes = new Uint8Array(Math.ceil(length / 4) * 4);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const option of options) {
    writeOption(option, view, at);
    at += optionLength(option);
  }
  return bytes;
}

function writeOption(option: TcpOption, view: DataView, at: number): void {
  const head = (kind: number) => {
    view.setUint8(at, kind);
    view.setUint8(at + 1, optionLength(option));
  };
  switch (option.kind) {
    case 'eol':
      return view.setUint8(at, END);
    case 'nop':
      return view.setUint8(at, NOP);
    case 'sackOK':
      return head(SACK_PERMITTED);
    case 'mss':
      head(MSS);
      return view.setUint16(at + 2, option.value);
    case 'wscale':
      head(WSCALE);
      return view.setUint8(at + 2, option.value);
    case 'TS':
      head(TIMESTAMPS);
      view.setUint32(at + 2, option.val ?? 0);
      return view.setUint32(at + 6, option.ecr ?? 0);
    case 'sack':
      head(SACK);
      for (const [i, [left, right]] of option.blocks.entries()) {
        view.setUint32(at + 2 + 8 * i, left);
        view.setUint32(at + 6 + 8 * i, right);
      }
      return;
    case 'FO':
      head(FAST_OPEN);
      return writeHex(option.hex, view, at + 2);
    case 'FOEXP':
      head(EXPERIMENT);
      return writeHex(FAST_OPEN_MAGIC + option.hex, view, at + 2);
    case 'md5':
      head(MD5);
      return writeHex(option.hex, view, at + 2);
    case 'ECN':
      // No stack here has it: a script that needs it never comes this far.
      return;
    case 'unknown':
      head(option.code);
      return writeHex(option.hex, view, at + 2);
  }
}

function writeHex(hex: string, view: DataView, at: number): void {
  for (let i = 0; i < hex.length; i += 2) view.setUint8(at + i / 2, Number.parseInt(hex.slice(i, i + 2), 16));
}

/** The options of a segment that was read without fault. Zeros after the end of the list are padding. */
function readOptions(view: DataView, start: number, end: number): TcpOption[] {
  const options: TcpOption[] = [];
  for (let at = start; at < end;) {
    const kind = view.getUint8(at);
    if (kind === END) {
      // One that fills the last octets alone is padding too: a script that wants to see it writes `eol`.
      options.push({ kind: 'eol' });
      return options;
    }
    if (kind === NOP) {
      options.push({ kind: 'nop' });
      at++;
      continue;
    }
    const length = view.getUint8(at + 1);
    options.push(readOption(kind, view, at + 2, length - 2));
    at += length;
  }
  return options;
}

function readOption(kind: number, view: DataView, at: number, length: Octets): TcpOption {
  if (kind === MSS && length === 2) return { kind: 'mss', value: view.getUint16(at) };
  if (kind === WSCALE && length === 1) return { kind: 'wscale', value: view.getUint8(at) };
  if (kind === SACK_PERMITTED && length === 0) return { kind: 'sackOK' };
  if (kind === TIMESTAMPS && length === 8) {
    return { kind: 'TS', val: view.getUint32(at), ecr: view.getUint32(at + 4) };
  }
  if (kind === SACK && length % 8 === 0) {
    const blocks = Array.from({ length: length / 8 }, (_, i): [number, number] => [
      view.getUint32(at + 8 * i),
      view.getUint32(at + 8 * i + 4),
    ]);
    return { kind: 'sack', blocks };
  }
  const hex = Array.from({ length }, (_, i) =>
    view
      .getUint8(at + i)
      .toString(16)
      .padStart(2, '0'),
  ).join('');
  if (kind === FAST_OPEN) return { kind: 'FO', hex };
  if (kind === MD5) return { kind: 'md5', hex };
  if (kind === EXPERIMENT && hex.startsWith(FAST_OPEN_MAGIC)) return { kind: 'FOEXP', hex: hex.slice(4) };
  return { kind: 'unknown', code: kind, hex };
}
