/** What writes one address family's packets: header, checksums, and the payload that a protocol brings. */
import type { Octets } from '../units.ts';
import type { IpService } from '../tcb/ip-service.ts';
import type { Parts } from '../tcb/parts.ts';
import type { Address } from '../wire/address.ts';
import type { IcmpMessage } from '../wire/icmp.ts';
import type { Segment } from '../wire/segment.ts';
import type { Echo, IcmpError } from './reply-queue.ts';

export interface PacketOutput {
  /** Octets of IP header before a segment. */
  readonly headerLength: Octets;
  /**
   * Write `segment` as a packet at into[start…].
   *
   * @param whole routers drop the packet rather than cut it
   * @param service what the connection asks of IP
   * @returns octets
   * @rfc 9293 3.9.1.9 SHLD-22
   */
  segment(
    segment: Segment,
    into: Uint8Array,
    start: number,
    local: Address,
    remote: Address,
    whole: boolean,
    service: IpService,
  ): Octets;
  /** Write the answer to an echo request at into[start…]. @returns octets */
  echoReply(echo: Echo, into: Uint8Array, start: number, local: Address, remote: Address): Octets;
  /** Write an ICMP error at into[start…]. @returns octets */
  icmpError(error: IcmpError, into: Uint8Array, start: number): Octets;
}

/** Of the checksum within a segment. */
const CHECKSUM = 16;

/**
 * Write a segment and its checksum at `at`, as a student's parts do it.
 *
 * @param pseudo the sum of the pseudo-header but for the segment's length
 * @returns octets
 */
export function writeSegmentByParts(
  { codec, checksum }: Parts,
  segment: Segment,
  into: Uint8Array,
  at: number,
  pseudo: number,
): Octets {
  const length = codec.writeSegment(segment, into, at);
  const sum = ~checksum.checksum(into, at, at + length, pseudo + length);
  into[at + CHECKSUM] = sum >>> 8;
  into[at + CHECKSUM + 1] = sum;
  return length;
}

/** Make `message` the answer to `echo`. @param type of an echo reply, in the ICMP of either version */
export function fillEchoReply(message: IcmpMessage, echo: Echo, type: number): void {
  message.type = type;
  message.code = 0;
  message.id = echo.id;
  message.sequence = echo.sequence;
  message.bytes = echo.body;
  message.bodyStart = 0;
  message.bodyEnd = echo.body.length;
}

/** Make `message` what `error` says. */
export function fillIcmpError(message: IcmpMessage, { type, code, about }: IcmpError): void {
  message.type = type;
  message.code = code;
  message.mtu = 0;
  message.bytes = about;
  message.bodyStart = 0;
  message.bodyEnd = about.length;
}
