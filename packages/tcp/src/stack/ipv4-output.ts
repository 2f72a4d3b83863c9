/** Writes one host's IPv4 packets. */
import type { Octets } from '../units.ts';
import { typeOfService, type IpService } from '../tcb/ip-service.ts';
import type { Parts } from '../tcb/parts.ts';
import { hasReferenceCodec } from '../tcb/reference.ts';
import type { Address } from '../wire/address.ts';
import { pseudoHeaderSum } from '../wire/checksum.ts';
import { ICMP_ECHO_REPLY, IcmpMessage, writeIcmp } from '../wire/icmp.ts';
import { IPV4_HEADER_LENGTH, Ipv4Header, PROTOCOL_ICMP, PROTOCOL_TCP, writeIpv4 } from '../wire/ipv4.ts';
import type { Segment } from '../wire/segment.ts';
import { writeTcpPacket } from '../wire/tcp-packet.ts';
import { fillEchoReply, fillIcmpError, writeSegmentByParts, type PacketOutput } from './packet-output.ts';
import type { Echo, IcmpError } from './reply-queue.ts';

const TTL = 64;

export class Ipv4Output implements PacketOutput {
  readonly headerLength = IPV4_HEADER_LENGTH;
  readonly #parts: Parts;
  readonly #inOnePass: boolean;
  readonly #ip = new Ipv4Header();
  readonly #icmp = new IcmpMessage();

  /** @param firstId identification of the first packet, 0 to 0xffff */
  constructor(parts: Parts, firstId: number) {
    this.#parts = parts;
    this.#inOnePass = hasReferenceCodec(parts);
    this.#ip.id = firstId;
  }

  segment(
    segment: Segment,
    into: Uint8Array,
    start: number,
    local: Address,
    remote: Address,
    whole: boolean,
    service: IpService,
  ): Octets {
    const ip = this.#header(local, remote, PROTOCOL_TCP, whole);
    ip.typeOfService = typeOfService(service);
    ip.ttl = service.hopLimit;
    if (this.#inOnePass) return writeTcpPacket(ip, segment, into, start);
    const pseudo = pseudoHeaderSum(local, remote, PROTOCOL_TCP, 0);
    const length = writeSegmentByParts(this.#parts, segment, into, start + IPV4_HEADER_LENGTH, pseudo);
    return writeIpv4(ip, into, start, length) + length;
  }

  echoReply(echo: Echo, into: Uint8Array, start: number, local: Address, remote: Address): Octets {
    fillEchoReply(this.#icmp, echo, ICMP_ECHO_REPLY);
    const length = writeIcmp(this.#icmp, into, start + IPV4_HEADER_LENGTH);
    return writeIpv4(this.#header(local, remote, PROTOCOL_ICMP, true), into, start, length) + length;
  }

  icmpError(error: IcmpError, into: Uint8Array, start: number): Octets {
    fillIcmpError(this.#icmp, error);
    const length = writeIcmp(this.#icmp, into, start + IPV4_HEADER_LENGTH);
    return (
      writeIpv4(this.#header(error.local, error.remote, PROTOCOL_ICMP, true), into, start, length) + length
    );
  }

  /**
   * The header of the next packet: not ECN-capable, whatever the peer offers.
   *
   * @rfc 3168 5-noect, 6.1.1-plain, 6.1.1-syn, 6.1.5, 6.1.6
   */
  #header(local: Address, remote: Address, protocol: number, whole: boolean): Ipv4Header {
    const ip = this.#ip;
    ip.dontFragment = whole;
    ip.source.copyFrom(local);
    ip.destination.copyFrom(remote);
    ip.protocol = protocol;
    ip.typeOfService = 0;
    ip.ttl = TTL;
    ip.id = (ip.id + 1) & 0xffff;
    return ip;
  }
}
