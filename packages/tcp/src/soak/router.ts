/** The routers between an end and its peer: they cut or drop what is too long, complain, and are impersonated. @rfc 1812; 5927 */
import { fraction, type FrameEndpoint, type Random } from '../sim/index.ts';
import type { Micros, Octets } from '../units.ts';
import type { Address } from '../wire/address.ts';
import { parseAddress } from '../wire/address-text.ts';
import { viewOf } from '../wire/byte-view.ts';
import { ETHERNET_HEADER_LENGTH } from '../wire/ethernet.ts';
import {
  ICMP_FRAGMENTATION_NEEDED,
  ICMP_SOURCE_QUENCH,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  IcmpMessage,
  writeIcmp,
} from '../wire/icmp.ts';
import { IPV4_HEADER_LENGTH, Ipv4Header, PROTOCOL_ICMP, PROTOCOL_TCP, writeIpv4 } from '../wire/ipv4.ts';
import { SYN } from '../wire/segment.ts';

export interface RoutePlan {
  /** The longest packet that passes whole; 68 or more. */
  readonly mtu: Octets;
  /** Whether a router says so when it drops a longer one that may not be cut. */
  readonly tells: boolean;
  /** Share of the segments of which an error says that they may not have arrived, though they do. */
  readonly errors: number;
  /** Share of the segments of which a stranger tells a lie. */
  readonly lies: number;
  /** Share of the segments whose window somebody on the way makes smaller: the peer seems to take it back. */
  readonly shrinks: number;
}

/** Everything passes. */
export const CLEAN: RoutePlan = { mtu: 65_535, tells: true, errors: 0, lies: 0, shrinks: 0 };

const ROUTER: Readonly<Address> = parseAddress('10.0.0.254');
/** An error comes this much later, at most. */
const LATEST: Micros = 20_000;
/** Of the header and eight octets more. */
const QUOTED: Octets = IPV4_HEADER_LENGTH + 8;

export class Router implements FrameEndpoint {
  readonly #host: FrameEndpoint;
  readonly #plan: RoutePlan;
  readonly #random: Random;
  readonly #sees: (frame: Uint8Array) => void;
  /** Errors on their way back, and pieces of packets that were cut. */
  #errors: { readonly at: Micros; readonly frame: Uint8Array }[] = [];
  readonly #pieces: Uint8Array[] = [];

  /** @param sees each frame of the host, as it left it */
  constructor(host: FrameEndpoint, plan: RoutePlan, random: Random, sees: (frame: Uint8Array) => void) {
    this.#sees = sees;
    this.#host = host;
    this.#plan = plan;
    this.#random = random;
  }

  get maxFrame(): Octets {
    return this.#host.maxFrame;
  }

  onFrame(now: Micros, bytes: Uint8Array, start: number, end: number): void {
    this.#host.onFrame(now, bytes, start, end);
  }

  pollTransmit(now: Micros, into: Uint8Array, start: number): Octets {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        into.set(piece, start);
        return piece.length;
      }
      const length = this.#host.pollTransmit(now, into, start);
      if (length === 0) return 0;
      const frame = into.subarray(start, start + length);
      this.#sees(frame);
      if (this.#passes(now, frame)) return length;
    }
  }

  pollTimeout(): Micros {
    return this.#errors.reduce((first, { at }) => Math.min(first, at), this.#host.pollTimeout());
  }

  onTimeout(now: Micros): void {
    const due = this.#errors.filter(({ at }) => at <= now);
    this.#errors = this.#errors.filter(({ at }) => at > now);
    for (const { frame } of due) this.#host.onFrame(now, frame, 0, frame.length);
    this.#host.onTimeout(now);
  }

  #passes(now: Micros, frame: Uint8Array): boolean {
    const view = viewOf(frame);
    if (view.getUint16(12) !== 0x0800 || view.getUint8(PACKET + 9) !== PROTOCOL_TCP) return true;
    const { mtu, tells, errors, lies, shrinks } = this.#plan;
    if (fraction(this.#random) < errors) this.#complain(now, frame);
    if (fraction(this.#random) < lies) this.#lie(now, frame);
    if (fraction(this.#random) < shrinks) this.#shrink(view);
    if (view.getUint16(PACKET + 2) <= mtu) return true;
    if ((view.getUint16(PACKET + 6) & DONT_FRAGMENT) === 0) this.#cut(frame);
    // Routers older than RFC 1191 do not say what they could take.
    else if (tells)
      this.#tell(now, frame, ICMP_UNREACHABLE, ICMP_FRAGMENTATION_NEEDED, this.#random() % 4 === 0 ? 0 : mtu);
    return false;
  }

  /** An error that is true of the road and harmless to the connection. */
  #complain(now: Micros, frame: Uint8Array): void {
    const code = this.#random() % 16;
    if (this.#random() % 2 === 0) this.#tell(now, frame, ICMP_TIME_EXCEEDED, code & 1, 0);
    else if (!HARD.has(code) || !isSyn(frame)) {
      if (code !== ICMP_FRAGMENTATION_NEEDED) this.#tell(now, frame, ICMP_UNREACHABLE, code, 0);
    }
  }

  /** What a stranger might write who sees some of the segments, or none. */
  #lie(now: Micros, frame: Uint8Array): void {
    const forged = frame.slice();
    switch (this.#random() % 4) {
      case 0:
        return this.#tell(now, frame, ICMP_UNREACHABLE, ICMP_FRAGMENTATION_NEEDED, this.#random() % 1500);
      case 1:
        return this.#tell(now, frame, ICMP_SOURCE_QUENCH, 0, 0);
      case 2:
        // A number that is not in flight.
        viewOf(forged).setUint32(SEQ, (viewOf(frame).getUint32(SEQ) + 0x4000_0000) >>> 0);
        return this.#tell(now, forged, ICMP_UNREACHABLE, 2 + (this.#random() % 3), this.#random() % 1500);
      default:
        forged[PACKET + (this.#random() % QUOTED)] ^= 1 << (this.#random() % 8);
        return this.#tell(now, forged, ICMP_TIME_EXCEEDED, 0, 0);
    }
  }

  /** The checksum stays right: what one word loses, the sum gains. @rfc 1624 3 */
  #shrink(view: DataView): void {
    const window = view.getUint16(WINDOW);
    const less = window === 0 ? 0 : this.#random() % window;
    const sum = view.getUint16(CHECKSUM) + window - less;
    view.setUint16(WINDOW, less);
    view.setUint16(CHECKSUM, (sum & 0xffff) + (sum >>> 16));
  }

  /** An error about `frame` goes back to the host that sent it. */
  #tell(now: Micros, frame: Uint8Array, type: number, code: number, mtu: Octets): void {
    const message = new IcmpMessage();
    message.type = type;
    message.code = code;
    message.mtu = mtu;
    message.bytes = frame;
    message.bodyStart = PACKET;
    message.bodyEnd = frame.length;
    const back = new Uint8Array(PACKET + IPV4_HEADER_LENGTH + 8 + 68);
    back.set(frame.subarray(6, 12), 0);
    back.set(frame.subarray(0, 6), 6);
    back.set(frame.subarray(12, PACKET), 12);
    const length = writeIcmp(message, back, PACKET + IPV4_HEADER_LENGTH);
    const ip = new Ipv4Header();
    ip.source.copyFrom(ROUTER);
    ip.destination.setIpv4(viewOf(frame).getInt32(PACKET + 12));
    ip.protocol = PROTOCOL_ICMP;
    ip.ttl = 60;
    writeIpv4(ip, back, PACKET, length);
    const at = now + 1 + (this.#random() % LATEST);
    this.#errors.push({ at, frame: back.subarray(0, PACKET + IPV4_HEADER_LENGTH + length) });
  }

  /** In pieces of at most the road's MTU, of which some come in another order. @rfc 791 3.2 */
  #cut(frame: Uint8Array): void {
    const end = PACKET + viewOf(frame).getUint16(PACKET + 2);
    const most = Math.floor((this.#plan.mtu - IPV4_HEADER_LENGTH) / 8) * 8;
    for (let from = PACKET + IPV4_HEADER_LENGTH; from < end; from += most) {
      const to = Math.min(end, from + most);
      const piece = new Uint8Array(PACKET + IPV4_HEADER_LENGTH + to - from);
      piece.set(frame.subarray(0, PACKET + IPV4_HEADER_LENGTH));
      piece.set(frame.subarray(from, to), PACKET + IPV4_HEADER_LENGTH);
      const ip = new Ipv4Header();
      const view = viewOf(piece);
      ip.id = view.getUint16(PACKET + 4);
      ip.ttl = view.getUint8(PACKET + 8);
      ip.protocol = PROTOCOL_TCP;
      ip.source.setIpv4(view.getInt32(PACKET + 12));
      ip.destination.setIpv4(view.getInt32(PACKET + 16));
      writeIpv4(ip, piece, PACKET, to - from);
      const offset = (from - PACKET - IPV4_HEADER_LENGTH) / 8;
      const flags = (to < end ? MORE_FRAGMENTS : 0) | offset;
      // The checksum was written for a whole packet: what is added to a word is taken off the sum.
      const sum = view.getUint16(PACKET + 10) - flags;
      view.setUint16(PACKET + 6, flags);
      view.setUint16(PACKET + 10, sum >= 0 ? sum : sum + 0xffff);
      if (this.#random() % 3 === 0) this.#pieces.unshift(piece);
      else this.#pieces.push(piece);
    }
  }
}

function isSyn(frame: Uint8Array): boolean {
  return (frame[PACKET + IPV4_HEADER_LENGTH + 13] & SYN) !== 0;
}

/** Protocol and port unreachable: they end a connection that is not open yet, and no other. */
const HARD: ReadonlySet<number> = new Set([2, 3]);
const PACKET = ETHERNET_HEADER_LENGTH;
const SEQ = PACKET + IPV4_HEADER_LENGTH + 4;
const WINDOW = PACKET + IPV4_HEADER_LENGTH + 14;
const CHECKSUM = PACKET + IPV4_HEADER_LENGTH + 16;
const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;
