/** Writes one host's IPv6 packets. */
import type { Octets } from '../units.ts';
import { typeOfService, type IpService } from '../tcb/ip-service.ts';
import type { Parts } from '../tcb/parts.ts';
import { hasReferenceCodec } from '../tcb/reference.ts';
import type { Address } from '../wire/address.ts';
import { pseudoHeaderSum } from '../wire/checksum.ts';
import { IcmpMessage } from '../wire/icmp.ts';
import { ICMPV6_ECHO_REPLY, writeIcmpv6 } from '../wire/icmpv6.ts';
import { PROTOCOL_TCP } from '../wire/ipv4.ts';
import { IPV6_HEADER_LENGTH, Ipv6Header, PROTOCOL_ICMPV6, writeIpv6 } from '../wire/ipv6.ts';
import type { Segment } from '../wire/segment.ts';
import { writeTcpIpv6Packet } from '../wire/tcp-packet.ts';
import { fillEchoReply, fillIcmpError, writeSegmentByParts, type PacketOutput } from './packet-output.ts';
import type { Echo, IcmpError } from './reply-queue.ts';

const HOP_LIMIT = 64;

export class Ipv6Output implements PacketOutput {
  readonly headerLength = IPV6_HEADER_LENGTH;
  readonly #parts: Parts;
  readonly #inOnePass: boolean;
  readonly #ip = new Ipv6Header();
  readonly #icmp = new IcmpMessage();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#inOnePass = hasReferenceCodec(parts);
  }

  /** No router cuts a packet of IPv6: all are `whole`. @rfc 8200 4.5 */
  segment(
    segment: Segment,
    into: Uint8Array,
    start: number,
    local: Address,
    remote: Address,
    _whole: boolean,
    service: IpService,
  ): Octets {
    const ip = this.#header(local, remote, PROTOCOL_TCP);
    ip.trafficClass = typeOfService(service);
    ip.hopLimit = service.hopLimit;
    if (this.#inOnePass) return writeTcpIpv6Packet(ip, segment, into, start);
    const pseudo = pseudoHeaderSum(local, remote, PROTOCOL_TCP, 0);
    const length = writeSegmentByParts(this.#parts, segment, into, start + IPV6_HEADER_LENGTH, pseudo);
    return writeIpv6(ip, into, start, length) + length;
  }

  echoReply(echo: Echo, into: Uint8Array, start: number, local: Address, remote: Address): Octets {
    fillEchoReply(this.#icmp, echo, ICMPV6_ECHO_REPLY);
    const length = writeIcmpv6(this.#icmp, into, start + IPV6_HEADER_LENGTH, local, remote);
    return writeIpv6(this.#header(local, remote, PROTOCOL_ICMPV6), into, start, length) + length;
  }

  icmpError(error: IcmpError, into: Uint8Array, start: number): Octets {
    const { local, remote } = error;
    fillIcmpError(this.#icmp, error);
    const length = writeIcmpv6(this.#icmp, into, start + IPV6_HEADER_LENGTH, local, remote);
    return writeIpv6(this.#header(local, remote, PROTOCOL_ICMPV6), into, start, length) + length;
  }

  /** The header of the next packet. */
  #header(local: Address, remote: Address, protocol: number): Ipv6Header {
    const ip = this.#ip;
    ip.source.copyFrom(local);
    ip.destination.copyFrom(remote);
    ip.protocol = protocol;
    ip.trafficClass = 0;
    ip.hopLimit = HOP_LIMIT;
    return ip;
  }
}
