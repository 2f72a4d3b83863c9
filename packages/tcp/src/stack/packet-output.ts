/** What writes one address family's packets: header, checksums, and the payload that a protocol brings. */
import type { Octets } from '../units.ts';
import type { Address } from '../wire/address.ts';
import type { Segment } from '../wire/segment.ts';
import type { Echo, IcmpError } from './reply-queue.ts';

export interface PacketOutput {
  /** Octets of IP header before a segment. */
  readonly headerLength: Octets;
  /**
   * Write `segment` as a packet at into[start…].
   *
   * @param whole routers drop the packet rather than cut it
   * @returns octets
   */
  segment(
    segment: Segment,
    into: Uint8Array,
    start: number,
    local: Address,
    remote: Address,
    whole: boolean,
  ): Octets;
  /** Write the answer to an echo request at into[start…]. @returns octets */
  echoReply(echo: Echo, into: Uint8Array, start: number, local: Address, remote: Address): Octets;
  /** Write an ICMP error at into[start…]. @returns octets */
  icmpError(error: IcmpError, into: Uint8Array, start: number): Octets;
}
