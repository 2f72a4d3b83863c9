/**
 * Writes pcapng: one section, its interfaces, packets with notes, statistics at the end. Bytes gather in a buffer that
 * the caller takes away in large pieces, because a write per packet costs more than making the packet.
 *
 * Times are two integers: microseconds since 1970 (or since whatever the host's clock counts from) as everywhere in
 * these packages, and the nanoseconds left over, 0 to 999. Together they are exact past the year 2200 without BigInt.
 */
import { MisuseError } from '@tcblab/tcp';
import type { Micros, Octets } from '@tcblab/tcp';
import { writeUtf8 } from '../utf8.ts';
import {
  BYTE_ORDER_MAGIC,
  COMMENT,
  END_OF_OPTIONS,
  ENHANCED_PACKET,
  EPB,
  INTERFACE,
  INTERFACE_DESCRIPTION,
  INTERFACE_STATISTICS,
  LINKTYPE_ETHERNET,
  NAME,
  NAME_RESOLUTION,
  SECTION,
  SECTION_HEADER,
  STATISTICS,
} from './format.ts';
import { addressAndMask, addressOctets, ipv6AddressAndPrefix, macOctets } from './interface-address.ts';
import type { CaptureTime } from './timestamp.ts';

/** One value for every interface of ours: tcpdump refuses a file whose interfaces differ in it. */
export const SNAP_LENGTH: Octets = 262_144;

/** What a reader should know of the file as a whole. */
export interface SectionInfo {
  readonly hardware?: string;
  readonly os?: string;
  /** The program that writes. */
  readonly application?: string;
  readonly comment?: string;
}

/** One interface that packets were seen on. All are Ethernet and share one snap length. */
export interface InterfaceInfo {
  /** Number of the host it belongs to: the top 8 bits of its packets' ids. */
  readonly host: number;
  /** Such as `host-a:eth0`. */
  readonly name: string;
  readonly description?: string;
  /** Such as `02:00:00:00:00:0a`. */
  readonly mac?: string;
  /** Address and prefix length, such as `10.0.0.1/24`. */
  readonly ipv4?: string;
  /** The same of IPv6, such as `fd00::1/64`. */
  readonly ipv6?: string;
  /** Bits per second. */
  readonly speed?: number;
  readonly os?: string;
  /** The capture filter, in libpcap's language. */
  readonly filter?: string;
}

/** Names for one IPv4 address. */
export interface NameInfo {
  readonly address: string;
  readonly names: readonly string[];
}

/** What an interface counted; absent is unknown. Times are microseconds and left-over nanoseconds as in a packet. */
export interface InterfaceStatistics {
  readonly start?: CaptureTime;
  readonly end: CaptureTime;
  /** Packets that came in while capturing. */
  readonly received?: number;
  /** Of these, lost for want of room in the interface. */
  readonly dropped?: number;
  /** Lost for want of room between the kernel and us. */
  readonly osDropped?: number;
}

/** One frame to write. The record and its bytes are read during the call only: a busy caller keeps one and refills it. */
export interface PacketToWrite {
  /** Index of the interface in the order given to the constructor. */
  interface: number;
  micros: Micros;
  nanos: number;
  /** The captured octets are bytes[start, end). */
  bytes: Uint8Array;
  start: number;
  end: number;
  /** The frame's length on the wire: `end - start` or more. */
  originalLength: Octets;
  /** Direction and checksum bits ored together, such as `OUTBOUND | CHECKSUM_NOT_READY`. */
  flags: number;
  /** Index of the frame on its host: the packet id's lower part. See PacketId. */
  frame: number;
}

export interface PcapngWriterOptions {
  readonly section?: SectionInfo;
  readonly interfaces: readonly InterfaceInfo[];
  readonly names?: readonly NameInfo[];
  /** `full` turns true at this many octets; 1 MiB is where larger pieces stop paying. */
  readonly batch?: Octets;
}

const DEFAULT_BATCH = 1 << 20;
/** Room past a batch for the packet that fills it, with a comment of any usual length. */
const SLACK = 1 << 16;
const MAX_OPTION = 0xffff;
const TWO_32 = 0x1_0000_0000;
const EPB_HEADER = 28;

export class PcapngWriter {
  readonly #batch: Octets;
  readonly #hosts: readonly number[];
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #at = 0;
  #spare: Uint8Array<ArrayBuffer> | null = null;
  /** Where the packet that is being written begins; -1 between packets. */
  #open = -1;
  #interface = 0;
  #flags = 0;
  #frame = 0;

  /**
   * @throws MisuseError `bad-interface`, `bad-address` or `bad-mac-address` when there is no interface or one is malformed
   */
  constructor(options: PcapngWriterOptions) {
    if (options.interfaces.length === 0)
      throw new MisuseError('bad-interface', 'a capture needs an interface');
    this.#batch = options.batch ?? DEFAULT_BATCH;
    this.#bytes = new Uint8Array(this.#batch + SLACK);
    this.#view = new DataView(this.#bytes.buffer);
    this.#hosts = options.interfaces.map((info) => info.host);
    this.#section(options.section ?? {});
    for (const info of options.interfaces) this.#describe(info);
    if (options.names !== undefined && options.names.length > 0) this.#names(options.names);
  }

  /** Octets waiting to be taken. */
  get size(): Octets {
    return this.#at;
  }

  /** Whether enough waits for a write to be worth its cost. */
  get full(): boolean {
    return this.#at >= this.#batch;
  }

  /**
   * Write a packet about which there is nothing to note.
   *
   * @throws MisuseError `bad-interface` or `bad-length`; `packet-open` when `end` is still due
   */
  packet(packet: PacketToWrite): void {
    this.begin(packet);
    this.end();
  }

  /** The same, but leave it open for `comment`, since what a packet did is known only after the stack has seen it. */
  begin(packet: PacketToWrite): void {
    if (this.#open >= 0) throw packetOpen('begin');
    const { interface: index, bytes, start, end, originalLength } = packet;
    if (index < 0 || index >= this.#hosts.length) throw noInterface(index);
    const captured = end - start;
    if (captured < 0 || captured > Math.min(originalLength, SNAP_LENGTH) || start < 0 || end > bytes.length) {
      throw new MisuseError(
        'bad-length',
        `[${start}, ${end}) of ${bytes.length}, ${originalLength} on the wire`,
      );
    }
    const padded = (captured + 3) & ~3;
    this.#reserve(EPB_HEADER + padded);
    const at = this.#at;
    const view = this.#view;
    view.setUint32(at, ENHANCED_PACKET, true);
    view.setUint32(at + 8, index, true);
    this.#time(at + 12, packet.micros, packet.nanos);
    view.setUint32(at + 20, captured, true);
    view.setUint32(at + 24, originalLength, true);
    const data = at + EPB_HEADER;
    if (padded > 0) view.setUint32(data + padded - 4, 0, true);
    this.#bytes.set(bytes.subarray(start, end), data);
    this.#open = at;
    this.#at = data + padded;
    this.#interface = index;
    this.#flags = packet.flags;
    this.#frame = packet.frame;
  }

  /** Note something about the open packet: shown by Wireshark beside it. Cut at 65,535 octets. */
  comment(text: string): void {
    if (this.#open < 0)
      throw new MisuseError('no-packet-open', 'comment() belongs between begin() and end()');
    this.#text(COMMENT, text);
  }

  /** Close the packet that `begin` opened. */
  end(): void {
    if (this.#open < 0) throw new MisuseError('no-packet-open', 'end() without begin()');
    this.#reserve(28);
    const at = this.#at;
    const view = this.#view;
    view.setUint32(at, EPB.flags | (4 << 16), true);
    view.setUint32(at + 4, this.#flags, true);
    view.setUint32(at + 8, EPB.packetId | (8 << 16), true);
    view.setUint32(at + 12, this.#frame, true);
    view.setUint32(at + 16, (this.#hosts[this.#interface] << 24) | (this.#frame / TWO_32), true);
    this.#at = at + 20;
    this.#close(this.#open);
    this.#open = -1;
  }

  /** Write what interface `index` counted; once for each, after the last packet. */
  statistics(index: number, counted: InterfaceStatistics): void {
    if (this.#open >= 0) throw packetOpen('statistics');
    if (index < 0 || index >= this.#hosts.length) throw noInterface(index);
    const start = this.#block(INTERFACE_STATISTICS);
    this.#u32(index);
    this.#timestamp(counted.end);
    if (counted.start !== undefined) {
      this.#u32(STATISTICS.start | (8 << 16));
      this.#timestamp(counted.start);
    }
    this.#u32(STATISTICS.end | (8 << 16));
    this.#timestamp(counted.end);
    if (counted.received !== undefined) this.#u64(STATISTICS.received, counted.received);
    if (counted.dropped !== undefined) this.#u64(STATISTICS.dropped, counted.dropped);
    if (counted.osDropped !== undefined) this.#u64(STATISTICS.osDropped, counted.osDropped);
    this.#close(start);
  }

  /**
   * Take what has been written since the last call. The bytes are the caller's from now on.
   *
   * @returns empty when nothing waits
   * @throws MisuseError `packet-open` between `begin` and `end`
   */
  take(): Uint8Array<ArrayBuffer> {
    if (this.#open >= 0) throw packetOpen('take');
    const taken = this.#bytes.subarray(0, this.#at);
    if (this.#at === 0) return taken;
    this.#bytes = this.#spare ?? new Uint8Array(this.#batch + SLACK);
    this.#view = new DataView(this.#bytes.buffer);
    this.#spare = null;
    this.#at = 0;
    return taken;
  }

  /** Hand back bytes that `take` gave, once they are written: their memory is used for the next piece. */
  recycle(taken: Uint8Array<ArrayBuffer>): void {
    if (taken.buffer !== this.#bytes.buffer) this.#spare = new Uint8Array(taken.buffer);
  }

  #section(info: SectionInfo): void {
    const start = this.#block(SECTION_HEADER);
    this.#u32(BYTE_ORDER_MAGIC);
    // Version 1.0. The length is -1, unspecified: a live stream does not know it.
    this.#u32(1);
    this.#u32(0xffff_ffff);
    this.#u32(0xffff_ffff);
    if (info.hardware !== undefined) this.#text(SECTION.hardware, info.hardware);
    if (info.os !== undefined) this.#text(SECTION.os, info.os);
    if (info.application !== undefined) this.#text(SECTION.userApplication, info.application);
    if (info.comment !== undefined) this.#text(COMMENT, info.comment);
    this.#close(start);
  }

  #describe(info: InterfaceInfo): void {
    if (!Number.isInteger(info.host) || info.host < 0 || info.host > 255) {
      throw new MisuseError('bad-interface', `host number ${info.host} is not 0 to 255`);
    }
    const start = this.#block(INTERFACE_DESCRIPTION);
    this.#u32(LINKTYPE_ETHERNET);
    this.#u32(SNAP_LENGTH);
    this.#text(INTERFACE.name, info.name);
    if (info.description !== undefined) this.#text(INTERFACE.description, info.description);
    if (info.ipv4 !== undefined) this.#option(INTERFACE.ipv4, addressAndMask(info.ipv4));
    if (info.ipv6 !== undefined) this.#option(INTERFACE.ipv6, ipv6AddressAndPrefix(info.ipv6));
    if (info.mac !== undefined) this.#option(INTERFACE.mac, macOctets(info.mac));
    if (info.speed !== undefined) this.#u64(INTERFACE.speed, info.speed);
    this.#option(INTERFACE.timeResolution, [9]);
    if (info.filter !== undefined) this.#text(INTERFACE.filter, info.filter);
    if (info.os !== undefined) this.#text(INTERFACE.os, info.os);
    this.#close(start);
  }

  #names(list: readonly NameInfo[]): void {
    const start = this.#block(NAME_RESOLUTION);
    for (const { address, names } of list) {
      const octets = addressOctets(address);
      const head = this.#optionHead(octets.length === 4 ? NAME.ipv4 : NAME.ipv6, MAX_OPTION);
      for (const octet of octets) this.#bytes[this.#at++] = octet;
      const last = head + 4 + MAX_OPTION - 1;
      for (const name of names) {
        if (this.#at >= last) break;
        this.#string(name, last);
        this.#bytes[this.#at++] = 0;
      }
      this.#optionEnd(head);
    }
    // The record that ends the list looks like the option that ends the block, and both are needed.
    this.#u32(NAME.end);
    this.#close(start);
  }

  /** Open a block; its length is filled in by `#close`. */
  #block(type: number): number {
    const start = this.#at;
    this.#u32(type);
    this.#u32(0);
    return start;
  }

  #close(start: number): void {
    this.#reserve(8);
    const view = this.#view;
    const length = this.#at + 8 - start;
    view.setUint32(this.#at, END_OF_OPTIONS, true);
    view.setUint32(this.#at + 4, length, true);
    view.setUint32(start + 4, length, true);
    this.#at = start + length;
  }

  #u32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  #u64(code: number, value: number): void {
    this.#u32(code | (8 << 16));
    this.#u32(value);
    this.#u32(value / TWO_32);
  }

  #timestamp(time: CaptureTime): void {
    this.#reserve(8);
    this.#time(this.#at, time.micros, time.nanos);
    this.#at += 8;
  }

  /** Nanoseconds as two words, the high one first whatever the byte order. */
  #time(at: number, micros: Micros, nanos: number): void {
    const low = (micros % TWO_32) * 1000 + nanos;
    const high = Math.floor(micros / TWO_32) * 1000 + Math.floor(low / TWO_32);
    this.#view.setUint32(at, high, true);
    this.#view.setUint32(at + 4, low, true);
  }

  #option(code: number, value: ArrayLike<number>): void {
    const head = this.#optionHead(code, value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
    this.#optionEnd(head);
  }

  #text(code: number, text: string): void {
    const head = this.#optionHead(code, text.length * 3 + 1);
    // The filter option alone begins with a NUL: the code for "what follows is text".
    const lead = code === INTERFACE.filter ? 1 : 0;
    if (lead === 1) this.#bytes[this.#at++] = 0;
    this.#string(text, head + 4 + MAX_OPTION);
    this.#optionEnd(head);
  }

  /** Text without NULs, which readers take for its end, up to octet `end`. */
  #string(text: string, end: number): void {
    const clean = text.includes('\0') ? text.replaceAll('\0', '') : text;
    this.#at = writeUtf8(clean, this.#bytes, this.#at, end);
  }

  /** Open an option or record whose value has at most `octets`, or is cut at the largest there can be. */
  #optionHead(code: number, octets: Octets): number {
    this.#reserve(4 + Math.min(octets, MAX_OPTION) + 4);
    const head = this.#at;
    this.#view.setUint16(head, code, true);
    this.#at = head + 4;
    return head;
  }

  #optionEnd(head: number): void {
    this.#view.setUint16(head + 2, this.#at - head - 4, true);
    while (((this.#at - head) & 3) !== 0) this.#bytes[this.#at++] = 0;
  }

  /** Room for `octets` more. Doubling, so that a caller who never takes pays for each octet once. */
  #reserve(octets: Octets): void {
    const needed = this.#at + octets;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

function noInterface(index: number): MisuseError {
  return new MisuseError('bad-interface', `no interface ${index}`);
}

function packetOpen(call: string): MisuseError {
  return new MisuseError('packet-open', `${call}() while a packet is open: end() comes first`);
}
