/** One host's place on an Ethernet: frames in and out, and the neighbours that its packets go to. */
import type { Micros, Octets } from '../units.ts';
import type { Address } from '../wire/address.ts';
import {
  ETHERNET_HEADER_LENGTH,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  EthernetHeader,
  parseEthernet,
} from '../wire/ethernet.ts';
import { ipVersion } from '../wire/ip.ts';
import { BROADCAST_MAC, formatMac, type MacAddress, parseMac, sameMac } from '../wire/mac-address.ts';
import { AddressResolution, type Ipv4LinkOptions } from './address-resolution.ts';
import { Counters } from './counters.ts';
import { NeighborDiscovery, type Ipv6LinkOptions } from './neighbor-discovery.ts';

export interface EthernetLinkOptions extends Ipv4LinkOptions {
  /** Ours, such as `02:00:00:00:00:01`. */
  readonly mac: string;
  /** The host has IPv6 as well. */
  readonly ipv6?: Ipv6LinkOptions;
}

/** Of the source in an IPv4 header. */
const IPV4_SOURCE = 12;

export class EthernetLink {
  readonly mac: MacAddress;
  readonly counters = new Counters();
  readonly #ipv4: AddressResolution;
  /** Null for a host that has no IPv6. */
  readonly #ipv6: NeighborDiscovery | null;
  readonly #header = new EthernetHeader();

  constructor(options: EthernetLinkOptions) {
    this.mac = parseMac(options.mac);
    this.#ipv4 = new AddressResolution(this.mac, options, this.counters);
    this.#ipv6 =
      options.ipv6 === undefined ? null : new NeighborDiscovery(this.mac, options.ipv6, this.counters);
  }

  /** Ethernet addresses of groups whose frames this host wants, beside broadcasts. */
  get groups(): readonly string[] {
    return this.#ipv6?.groups.map(formatMac) ?? [];
  }

  /**
   * A frame has come: bytes[start, end).
   *
   * @returns where an IP packet for our Ethernet address begins; -1 when the frame was the link's own, for others, or
   * unreadable
   */
  onFrame(now: Micros, bytes: Uint8Array, start: number, end: number): number {
    const header = this.#header;
    const bad = parseEthernet(bytes, start, end, header);
    if (bad !== null) {
      this.counters.drop(`${bad.layer}: ${bad.reason}`);
      return -1;
    }
    const { etherType, payloadStart, payloadEnd, source, destination } = header;
    if (sameMac(source, this.mac)) return -1;
    const isOurs = sameMac(destination, this.mac);
    const version = payloadStart < payloadEnd ? ipVersion(bytes, payloadStart) : 0;
    if (etherType === ETHERTYPE_IPV6) {
      if (this.#ipv6 === null || version !== 6 || (!isOurs && !this.#ipv6.hears(destination))) return -1;
      return this.#ipv6.onPacket(now, bytes, payloadStart, payloadEnd, isOurs) ? -1 : payloadStart;
    }
    const broadcast = sameMac(destination, BROADCAST_MAC);
    if (!broadcast && !isOurs) return -1;
    if (etherType === ETHERTYPE_ARP) this.#ipv4.onArp(now, bytes, payloadStart, payloadEnd);
    // TCP is for one host alone: a packet sent to all of the link is none of ours. RFC 9293 §3.9.2.3, MUST-57.
    if (etherType !== ETHERTYPE_IPV4 || broadcast) return -1;
    if (version === 6 || !this.#ipv4.isGoodSource(bytes, payloadStart + IPV4_SOURCE, payloadEnd)) {
      this.counters.drop('ipv4: bad source');
      return -1;
    }
    return payloadStart;
  }

  /**
   * Frame the IP packet that stands at into[start + 14…].
   *
   * @returns octets of the frame at into[start…]; 0 = the packet is held until its neighbour answers
   */
  send(now: Micros, into: Uint8Array, start: number, packetLength: Octets): Octets {
    if (this.#ipv6 !== null && ipVersion(into, start + ETHERNET_HEADER_LENGTH) === 6) {
      return this.#ipv6.send(now, into, start, packetLength);
    }
    return this.#ipv4.send(now, into, start, packetLength);
  }

  /**
   * Whether an address belongs to this link and yet to no single host: nobody can be reached there, or heard.
   *
   * @rfc 9293 3.9.2.3
   */
  isNobody(address: Address): boolean {
    return address.version === 4 && this.#ipv4.isNobody(address.w3);
  }

  /** Write the next frame of our own at into[start…]: a question, an answer, a packet that was held. @returns octets; 0 = none */
  pollTransmit(now: Micros, into: Uint8Array, start: number): Octets {
    const octets = this.#ipv4.pollTransmit(now, into, start);
    return octets > 0 || this.#ipv6 === null ? octets : this.#ipv6.pollTransmit(now, into, start);
  }

  /** When `onTimeout` is wanted next; Infinity = not at all. */
  pollTimeout(): Micros {
    const ipv4 = this.#ipv4.neighbors.pollTimeout();
    return this.#ipv6 === null ? ipv4 : Math.min(ipv4, this.#ipv6.neighbors.pollTimeout());
  }

  /** Ask again, and give up on neighbours that never answer: what was held for them is dropped. */
  onTimeout(now: Micros): void {
    this.#ipv4.neighbors.onTimeout(now);
    this.#ipv6?.neighbors.onTimeout(now);
  }

  /** TCP has sent again and again and hears nothing: the way to `destination` may be gone. @rfc 9293 3.8.3 MUST-20 */
  distrust(destination: Address): void {
    if (destination.version === 4) this.#ipv4.distrust(destination);
    else this.#ipv6?.distrust(destination);
  }

  /** The IP packets that could not be delivered since the last call, because no neighbour answered for them. */
  takeUndeliverable(): Uint8Array[] {
    const packets = this.#ipv4.neighbors.takeUndeliverable();
    return this.#ipv6 === null ? packets : [...packets, ...this.#ipv6.neighbors.takeUndeliverable()];
  }
}
