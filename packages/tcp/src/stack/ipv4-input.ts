/** IPv4 packets that come to one host: which are taken, and who gets what they carry. */
import type { Micros } from '../units.ts';
import { type Address, isHostAddress, sameAddress } from '../wire/address.ts';
import {
  ICMP_ECHO,
  ICMP_ECHO_REPLY,
  ICMP_HEADER_LENGTH,
  ICMP_PORT_UNREACHABLE,
  ICMP_PROTOCOL_UNREACHABLE,
  ICMP_REASSEMBLY_TIME_EXCEEDED,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  IcmpMessage,
  parseIcmp,
} from '../wire/icmp.ts';
import {
  IPV4_FRAGMENT,
  IPV4_HEADER_LENGTH,
  Ipv4Header,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  parseIpv4,
  restoreIpv4,
} from '../wire/ipv4.ts';
import type { Malformed } from '../wire/malformed.ts';
import { Segment } from '../wire/segment.ts';
import { parseTcpPacket } from '../wire/tcp-packet.ts';
import { hasReferenceCodec } from '../tcb/reference.ts';
import { Fragments } from './fragments.ts';
import { quotedPorts, reportOf } from './icmp-errors.ts';
import { RateLimit } from './rate-limit.ts';
import { SegmentInput, type InputOptions } from './segment-input.ts';

/** ICMP errors that this host sends: so many at once, and one more each interval. @rfc 1812 4.3.2.8 */
const ERRORS = 10;
const ERROR_INTERVAL: Micros = 100_000;

export class Ipv4Input {
  readonly #address: Address;
  readonly #options: InputOptions;
  readonly #segments: SegmentInput;
  /** The common packet is read in one pass, any other layer by layer. */
  readonly #inOnePass: boolean;
  // One record of each kind serves every packet.
  readonly #ip = new Ipv4Header();
  readonly #icmp = new IcmpMessage();
  readonly #segment = new Segment();
  readonly #fragments = new Fragments();
  readonly #errors = new RateLimit(ERRORS, ERROR_INTERVAL);

  /** @param address ours */
  constructor(address: Address, options: InputOptions) {
    this.#address = address;
    this.#options = options;
    this.#segments = new SegmentInput(options);
    this.#inOnePass = hasReferenceCodec(options.parts);
  }

  /**
   * A packet has come: bytes[start, end), valid during the call. Whatever it holds, nothing is thrown.
   *
   * @rfc 9293 3.9.2 MUST-50, 3.9.2.3 MUST-57, MUST-63
   */
  onPacket(now: Micros, bytes: Uint8Array, start: number, end: number): void {
    const ip = this.#ip;
    const whole = this.#inOnePass && parseTcpPacket(bytes, start, end, ip, this.#segment);
    const bad = whole ? null : parseIpv4(bytes, start, end, ip);
    if (bad !== null && bad !== IPV4_FRAGMENT) return this.#dropMalformed(now, bad);
    if (!sameAddress(ip.destination, this.#address)) return this.#drop(now, 'ipv4: not for this host');
    // A segment that claims to come from nowhere, from everyone or from us answers nobody. RFC 9293 §3.9.2.3, MUST-63.
    if (!isHostAddress(ip.source) || sameAddress(ip.source, this.#address))
      return this.#drop(now, 'ipv4: bad source');
    if (bad === IPV4_FRAGMENT) this.#onFragment(now, bytes, start);
    else if (whole) this.#options.endpoints.onSegment(now, this.#address, ip.source, this.#segment);
    else if (ip.protocol === PROTOCOL_TCP) this.#segments.onPacket(now, bytes, ip, this.#address);
    else if (ip.protocol === PROTOCOL_ICMP) this.#onIcmp(now, bytes);
    else this.#onUnknown(now, bytes, start);
  }

  pollTimeout(): Micros {
    return this.#fragments.pollTimeout();
  }

  /** @rfc 1122 3.3.2 */
  onTimeout(now: Micros): void {
    for (const packet of this.#fragments.onTimeout(now)) {
      // It was a fragment's header, but a good one: what it says of whom it came from holds.
      parseIpv4(packet, 0, packet.length, this.#ip);
      this.#answer(now, ICMP_TIME_EXCEEDED, ICMP_REASSEMBLY_TIME_EXCEEDED, packet);
    }
  }

  /** A packet of ours came back from the link: no host answers at its next hop. @rfc 1122 2.3.2.2 */
  onUndeliverable(now: Micros, packet: Uint8Array): void {
    if (parseIpv4(packet, 0, packet.length, this.#ip) !== null) return;
    this.#segments.onUndeliverable(now, packet, this.#ip, this.#address);
  }

  #onFragment(now: Micros, bytes: Uint8Array, start: number): void {
    const { source, id, protocol, fragmentOffset, moreFragments, payloadStart, payloadEnd } = this.#ip;
    const taken = this.#fragments.take(now, {
      key: `${source.w3}:${protocol}:${id}`,
      offset: fragmentOffset,
      more: moreFragments,
      header: fragmentOffset === 0 ? bytes.slice(start, payloadStart) : null,
      headerLength: payloadStart - start,
      bytes,
      payloadStart,
      end: payloadEnd,
    });
    if (taken.kind === 'dropped') return this.#drop(now, `ipv4: fragment ${taken.reason}`);
    if (taken.kind === 'waits') return;
    restoreIpv4(taken.packet, taken.headerLength);
    this.onPacket(now, taken.packet, 0, taken.packet.length);
  }

  /** Neither TCP nor ICMP: nobody here takes it, and its sender is told. @rfc 1122 3.2.2.1-protocol, 3.2.2.1-port */
  #onUnknown(now: Micros, bytes: Uint8Array, start: number): void {
    const code = this.#ip.protocol === PROTOCOL_UDP ? ICMP_PORT_UNREACHABLE : ICMP_PROTOCOL_UNREACHABLE;
    this.#drop(now, 'ipv4: no such protocol here');
    this.#answer(now, ICMP_UNREACHABLE, code, bytes.subarray(start, this.#ip.payloadEnd));
  }

  /**
   * Tell the sender of `about`, which `#ip` describes, that it is not taken. It came from one host and to us alone: others
   * were sorted out before. ICMP is never answered so, for it may be an error.
   *
   * @rfc 1122 3.2.2-never, 3.2.2-quote
   */
  #answer(now: Micros, type: number, code: number, about: Uint8Array): void {
    if (this.#ip.protocol === PROTOCOL_ICMP) return;
    if (this.#errors.allows(now))
      this.#options.output.icmpError(this.#address, this.#ip.source, type, code, about);
  }

  #onIcmp(now: Micros, bytes: Uint8Array): void {
    const { source, payloadStart, payloadEnd } = this.#ip;
    const message = this.#icmp;
    const bad = parseIcmp(bytes, payloadStart, payloadEnd, message);
    if (bad !== null) return this.#dropMalformed(now, bad);
    if (message.type === ICMP_ECHO_REPLY) return this.#drop(now, 'icmp: not asked for');
    if (message.type !== ICMP_ECHO) return this.#onIcmpError(now, message);
    const { id, sequence } = message;
    // A request that came in fragments may be longer than any packet of ours.
    const length = IPV4_HEADER_LENGTH + ICMP_HEADER_LENGTH + message.bodyEnd - message.bodyStart;
    if (length > this.#options.mtu) return this.#drop(now, 'icmp: too long to be answered');
    const body = bytes.slice(message.bodyStart, message.bodyEnd);
    this.#options.output.echo(this.#address, source, { id, sequence, body });
  }

  /** @rfc 5927 4.3; 9293 3.9.2.2 */
  #onIcmpError(now: Micros, message: IcmpMessage): void {
    const { quote } = message;
    if (quote.protocol !== PROTOCOL_TCP || !sameAddress(quote.source, this.#address))
      return this.#drop(now, 'icmp: about no segment of ours');
    this.#options.endpoints.onIcmpReport(
      now,
      this.#address,
      quote.destination,
      quotedPorts(message),
      reportOf(message),
    );
  }

  #drop(now: Micros, reason: string): void {
    this.#options.counters.drop(reason);
    this.#options.tracer?.dropped(now, 0, reason);
  }

  #dropMalformed(now: Micros, { layer, reason }: Malformed): void {
    this.#drop(now, `${layer}: ${reason}`);
  }
}
