/**
 * What each octet of a frame means: fields with their places, for whoever shows bytes and meaning side by side. Reads
 * whatever is there: a frame that is cut or malformed has the fields that it has.
 */
import {
  Address,
  ARP_REPLY,
  ARP_REQUEST,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  formatAddress,
  formatFlags,
  formatMac,
  MacAddress,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
} from '@tcblab/tcp/wire';
import type { Octets } from '@tcblab/tcp';

export type Layer = 'ethernet' | 'arp' | 'ipv4' | 'ipv6' | 'icmp' | 'tcp' | 'payload';

/** A field at bytes[start, end) of its frame. */
export interface Field {
  readonly layer: Layer;
  /** Stable, such as `tcp.seq`; as Wireshark's display filters have it where they have it. */
  readonly name: string;
  /** As its RFC calls it. */
  readonly label: string;
  /** The value for people. */
  readonly value: string;
  readonly start: Octets;
  readonly end: Octets;
  /** Bits of these octets, counted from the highest: [first, past the last); absent when it is all of them. */
  readonly bits?: readonly [number, number];
}

/** The fields of an Ethernet frame, in order of their places. */
export function fieldsOf(frame: Uint8Array): Field[] {
  const reader = new Reader(frame);
  ethernet(reader);
  return reader.fields;
}

class Reader {
  readonly fields: Field[] = [];
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  layer: Layer = 'ethernet';

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): Octets {
    return this.bytes.length;
  }

  has(start: Octets, octets: Octets): boolean {
    return start + octets <= this.bytes.length;
  }

  u8(at: Octets): number {
    return this.#view.getUint8(at);
  }

  u16(at: Octets): number {
    return this.#view.getUint16(at);
  }

  u32(at: Octets): number {
    return this.#view.getUint32(at);
  }

  /** Nothing when the frame ends before the field does. */
  add(name: string, label: string, start: Octets, octets: Octets, value: () => string | number): void {
    if (!this.has(start, octets)) return;
    const { layer } = this;
    this.fields.push({ layer, name, label, value: `${value()}`, start, end: start + octets });
  }

  bits(name: string, label: string, at: Octets, octets: 1 | 2, bits: readonly [number, number]): void {
    if (!this.has(at, octets)) return;
    const whole = octets === 1 ? this.u8(at) : this.u16(at);
    const width = octets * 8;
    const value = (whole >> (width - bits[1])) & ((1 << (bits[1] - bits[0])) - 1);
    const { layer } = this;
    this.fields.push({ layer, name, label, value: `${value}`, start: at, end: at + octets, bits });
  }

  payload(start: Octets, end: Octets): void {
    const last = Math.min(end, this.length);
    if (last <= start) return;
    this.layer = 'payload';
    this.add('data.data', 'Data', start, last - start, () => `${last - start} octets`);
  }
}

const hex = (value: number, digits: number) => `0x${value.toString(16).padStart(digits, '0')}`;

function ethernet(reader: Reader): void {
  reader.add('eth.dst', 'Destination', 0, 6, () => mac(reader, 0));
  reader.add('eth.src', 'Source', 6, 6, () => mac(reader, 6));
  reader.add('eth.type', 'Type', 12, 2, () => {
    const type = reader.u16(12);
    return `${hex(type, 4)}${ETHER_TYPES.has(type) ? ` ${ETHER_TYPES.get(type)}` : ''}`;
  });
  if (!reader.has(12, 2)) return;
  const type = reader.u16(12);
  if (type === ETHERTYPE_ARP) arp(reader, 14);
  else if (type === ETHERTYPE_IPV4) ipv4(reader, 14);
  else if (type === ETHERTYPE_IPV6) ipv6(reader, 14);
  else reader.payload(14, reader.length);
  // Short frames are filled up to the 60 octets that Ethernet asks for.
  const last = reader.fields.at(-1)?.end ?? reader.length;
  reader.layer = 'ethernet';
  if (last < reader.length) {
    reader.add('eth.padding', 'Padding', last, reader.length - last, () => `${reader.length - last} octets`);
  }
}

const ETHER_TYPES: ReadonlyMap<number, string> = new Map([
  [ETHERTYPE_IPV4, 'IPv4'],
  [ETHERTYPE_ARP, 'ARP'],
  [ETHERTYPE_IPV6, 'IPv6'],
]);

function arp(reader: Reader, at: Octets): void {
  reader.layer = 'arp';
  reader.add('arp.hw.type', 'Hardware type', at, 2, () => reader.u16(at));
  reader.add('arp.proto.type', 'Protocol type', at + 2, 2, () => hex(reader.u16(at + 2), 4));
  reader.add('arp.hw.size', 'Hardware size', at + 4, 1, () => reader.u8(at + 4));
  reader.add('arp.proto.size', 'Protocol size', at + 5, 1, () => reader.u8(at + 5));
  reader.add('arp.opcode', 'Operation', at + 6, 2, () => {
    const operation = reader.u16(at + 6);
    return operation === ARP_REQUEST ? '1 request' : operation === ARP_REPLY ? '2 reply' : operation;
  });
  reader.add('arp.src.hw_mac', 'Sender hardware address', at + 8, 6, () => mac(reader, at + 8));
  reader.add('arp.src.proto_ipv4', 'Sender protocol address', at + 14, 4, () => address4(reader, at + 14));
  reader.add('arp.dst.hw_mac', 'Target hardware address', at + 18, 6, () => mac(reader, at + 18));
  reader.add('arp.dst.proto_ipv4', 'Target protocol address', at + 24, 4, () => address4(reader, at + 24));
}

/** @rfc 791 3.1 */
function ipv4(reader: Reader, at: Octets): void {
  reader.layer = 'ipv4';
  reader.bits('ip.version', 'Version', at, 1, [0, 4]);
  reader.bits('ip.hdr_len', 'IHL (words of 4 octets)', at, 1, [4, 8]);
  reader.add('ip.dsfield', 'Type of service', at + 1, 1, () => hex(reader.u8(at + 1), 2));
  reader.add('ip.len', 'Total length', at + 2, 2, () => reader.u16(at + 2));
  reader.add('ip.id', 'Identification', at + 4, 2, () => hex(reader.u16(at + 4), 4));
  reader.bits('ip.flags.df', "Don't fragment", at + 6, 1, [1, 2]);
  reader.bits('ip.flags.mf', 'More fragments', at + 6, 1, [2, 3]);
  reader.bits('ip.frag_offset', 'Fragment offset (in 8 octets)', at + 6, 2, [3, 16]);
  reader.add('ip.ttl', 'Time to live', at + 8, 1, () => reader.u8(at + 8));
  reader.add('ip.proto', 'Protocol', at + 9, 1, () => protocol(reader.u8(at + 9)));
  reader.add('ip.checksum', 'Header checksum', at + 10, 2, () => hex(reader.u16(at + 10), 4));
  reader.add('ip.src', 'Source address', at + 12, 4, () => address4(reader, at + 12));
  reader.add('ip.dst', 'Destination address', at + 16, 4, () => address4(reader, at + 16));
  if (!reader.has(at, 20)) return;
  const header = (reader.u8(at) & 15) * 4;
  if (header < 20) return;
  if (header > 20) reader.add('ip.options', 'Options', at + 20, header - 20, () => `${header - 20} octets`);
  const end = Math.min(at + reader.u16(at + 2), reader.length);
  const first = (reader.u16(at + 6) & 0x1fff) === 0;
  inside(reader, first ? reader.u8(at + 9) : -1, at + header, end);
}

/** @rfc 8200 3 */
function ipv6(reader: Reader, at: Octets): void {
  reader.layer = 'ipv6';
  reader.bits('ipv6.version', 'Version', at, 1, [0, 4]);
  reader.bits('ipv6.tclass', 'Traffic class', at, 2, [4, 12]);
  reader.add('ipv6.flow', 'Flow label', at + 1, 3, () =>
    hex(((reader.u8(at + 1) & 15) << 16) | reader.u16(at + 2), 5),
  );
  reader.add('ipv6.plen', 'Payload length', at + 4, 2, () => reader.u16(at + 4));
  reader.add('ipv6.nxt', 'Next header', at + 6, 1, () => protocol(reader.u8(at + 6)));
  reader.add('ipv6.hlim', 'Hop limit', at + 7, 1, () => reader.u8(at + 7));
  reader.add('ipv6.src', 'Source address', at + 8, 16, () => address6(reader, at + 8));
  reader.add('ipv6.dst', 'Destination address', at + 24, 16, () => address6(reader, at + 24));
  if (!reader.has(at, 40)) return;
  inside(reader, reader.u8(at + 6), at + 40, Math.min(at + 40 + reader.u16(at + 4), reader.length));
}

function protocol(number: number): string {
  const name = PROTOCOLS.get(number);
  return name === undefined ? `${number}` : `${number} ${name}`;
}

const ICMPV6 = 58;
const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [PROTOCOL_ICMP, 'ICMP'],
  [PROTOCOL_TCP, 'TCP'],
  [17, 'UDP'],
  [ICMPV6, 'ICMPv6'],
]);

function inside(reader: Reader, number: number, start: Octets, end: Octets): void {
  if (number === PROTOCOL_TCP) tcp(reader, start, end);
  else if (number === PROTOCOL_ICMP || number === ICMPV6) icmp(reader, start, end);
  else reader.payload(start, end);
}

function icmp(reader: Reader, at: Octets, end: Octets): void {
  reader.layer = 'icmp';
  reader.add('icmp.type', 'Type', at, 1, () => reader.u8(at));
  reader.add('icmp.code', 'Code', at + 1, 1, () => reader.u8(at + 1));
  reader.add('icmp.checksum', 'Checksum', at + 2, 2, () => hex(reader.u16(at + 2), 4));
  reader.payload(at + 4, end);
}

/** @rfc 9293 3.1 */
function tcp(reader: Reader, at: Octets, end: Octets): void {
  reader.layer = 'tcp';
  reader.add('tcp.srcport', 'Source port', at, 2, () => reader.u16(at));
  reader.add('tcp.dstport', 'Destination port', at + 2, 2, () => reader.u16(at + 2));
  reader.add('tcp.seq_raw', 'Sequence number', at + 4, 4, () => reader.u32(at + 4));
  reader.add('tcp.ack_raw', 'Acknowledgment number', at + 8, 4, () => reader.u32(at + 8));
  reader.bits('tcp.hdr_len', 'Data offset (words of 4 octets)', at + 12, 1, [0, 4]);
  reader.bits('tcp.reserved', 'Reserved', at + 12, 1, [4, 8]);
  reader.add('tcp.control_bits', 'Control bits', at + 13, 1, () => formatFlags(reader.u8(at + 13)));
  reader.add('tcp.window_size_value', 'Window', at + 14, 2, () => reader.u16(at + 14));
  reader.add('tcp.checksum', 'Checksum', at + 16, 2, () => hex(reader.u16(at + 16), 4));
  reader.add('tcp.urgent_pointer', 'Urgent pointer', at + 18, 2, () => reader.u16(at + 18));
  if (!reader.has(at, 20)) return;
  const text = at + (reader.u8(at + 12) >> 4) * 4;
  if (text < at + 20) return;
  options(reader, at + 20, Math.min(text, end));
  reader.payload(text, end);
}

/** @rfc 9293 3.1 @rfc 7323 2.2 @rfc 2018 2 */
function options(reader: Reader, start: Octets, end: Octets): void {
  for (let at = start; at < end;) {
    const kind = reader.u8(at);
    if (kind === 0) {
      reader.add('tcp.options.eol', 'End of options', at, end - at, () => 'and padding');
      return;
    }
    if (kind === 1) {
      reader.add('tcp.options.nop', 'No-operation', at, 1, () => 'padding');
      at++;
      continue;
    }
    const length = at + 1 < end ? reader.u8(at + 1) : 0;
    if (length < 2 || at + length > end) {
      reader.add('tcp.options', 'Malformed options', at, end - at, () => `kind ${kind}`);
      return;
    }
    const { name, label, value } = OPTIONS.get(kind) ?? UNKNOWN;
    reader.add(name, label, at, length, () => value(reader, at, length));
    at += length;
  }
}

interface OptionMeaning {
  readonly name: string;
  readonly label: string;
  readonly value: (reader: Reader, at: Octets, length: Octets) => string;
}

const UNKNOWN: OptionMeaning = {
  name: 'tcp.options.unknown',
  label: 'Unknown option',
  value: (reader, at, length) => `kind ${reader.u8(at)}, ${length} octets`,
};

const OPTIONS: ReadonlyMap<number, OptionMeaning> = new Map<number, OptionMeaning>([
  [
    2,
    {
      name: 'tcp.options.mss',
      label: 'Maximum segment size',
      value: (reader, at, length) => (length === 4 ? `${reader.u16(at + 2)}` : `malformed, ${length} octets`),
    },
  ],
  [
    3,
    {
      name: 'tcp.options.wscale',
      label: 'Window scale',
      value: (reader, at, length) => {
        if (length !== 3) return `malformed, ${length} octets`;
        const shift = reader.u8(at + 2);
        return `${shift}: window × ${2 ** Math.min(shift, 14)}`;
      },
    },
  ],
  [4, { name: 'tcp.options.sack_perm', label: 'SACK permitted', value: () => 'yes' }],
  [
    5,
    {
      name: 'tcp.options.sack',
      label: 'SACK',
      value: (reader, at, length) => {
        const blocks = Array.from({ length: Math.floor((length - 2) / 8) }, (_, index) => at + 2 + index * 8);
        return blocks.map((block) => `${reader.u32(block)}–${reader.u32(block + 4)}`).join(', ');
      },
    },
  ],
  [
    8,
    {
      name: 'tcp.options.timestamp',
      label: 'Timestamps',
      value: (reader, at, length) =>
        length === 10
          ? `TSval ${reader.u32(at + 2)}, TSecr ${reader.u32(at + 6)}`
          : `malformed, ${length} octets`,
    },
  ],
]);

function mac(reader: Reader, at: Octets): string {
  const address = new MacAddress();
  address.high = reader.u16(at);
  address.low = reader.u32(at + 2) | 0;
  return formatMac(address);
}

function address4(reader: Reader, at: Octets): string {
  const address = new Address();
  address.setIpv4(reader.u32(at));
  return formatAddress(address);
}

function address6(reader: Reader, at: Octets): string {
  const address = new Address();
  address.version = 6;
  address.w0 = reader.u32(at) | 0;
  address.w1 = reader.u32(at + 4) | 0;
  address.w2 = reader.u32(at + 8) | 0;
  address.w3 = reader.u32(at + 12) | 0;
  return formatAddress(address);
}
