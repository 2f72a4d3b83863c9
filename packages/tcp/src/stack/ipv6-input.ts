/** IPv6 packets that come to one host: which are taken, and who gets what they carry. @rfc 8200; 4443 */
import type { Micros } from '../units.ts';
import { type Address, isHostAddress, isMulticastAddress, sameAddress } from '../wire/address.ts';
import { ICMP_HEADER_LENGTH, IcmpMessage } from '../wire/icmp.ts';
import {
  ICMPV6_ECHO,
  ICMPV6_ECHO_REPLY,
  ICMPV6_PORT_UNREACHABLE,
  ICMPV6_REASSEMBLY_TIME_EXCEEDED,
  ICMPV6_TIME_EXCEEDED,
  ICMPV6_UNREACHABLE,
  parseIcmpv6,
} from '../wire/icmpv6.ts';
import { PROTOCOL_TCP, PROTOCOL_UDP } from '../wire/ipv4.ts';
import {
  IPV6_FRAGMENT_HEADER_LENGTH,
  readIpv6Fragment,
  restoreIpv6,
  wholeIpv6Header,
} from '../wire/ipv6-fragment.ts';
import {
  IPV6_HEADER_LENGTH,
  Ipv6Header,
  PROTOCOL_ICMPV6,
  PROTOCOL_IPV6_FRAGMENT,
  parseIpv6,
} from '../wire/ipv6.ts';
import { Segment } from '../wire/segment.ts';
import { parseTcpIpv6Packet } from '../wire/tcp-packet.ts';
import { hasReferenceCodec } from '../tcb/reference.ts';
import { Fragments } from './fragments.ts';
import type { HostAddresses } from './host-addresses.ts';
import { quotedPorts, reportOfIcmpv6 } from './icmp-errors.ts';
import { RateLimit } from './rate-limit.ts';
import { SegmentInput, type InputOptions } from './segment-input.ts';

/** ICMPv6 errors that this host sends: so many at once, and one more each interval. @rfc 4443 2.4-limit */
const ERRORS = 10;
const ERROR_INTERVAL: Micros = 100_000;

export class Ipv6Input {
  readonly #addresses: HostAddresses;
  readonly #options: InputOptions;
  readonly #segments: SegmentInput;
  /** The common packet is read in one pass, any other layer by layer. */
  readonly #inOnePass: boolean;
  // One record of each kind serves every packet.
  readonly #ip = new Ipv6Header();
  readonly #icmp = new IcmpMessage();
  readonly #segment = new Segment();
  readonly #fragments = new Fragments();
  readonly #errors = new RateLimit(ERRORS, ERROR_INTERVAL);

  constructor(addresses: HostAddresses, options: InputOptions) {
    this.#addresses = addresses;
    this.#options = options;
    this.#segments = new SegmentInput(options);
    this.#inOnePass = hasReferenceCodec(options.parts);
  }

  /** A packet has come: bytes[start, end), valid during the call. Whatever it holds, nothing is thrown. */
  onPacket(now: Micros, bytes: Uint8Array, start: number, end: number): void {
    const ip = this.#ip;
    const whole = this.#inOnePass && parseTcpIpv6Packet(bytes, start, end, ip, this.#segment);
    const bad = whole ? null : parseIpv6(bytes, start, end, ip);
    if (bad !== null) return this.#drop(now, `${bad.layer}: ${bad.reason}`);
    const own = this.#addresses.find(ip.destination);
    // Who speaks to a group of this link is answered from the address that suits him.
    const local = own ?? (this.#mayBeForUs(ip) ? this.#addresses.sourceFor(ip.source) : null);
    if (local === null) return this.#drop(now, 'ipv6: not for this host');
    // What claims to come from nowhere, from a group or from us answers nobody. RFC 9293 §3.9.2.3, MUST-63; RFC 4443 §2.4 e.
    if (!isHostAddress(ip.source) || this.#addresses.find(ip.source) !== null)
      return this.#drop(now, 'ipv6: bad source');
    if (whole) this.#options.endpoints.onSegment(now, local, ip.source, this.#segment);
    else if (ip.protocol === PROTOCOL_TCP) this.#segments.onPacket(now, bytes, ip, local);
    else if (ip.protocol === PROTOCOL_ICMPV6) this.#onIcmp(now, bytes, local);
    else if (ip.protocol === PROTOCOL_IPV6_FRAGMENT) this.#onFragment(now, bytes, start);
    else this.#onUnknown(now, bytes, start, local);
  }

  pollTimeout(): Micros {
    return this.#fragments.pollTimeout();
  }

  /** @rfc 8200 4.5 */
  onTimeout(now: Micros): void {
    for (const packet of this.#fragments.onTimeout(now)) {
      restoreIpv6(packet);
      if (parseIpv6(packet, 0, packet.length, this.#ip) !== null) continue;
      const local = this.#addresses.find(this.#ip.destination);
      if (local !== null)
        this.#answer(now, ICMPV6_TIME_EXCEEDED, ICMPV6_REASSEMBLY_TIME_EXCEEDED, packet, local);
    }
  }

  /** A packet of ours came back from the link: no host answers at its next hop. @rfc 4861 7.2.2 */
  onUndeliverable(now: Micros, packet: Uint8Array): void {
    const ip = this.#ip;
    if (parseIpv6(packet, 0, packet.length, ip) !== null) return;
    const local = this.#addresses.find(ip.source);
    if (local !== null) this.#segments.onUndeliverable(now, packet, ip, local);
  }

  /** @rfc 8200 4.5; 5722 4 */
  #onFragment(now: Micros, bytes: Uint8Array, start: number): void {
    const ip = this.#ip;
    const { protocol, offset, more, id } = readIpv6Fragment(bytes, ip);
    const taken = this.#fragments.take(now, {
      key: `${wordsOf(ip.source)}:${wordsOf(ip.destination)}:${id}`,
      offset,
      more,
      header: offset === 0 ? wholeIpv6Header(bytes, start, protocol) : null,
      headerLength: 0,
      bytes,
      payloadStart: ip.payloadStart + IPV6_FRAGMENT_HEADER_LENGTH,
      end: ip.payloadEnd,
    });
    if (taken.kind === 'dropped') return this.#drop(now, `ipv6: fragment ${taken.reason}`);
    if (taken.kind === 'waits') return;
    restoreIpv6(taken.packet);
    this.onPacket(now, taken.packet, 0, taken.packet.length);
  }

  /** Neither TCP nor ICMP: nobody here takes it, and the sender of a datagram is told. @rfc 4443 3.1 */
  #onUnknown(now: Micros, bytes: Uint8Array, start: number, local: Address): void {
    this.#drop(now, 'ipv6: no such protocol here');
    if (this.#ip.protocol !== PROTOCOL_UDP) return;
    const about = bytes.subarray(start, this.#ip.payloadEnd);
    this.#answer(now, ICMPV6_UNREACHABLE, ICMPV6_PORT_UNREACHABLE, about, local);
  }

  /** Tell the sender of `about`, which `#ip` describes, that it is not taken. ICMPv6 is never answered so. @rfc 4443 2.4-never */
  #answer(now: Micros, type: number, code: number, about: Uint8Array, local: Address): void {
    if (this.#ip.protocol === PROTOCOL_ICMPV6 || !this.#errors.allows(now)) return;
    this.#options.output.icmpError(local, this.#ip.source, type, code, about);
  }

  /** Whether a group may be asked something that every one of its hosts answers. @rfc 9293 3.9.2.3 MUST-57 */
  #mayBeForUs({ destination, protocol }: Ipv6Header): boolean {
    return protocol === PROTOCOL_ICMPV6 && isMulticastAddress(destination);
  }

  #onIcmp(now: Micros, bytes: Uint8Array, local: Address): void {
    const message = this.#icmp;
    const bad = parseIcmpv6(bytes, this.#ip, message);
    if (bad !== null) return this.#drop(now, `${bad.layer}: ${bad.reason}`);
    if (message.type === ICMPV6_ECHO_REPLY) return this.#drop(now, 'icmpv6: not asked for');
    if (message.type !== ICMPV6_ECHO) return this.#onIcmpError(now, message, local);
    const { id, sequence } = message;
    // A request that came in fragments may be longer than any packet of ours.
    const length = IPV6_HEADER_LENGTH + ICMP_HEADER_LENGTH + message.bodyEnd - message.bodyStart;
    if (length > this.#options.mtu) return this.#drop(now, 'icmpv6: too long to be answered');
    const body = bytes.slice(message.bodyStart, message.bodyEnd);
    this.#options.output.echo(local, this.#ip.source, { id, sequence, body });
  }

  /** @rfc 9293 3.9.2.2 */
  #onIcmpError(now: Micros, message: IcmpMessage, local: Address): void {
    const { quote } = message;
    if (quote.protocol !== PROTOCOL_TCP || !sameAddress(quote.source, local))
      return this.#drop(now, 'icmpv6: about no segment of ours');
    const report = reportOfIcmpv6(message);
    this.#options.endpoints.onIcmpReport(now, local, quote.destination, quotedPorts(message), report);
  }

  #drop(now: Micros, reason: string): void {
    this.#options.counters.drop(reason);
    this.#options.tracer?.dropped(now, 0, reason);
  }
}

function wordsOf({ w0, w1, w2, w3 }: Address): string {
  return `${w0}:${w1}:${w2}:${w3}`;
}
