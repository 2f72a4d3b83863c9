/**
 * Reads pcapng as anyone may have written it: either byte order, many sections, any time resolution. What cannot be
 * read ends the reading with a fault that says where and why; the packets before it are kept.
 */
import { decodeUtf8 } from '../utf8.ts';
import type { PacketId } from '../packet-id.ts';
import type {
  CapturedPacket,
  Capture,
  CapturedInterface,
  CaptureFault,
  InterfaceCounters,
} from '../captured.ts';
import {
  BYTE_ORDER_MAGIC,
  COMMENT,
  END_OF_OPTIONS,
  ENHANCED_PACKET,
  EPB,
  INTERFACE,
  INTERFACE_DESCRIPTION,
  INTERFACE_STATISTICS,
  NAME,
  NAME_RESOLUTION,
  PACKET,
  SECTION,
  SECTION_HEADER,
  SIMPLE_PACKET,
  STATISTICS,
} from './format.ts';
import {
  formatAddressAndMask,
  formatIpv6AndPrefix,
  formatMacOctets,
  formatOctets,
} from './interface-address.ts';
import { timeOf } from './timestamp.ts';
import type { CaptureTime } from './timestamp.ts';

/** A description that can still learn: the statistics come at the end of the file. */
type OpenInterface = { -readonly [Key in keyof CapturedInterface]: CapturedInterface[Key] };

const TWO_32 = 0x1_0000_0000;

/** Read a whole file. Packets' bytes are views of `bytes`. */
export function readPcapng(bytes: Uint8Array): Capture {
  return new Reader(bytes).read();
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #little = true;
  #section = -1;
  /** Index in `#interfaces` of the current section's interface 0. */
  #first = 0;
  readonly #interfaces: OpenInterface[] = [];
  readonly #packets: CapturedPacket[] = [];
  readonly #names = new Map<string, readonly string[]>();
  readonly #sections: { hardware?: string; os?: string; application?: string; comments: string[] }[] = [];
  #fault: CaptureFault | null = null;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  read(): Capture {
    if (this.#bytes.length < 12) this.#fail(0, 'not-a-capture', `a file of ${this.#bytes.length} octets`);
    let at = 0;
    while (at < this.#bytes.length && this.#fault === null) {
      const length = this.#block(at);
      at += length;
    }
    return {
      format: 'pcapng',
      sections: this.#sections,
      interfaces: this.#interfaces,
      names: this.#names,
      packets: this.#packets,
      fault: this.#fault,
    };
  }

  /** Read the block at `at`. @returns its length; 0 after a fault */
  #block(at: number): number {
    const view = this.#view;
    const left = this.#bytes.length - at;
    if (left < 12) return this.#fail(at, 'truncated', `${left} octets are left, a block has at least 12`);
    const type = view.getUint32(at, this.#little);
    // The section header's type reads the same in both orders: only now is the order known.
    if (type === SECTION_HEADER && !this.#byteOrder(at)) return 0;
    if (this.#section < 0 && type !== SECTION_HEADER) {
      return this.#fail(at, 'not-a-capture', 'the file does not begin with a section header');
    }
    const length = view.getUint32(at + 4, this.#little);
    if (length < 12 || length % 4 !== 0) {
      return this.#fail(at + 4, 'bad-length', `a block of ${length} octets: not a multiple of 4 from 12 on`);
    }
    if (length > left)
      return this.#fail(at, 'truncated', `a block of ${length} octets, and ${left} are left`);
    const trailer = view.getUint32(at + length - 4, this.#little);
    if (trailer !== length) {
      return this.#fail(
        at + length - 4,
        'bad-length',
        `the block says ${length} octets first and ${trailer} last`,
      );
    }
    return this.#body(type, at, at + length - 4) ? length : 0;
  }

  #body(type: number, at: number, end: number): boolean {
    switch (type) {
      case SECTION_HEADER:
        return this.#sectionHeader(at, end);
      case INTERFACE_DESCRIPTION:
        return this.#description(at, end);
      case ENHANCED_PACKET:
        return this.#packet(at, this.#view.getUint32(at + 8, this.#little), end);
      case PACKET:
        return this.#packet(at, this.#view.getUint16(at + 8, this.#little), end);
      case SIMPLE_PACKET:
        return this.#simple(at, end);
      case NAME_RESOLUTION:
        return this.#resolution(at, end);
      case INTERFACE_STATISTICS:
        return this.#statistics(at, end);
      default:
        // Unknown blocks are to be skipped, and secrets are none of our business.
        return true;
    }
  }

  #byteOrder(at: number): boolean {
    const magic = this.#view.getUint32(at + 8, true);
    if (magic === BYTE_ORDER_MAGIC) this.#little = true;
    else if (this.#view.getUint32(at + 8, false) === BYTE_ORDER_MAGIC) this.#little = false;
    else {
      this.#fail(at + 8, 'bad-magic', `the byte-order magic is 0x${magic.toString(16).padStart(8, '0')}`);
      return false;
    }
    return true;
  }

  #sectionHeader(at: number, end: number): boolean {
    if (!this.#holds(at, end, 24, 'section header')) return false;
    const major = this.#view.getUint16(at + 12, this.#little);
    if (major !== 1) {
      this.#fail(at + 12, 'unsupported', `version ${major} of pcapng; this reader knows 1`);
      return false;
    }
    const section: { hardware?: string; os?: string; application?: string; comments: string[] } = {
      comments: [],
    };
    const whole = this.#options(at + 24, end, (code, from, to) => {
      if (code === COMMENT) section.comments.push(this.#string(from, to));
      else if (code === SECTION.hardware) section.hardware = this.#string(from, to);
      else if (code === SECTION.os) section.os = this.#string(from, to);
      else if (code === SECTION.userApplication) section.application = this.#string(from, to);
      return null;
    });
    if (!whole) return false;
    this.#section++;
    this.#first = this.#interfaces.length;
    this.#sections.push(section);
    return true;
  }

  #description(at: number, end: number): boolean {
    if (!this.#holds(at, end, 16, 'interface description')) return false;
    const described: OpenInterface = {
      section: this.#section,
      linkType: this.#view.getUint16(at + 8, this.#little),
      snapLength: this.#view.getUint32(at + 12, this.#little),
      // Microseconds unless said otherwise.
      timeResolution: 6,
      timeOffset: 0,
    };
    const whole = this.#options(at + 16, end, (code, from, to) => {
      const length = to - from;
      switch (code) {
        case INTERFACE.name:
          described.name = this.#string(from, to);
          return null;
        case INTERFACE.description:
          described.description = this.#string(from, to);
          return null;
        case INTERFACE.os:
          described.os = this.#string(from, to);
          return null;
        case INTERFACE.ipv4:
          if (length !== 8) return 8;
          described.ipv4 = formatAddressAndMask(this.#bytes.subarray(from, to));
          return null;
        case INTERFACE.ipv6:
          if (length !== 17) return 17;
          described.ipv6 = formatIpv6AndPrefix(this.#bytes.subarray(from, to));
          return null;
        case INTERFACE.mac:
          if (length !== 6) return 6;
          described.mac = formatMacOctets(this.#bytes.subarray(from, to));
          return null;
        case INTERFACE.speed:
          if (length !== 8) return 8;
          described.speed = this.#u64(from);
          return null;
        case INTERFACE.timeResolution:
          if (length !== 1) return 1;
          described.timeResolution = this.#bytes[from];
          return null;
        case INTERFACE.timeOffset:
          if (length !== 8) return 8;
          described.timeOffset = Number(this.#view.getBigInt64(from, this.#little));
          return null;
        case INTERFACE.filter:
          if (length > 0 && this.#bytes[from] === 0) described.filter = this.#string(from + 1, to);
          return null;
        default:
          return null;
      }
    });
    if (whole) this.#interfaces.push(described);
    return whole;
  }

  /** An enhanced packet, or the obsolete one before it, which differs only in the width of its interface. */
  #packet(at: number, index: number, end: number): boolean {
    if (!this.#holds(at, end, 28, 'packet')) return false;
    const data = at + 28;
    const captured = this.#view.getUint32(at + 20, this.#little);
    const on = this.#first + index;
    if (on >= this.#interfaces.length) {
      const known = this.#interfaces.length - this.#first;
      this.#fail(at + 8, 'unknown-interface', `interface ${index}, and this section has described ${known}`);
      return false;
    }
    if (captured > end - data) {
      this.#fail(at + 20, 'bad-length', `${captured} captured octets in a block with room for ${end - data}`);
      return false;
    }
    let flags = 0;
    let id: PacketId | null = null;
    let comments: string[] = NO_COMMENTS;
    const whole = this.#options(data + ((captured + 3) & ~3), end, (code, from, to) => {
      if (code === COMMENT) {
        if (comments === NO_COMMENTS) comments = [];
        comments.push(this.#string(from, to));
      } else if (code === EPB.flags) {
        if (to - from !== 4) return 4;
        flags = this.#view.getUint32(from, this.#little);
      } else if (code === EPB.packetId) {
        if (to - from !== 8) return 8;
        id = this.#packetId(from);
      }
      return null;
    });
    if (!whole) return false;
    const time = this.#time(at + 12, this.#interfaces[on]);
    this.#packets.push({
      interface: on,
      micros: time.micros,
      nanos: time.nanos,
      bytes: this.#bytes.subarray(data, data + captured),
      originalLength: this.#view.getUint32(at + 24, this.#little),
      flags,
      id,
      comments,
      at,
    });
    return true;
  }

  /** A packet with neither time nor options, on interface 0. Its captured length is the lesser of two others. */
  #simple(at: number, end: number): boolean {
    if (!this.#holds(at, end, 12, 'simple packet')) return false;
    if (this.#first >= this.#interfaces.length) {
      this.#fail(at, 'unknown-interface', 'a simple packet before any interface');
      return false;
    }
    const original = this.#view.getUint32(at + 8, this.#little);
    const snap = this.#interfaces[this.#first].snapLength;
    const captured = Math.min(original, snap === 0 ? original : snap);
    if (captured > end - at - 12) {
      this.#fail(
        at + 8,
        'bad-length',
        `${captured} captured octets in a block with room for ${end - at - 12}`,
      );
      return false;
    }
    this.#packets.push({
      interface: this.#first,
      micros: 0,
      nanos: 0,
      bytes: this.#bytes.subarray(at + 12, at + 12 + captured),
      originalLength: original,
      flags: 0,
      id: null,
      comments: NO_COMMENTS,
      at,
    });
    return true;
  }

  #resolution(at: number, end: number): boolean {
    return this.#options(at + 8, end, (code, from, to) => {
      if (code !== NAME.ipv4 && code !== NAME.ipv6) return null;
      const length = code === NAME.ipv4 ? 4 : 16;
      if (to - from < length) return length;
      const names = this.#string(from + length, to)
        .split('\0')
        .filter((name) => name !== '');
      const address = formatOctets(this.#bytes.subarray(from, from + length));
      this.#names.set(address, [...(this.#names.get(address) ?? []), ...names]);
      return null;
    });
  }

  #statistics(at: number, end: number): boolean {
    if (!this.#holds(at, end, 20, 'interface statistics')) return false;
    const index = this.#view.getUint32(at + 8, this.#little);
    const described = this.#interfaces[this.#first + index];
    if (described === undefined) {
      this.#fail(at + 8, 'unknown-interface', `statistics of interface ${index}`);
      return false;
    }
    const counted: { -readonly [Key in keyof InterfaceCounters]: InterfaceCounters[Key] } = {};
    const whole = this.#options(at + 20, end, (code, from, to) => {
      const time = code === STATISTICS.start || code === STATISTICS.end;
      const known =
        time || code === STATISTICS.received || code === STATISTICS.dropped || code === STATISTICS.osDropped;
      if (!known) return null;
      if (to - from !== 8) return 8;
      if (code === STATISTICS.start) counted.start = this.#time(from, described);
      else if (code === STATISTICS.end) counted.end = this.#time(from, described);
      else if (code === STATISTICS.received) counted.received = this.#u64(from);
      else if (code === STATISTICS.dropped) counted.dropped = this.#u64(from);
      else counted.osDropped = this.#u64(from);
      return null;
    });
    if (whole) described.statistics = counted;
    return whole;
  }

  /**
   * Walk options, or the records of a name block, which have the same form. A missing end-of-options is forgiven.
   *
   * @param each is given code and place; it returns the length it needed when the one it got is impossible
   */
  #options(
    start: number,
    end: number,
    each: (code: number, from: number, to: number) => number | null,
  ): boolean {
    let at = start;
    while (at + 4 <= end) {
      const code = this.#view.getUint16(at, this.#little);
      const length = this.#view.getUint16(at + 2, this.#little);
      if (code === END_OF_OPTIONS) return true;
      const from = at + 4;
      if (from + length > end) {
        this.#fail(at, 'bad-option', `option ${code} of ${length} octets runs past its block`);
        return false;
      }
      const needed = each(code, from, from + length);
      if (needed !== null) {
        this.#fail(at + 2, 'bad-option', `option ${code} of ${length} octets, which should have ${needed}`);
        return false;
      }
      at = from + ((length + 3) & ~3);
    }
    return true;
  }

  #time(at: number, on: CapturedInterface): CaptureTime {
    const high = this.#view.getUint32(at, this.#little);
    return timeOf(high, this.#view.getUint32(at + 4, this.#little), on);
  }

  #packetId(at: number): PacketId | null {
    const high = this.#view.getUint32(at + (this.#little ? 4 : 0), this.#little);
    const low = this.#view.getUint32(at + (this.#little ? 0 : 4), this.#little);
    const frame = (high & 0xff_ffff) * TWO_32 + low;
    return frame > Number.MAX_SAFE_INTEGER ? null : { host: high >>> 24, frame };
  }

  #u64(at: number): number {
    return Number(this.#view.getBigUint64(at, this.#little));
  }

  #string(from: number, to: number): string {
    return decodeUtf8(this.#bytes, from, to);
  }

  #holds(at: number, end: number, octets: number, what: string): boolean {
    if (end - at >= octets) return true;
    this.#fail(at + 4, 'bad-length', `a ${what} needs ${octets + 4} octets, this one has ${end - at + 4}`);
    return false;
  }

  #fail(at: number, reason: CaptureFault['reason'], detail: string): 0 {
    this.#fault = { at, reason, detail };
    return 0;
  }
}

const NO_COMMENTS: string[] = [];
