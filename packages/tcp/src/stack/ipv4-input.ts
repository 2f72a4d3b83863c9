/** IPv4 packets that come to one host: which are taken, and who gets what they carry. */
import type { Micros } from '../units.ts';
import { type Address, isHostAddress, sameAddress } from '../wire/address.ts';
import { pseudoHeaderSum } from '../wire/checksum.ts';
import { ICMP_ECHO, ICMP_ECHO_REPLY, IcmpMessage, parseIcmp } from '../wire/icmp.ts';
import { Ipv4Header, PROTOCOL_ICMP, PROTOCOL_TCP, parseIpv4 } from '../wire/ipv4.ts';
import type { Malformed } from '../wire/malformed.ts';
import { Segment } from '../wire/segment.ts';
import { BAD_TCP_CHECKSUM, TCP_HEADER_LENGTH } from '../wire/tcp.ts';
import { parseTcpPacket } from '../wire/tcp-packet.ts';
import type { Parts } from '../tcb/parts.ts';
import { hasReferenceCodec } from '../tcb/reference.ts';
import type { Counters } from './counters.ts';
import type { Endpoints } from './endpoints.ts';
import { quotedPorts, reportOf } from './icmp-errors.ts';
import type { OutputQueue } from './output-queue.ts';
import type { Tracer } from './tracer.ts';

/** What the input of either address family works with. */
export interface InputOptions {
  readonly parts: Parts;
  readonly endpoints: Endpoints;
  readonly output: OutputQueue;
  readonly counters: Counters;
  readonly tracer: Tracer | null;
}

export class Ipv4Input {
  readonly #address: Address;
  readonly #options: InputOptions;
  /** The common packet is read in one pass, any other layer by layer. */
  readonly #inOnePass: boolean;
  // One record of each kind serves every packet.
  readonly #ip = new Ipv4Header();
  readonly #icmp = new IcmpMessage();
  readonly #segment = new Segment();

  /** @param address ours */
  constructor(address: Address, options: InputOptions) {
    this.#address = address;
    this.#options = options;
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
    if (bad !== null) return this.#dropMalformed(now, bad);
    if (!sameAddress(ip.destination, this.#address)) return this.#drop(now, 'ipv4: not for this host');
    // A segment that claims to come from nowhere, from everyone or from us answers nobody. RFC 9293 §3.9.2.3, MUST-63.
    if (!isHostAddress(ip.source) || sameAddress(ip.source, this.#address))
      return this.#drop(now, 'ipv4: bad source');
    if (whole) this.#options.endpoints.onSegment(now, this.#address, ip.source, this.#segment);
    else if (ip.protocol === PROTOCOL_TCP) this.#onTcp(now, bytes);
    else if (ip.protocol === PROTOCOL_ICMP) this.#onIcmp(now, bytes);
    else this.#drop(now, 'ipv4: no such protocol here');
  }

  /** A packet of ours came back from the link: no host answers at its next hop. @rfc 1122 2.3.2.2 */
  onUndeliverable(now: Micros, packet: Uint8Array): void {
    const ip = this.#ip;
    const segment = this.#segment;
    const { parts, endpoints } = this.#options;
    if (parseIpv4(packet, 0, packet.length, ip) !== null || ip.protocol !== PROTOCOL_TCP) return;
    if (parts.codec.parseSegment(packet, ip.payloadStart, ip.payloadEnd, segment) !== null) return;
    endpoints.onUndeliverable(now, this.#address, ip.destination, segment);
  }

  #onTcp(now: Micros, bytes: Uint8Array): void {
    const { source, destination, payloadStart, payloadEnd } = this.#ip;
    const { parts, endpoints } = this.#options;
    if (payloadEnd - payloadStart < TCP_HEADER_LENGTH) return this.#drop(now, 'tcp: truncated');
    const pseudo = pseudoHeaderSum(source, destination, PROTOCOL_TCP, payloadEnd - payloadStart);
    if (parts.checksum.checksum(bytes, payloadStart, payloadEnd, pseudo) !== 0xffff) {
      return this.#dropMalformed(now, BAD_TCP_CHECKSUM);
    }
    const bad = parts.codec.parseSegment(bytes, payloadStart, payloadEnd, this.#segment);
    if (bad !== null) return this.#dropMalformed(now, bad);
    endpoints.onSegment(now, this.#address, source, this.#segment);
  }

  #onIcmp(now: Micros, bytes: Uint8Array): void {
    const { source, payloadStart, payloadEnd } = this.#ip;
    const message = this.#icmp;
    const bad = parseIcmp(bytes, payloadStart, payloadEnd, message);
    if (bad !== null) return this.#dropMalformed(now, bad);
    if (message.type === ICMP_ECHO_REPLY) return this.#drop(now, 'icmp: not asked for');
    if (message.type !== ICMP_ECHO) return this.#onIcmpError(now, message);
    const { id, sequence } = message;
    const body = bytes.slice(message.bodyStart, message.bodyEnd);
    this.#options.output.echo(this.#address, source, { id, sequence, body });
  }

  /** @rfc 9293 3.9.2.2 */
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
