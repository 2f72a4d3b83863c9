/**
 * Finds the neighbours of an IPv6 network on an Ethernet, and answers for this host. Addresses and gateway are told:
 * what routers advertise, and where they redirect to, is not listened to. @rfc 4861
 */
import { MisuseError } from '../misuse-error.ts';
import type { Micros, Octets } from '../units.ts';
import { Address, isHostAddress, isMulticastAddress, sameAddress } from '../wire/address.ts';
import { parseAddress } from '../wire/address-text.ts';
import { viewOf } from '../wire/byte-view.ts';
import { ETHERNET_HEADER_LENGTH, ETHERTYPE_IPV6 } from '../wire/ethernet.ts';
import {
  ALL_NODES,
  groupMac,
  isLinkLocal,
  isUnspecified,
  linkLocalAddress,
  solicitedNode,
} from '../wire/ipv6-address.ts';
import {
  IPV6_HEADER_LENGTH,
  Ipv6Header,
  PROTOCOL_ICMPV6,
  parseIpv6,
  readIpv6Address,
  writeIpv6,
} from '../wire/ipv6.ts';
import { type MacAddress, isGroupMac, sameMac } from '../wire/mac-address.ts';
import {
  DISCOVERY_HOP_LIMIT,
  NEIGHBOR_ADVERTISEMENT,
  NEIGHBOR_SOLICITATION,
  NeighborMessage,
  isNeighborDiscovery,
  parseNeighborMessage,
  writeNeighborMessage,
} from '../wire/neighbor-message.ts';
import type { Counters } from './counters.ts';
import { FrameOutput } from './frame-output.ts';
import { type Neighbor, NeighborTable, type Patience } from './neighbor-table.ts';

export interface Ipv6LinkOptions {
  /** Ours, such as `fd00::1`. */
  readonly address: string;
  /** Bits of the address that the whole link shares, 1 to 127. */
  readonly prefixLength: number;
  /** Where packets for other networks go. */
  readonly gateway?: string;
}

/**
 * The RFC's constants. It varies the time of REACHABLE by chance, so that many hosts do not ask at once; here there are
 * two, and the same seed is to give the same frames.
 *
 * @rfc 4861 10
 */
const PATIENCE: Patience = {
  name: 'nd',
  reachable: 30_000_000,
  delayFirstProbe: 5_000_000,
  retransmit: 1_000_000,
  solicits: 3,
  probes: 3,
};
/** Answers that wait to be sent. */
const MOST_ANSWERS = 16;

interface Answer {
  readonly target: Address;
  /** Null for somebody who has no address yet: all are told. */
  readonly to: Address | null;
}

export class NeighborDiscovery {
  readonly neighbors: NeighborTable;
  /** Ethernet addresses of the groups that this host is in: all hosts, and those that end like one of its addresses. */
  readonly groups: readonly Readonly<MacAddress>[];
  /** The one that is configured, and that of the link. */
  readonly #addresses: readonly [Address, Address];
  readonly #mac: MacAddress;
  readonly #counters: Counters;
  readonly #output: FrameOutput;
  readonly #gateway: Address | null;
  readonly #prefix: Prefix;
  readonly #answers: Answer[] = [];
  readonly #ip = new Ipv6Header();
  readonly #message = new NeighborMessage();
  readonly #hop = new Address();

  /**
   * The addresses are taken as unique without asking first: both ends of a link of ours are numbered by one plan. The
   * RFC lets a host be told so (DupAddrDetectTransmits 0). Others that ask are answered.
   *
   * @throws MisuseError for a bad address or prefix
   * @rfc 4862 5.1, 5.4
   */
  constructor(mac: MacAddress, options: Ipv6LinkOptions, counters: Counters) {
    const address = parseIpv6Address(options.address);
    const linkLocal = linkLocalAddress(mac);
    this.neighbors = new NeighborTable(PATIENCE, counters);
    this.#addresses = [address, linkLocal];
    this.groups = [ALL_NODES, solicitedNode(address), solicitedNode(linkLocal)].map(groupMac);
    this.#mac = mac;
    this.#counters = counters;
    this.#output = new FrameOutput(mac);
    this.#gateway = options.gateway === undefined ? null : parseIpv6Address(options.gateway);
    this.#prefix = new Prefix(address, options.prefixLength);
  }

  /** Whether a frame to this group is for us. @rfc 4861 7.2.1 */
  hears(destination: Readonly<MacAddress>): boolean {
    return this.groups.some((group) => sameMac(group, destination));
  }

  /**
   * A packet has come in a frame for us, or for a group of ours.
   *
   * @param alone the frame is for no other host
   * @returns whether it goes no further: it was neighbour discovery, or nothing that may be sent to a group
   */
  onPacket(now: Micros, bytes: Uint8Array, start: number, end: number, alone: boolean): boolean {
    if (end - start <= IPV6_HEADER_LENGTH || bytes[start + NEXT_HEADER] !== PROTOCOL_ICMPV6) return !alone;
    if (!isNeighborDiscovery(bytes[start + IPV6_HEADER_LENGTH])) return false;
    const ip = this.#ip;
    const message = this.#message;
    const bad = parseIpv6(bytes, start, end, ip) ?? parseNeighborMessage(bytes, ip, message);
    if (bad !== null) this.#counters.drop(`${bad.layer}: ${bad.reason}`);
    // Nobody can be at many Ethernet addresses.
    else if (message.hasMac && isGroupMac(message.mac)) this.#counters.drop('nd: bad source');
    else if (message.type === NEIGHBOR_SOLICITATION) this.#onSolicitation(now, ip.source, message);
    else this.#onAdvertisement(now, message);
    return true;
  }

  /** @see EthernetLink.send */
  send(now: Micros, into: Uint8Array, start: number, packetLength: Octets): Octets {
    const at = start + ETHERNET_HEADER_LENGTH;
    const neighbor = this.neighbors.use(now, this.#nextHop(into, at));
    if (neighbor.state !== 'INCOMPLETE') {
      return this.#output.frame(neighbor.mac, ETHERTYPE_IPV6, into, start, packetLength);
    }
    this.neighbors.hold(neighbor, into.slice(at, at + packetLength));
    return 0;
  }

  /** Write the next frame of our own at into[start…]: discovery, or a packet that was held. @returns octets; 0 = none */
  pollTransmit(now: Micros, into: Uint8Array, start: number): Octets {
    for (let answer = this.#answers.shift(); answer !== undefined; answer = this.#answers.shift()) {
      const octets = this.#advertise(now, answer, into, start);
      if (octets > 0) return octets;
    }
    const free = this.neighbors.nextReleased();
    if (free !== undefined) {
      into.set(free.packet, start + ETHERNET_HEADER_LENGTH);
      return this.#output.frame(free.mac, ETHERTYPE_IPV6, into, start, free.packet.length);
    }
    const wanted = this.neighbors.nextToAsk(now);
    return wanted === null ? 0 : this.#solicit(wanted, into, start);
  }

  /** @rfc 4861 7.2.3 */
  #onSolicitation(now: Micros, source: Address, { target, hasMac, mac }: NeighborMessage): void {
    const own = this.#own(target);
    if (own === null) return;
    const anonymous = isUnspecified(source);
    if (!anonymous) {
      // Somebody who claims our own address, or one that is no host's here, is neither believed nor answered.
      if (this.#own(source) !== null || !this.#isNeighbor(source))
        return this.#counters.drop('nd: bad source');
      const known = this.neighbors.find(source);
      const isNews = known === undefined || known.state === 'INCOMPLETE' || !sameMac(known.mac, mac);
      if (hasMac && isNews) this.neighbors.learn(now, source, mac, 'STALE');
    }
    if (this.#answers.length < MOST_ANSWERS) {
      this.#answers.push({ target: own, to: anonymous ? null : source.copy() });
    }
  }

  /** @rfc 4861 7.2.5 */
  #onAdvertisement(now: Micros, { target, hasMac, mac, solicited, override }: NeighborMessage): void {
    const neighbor = this.neighbors.find(target);
    // Who was not asked for is not remembered.
    if (neighbor === undefined) return;
    const state = solicited ? 'REACHABLE' : 'STALE';
    if (neighbor.state === 'INCOMPLETE') {
      if (hasMac) this.neighbors.learn(now, target, mac, state);
      return;
    }
    const differs = hasMac && !sameMac(neighbor.mac, mac);
    if (differs && override) this.neighbors.learn(now, target, mac, state);
    else if (differs && neighbor.state === 'REACHABLE') this.neighbors.distrust(neighbor);
    else if (!differs && solicited) this.neighbors.confirm(now, neighbor);
  }

  /** @rfc 4861 7.2.4 */
  #advertise(now: Micros, { target, to }: Answer, into: Uint8Array, start: number): Octets {
    const message = this.#message;
    message.type = NEIGHBOR_ADVERTISEMENT;
    message.target.copyFrom(target);
    message.solicited = to !== null;
    message.override = true;
    const length = this.#write(target, to ?? ALL_NODES, into, start);
    if (to === null) return this.#output.frame(groupMac(ALL_NODES), ETHERTYPE_IPV6, into, start, length);
    return this.send(now, into, start, length);
  }

  /** Ask for somebody: a group while nothing is known, the neighbour alone to see whether it is still there. @rfc 4861 7.2.2, 7.3.3 */
  #solicit({ address, state, mac }: Neighbor, into: Uint8Array, start: number): Octets {
    const message = this.#message;
    message.type = NEIGHBOR_SOLICITATION;
    message.target.copyFrom(address);
    message.solicited = false;
    message.override = false;
    const [configured, linkLocal] = this.#addresses;
    const group = state === 'INCOMPLETE' ? solicitedNode(address) : null;
    const length = this.#write(isLinkLocal(address) ? linkLocal : configured, group ?? address, into, start);
    return this.#output.frame(group === null ? mac : groupMac(group), ETHERTYPE_IPV6, into, start, length);
  }

  /** Write `#message`, which tells our Ethernet address, as a packet. @returns octets */
  #write(source: Address, destination: Readonly<Address>, into: Uint8Array, start: number): Octets {
    const ip = this.#ip;
    ip.trafficClass = 0;
    ip.flowLabel = 0;
    ip.hopLimit = DISCOVERY_HOP_LIMIT;
    ip.protocol = PROTOCOL_ICMPV6;
    ip.source.copyFrom(source);
    ip.destination.copyFrom(destination);
    this.#message.hasMac = true;
    this.#message.mac.copyFrom(this.#mac);
    const at = start + ETHERNET_HEADER_LENGTH;
    const length = writeNeighborMessage(this.#message, ip, into, at + IPV6_HEADER_LENGTH);
    return writeIpv6(ip, into, at, length) + length;
  }

  /** Nothing has come from `destination` for long: the neighbour that leads there is asked about when it is used next. */
  distrust(destination: Address): void {
    const neighbor = this.neighbors.find(this.#via(destination));
    if (neighbor?.state === 'REACHABLE') this.neighbors.distrust(neighbor);
  }

  #via(destination: Address): Address {
    return this.#gateway === null || this.#isOnLink(destination) ? destination : this.#gateway;
  }

  /** The neighbour that the packet at `packet` goes to: its destination on this link, else the gateway. */
  #nextHop(bytes: Uint8Array, packet: number): Address {
    const hop = this.#hop;
    readIpv6Address(viewOf(bytes), packet + DESTINATION, hop);
    return this.#via(hop);
  }

  #own(address: Address): Address | null {
    return this.#addresses.find((own) => sameAddress(own, address)) ?? null;
  }

  #isOnLink(address: Address): boolean {
    return isLinkLocal(address) || this.#prefix.has(address);
  }

  #isNeighbor(address: Address): boolean {
    return isHostAddress(address) && this.#isOnLink(address);
  }
}

/** Of fields in an IPv6 header. */
const NEXT_HEADER = 6;
const DESTINATION = 24;

/** The bits that all addresses of a network have in common. */
class Prefix {
  readonly #words: readonly number[];
  readonly #masks: readonly number[];

  constructor(address: Address, length: number) {
    if (!Number.isInteger(length) || length < 1 || length > 127) {
      throw new MisuseError('bad-prefix', `a prefix of IPv6 is 1 to 127 bits long, not ${length}`);
    }
    this.#words = [address.w0, address.w1, address.w2, address.w3];
    this.#masks = [0, 32, 64, 96].map((at) => maskOf(Math.min(32, Math.max(0, length - at))));
  }

  has({ w0, w1, w2, w3 }: Address): boolean {
    const [a, b, c, d] = this.#words;
    const [m0, m1, m2, m3] = this.#masks;
    return (((w0 ^ a) & m0) | ((w1 ^ b) & m1) | ((w2 ^ c) & m2) | ((w3 ^ d) & m3)) === 0;
  }
}

/** A word whose first `bits` are set. */
function maskOf(bits: number): number {
  return bits === 0 ? 0 : -1 << (32 - bits);
}

function parseIpv6Address(text: string): Address {
  const address = parseAddress(text);
  if (address.version === 6 && !isMulticastAddress(address)) return address;
  throw new MisuseError('bad-address', `${text} is not an IPv6 address of one host`);
}
