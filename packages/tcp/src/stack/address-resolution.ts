/** Finds the neighbours of an IPv4 network on an Ethernet: ARP. @rfc 826; 1122 2.3.2 */
import { MisuseError } from '../misuse-error.ts';
import type { Micros, Octets } from '../units.ts';
import { Address, sameAddress } from '../wire/address.ts';
import { parseAddress } from '../wire/address-text.ts';
import { ARP_LENGTH, ARP_REPLY, ARP_REQUEST, ArpPacket, parseArp, writeArp } from '../wire/arp.ts';
import { ETHERNET_HEADER_LENGTH, ETHERTYPE_ARP, ETHERTYPE_IPV4 } from '../wire/ethernet.ts';
import { BROADCAST_MAC, type MacAddress, isGroupMac } from '../wire/mac-address.ts';
import type { Counters } from './counters.ts';
import { FrameOutput } from './frame-output.ts';
import { NeighborTable, type Patience } from './neighbor-table.ts';

export interface Ipv4LinkOptions {
  /** Ours, such as `10.0.0.1`. */
  readonly address: string;
  /** Bits of the address that the whole link shares, 1 to 30. */
  readonly prefixLength: number;
  /** Where packets for other networks go. */
  readonly gateway?: string;
}

/** An answer is believed for a minute, then asked for once a second. @rfc 1122 2.3.2.1 */
const PATIENCE: Patience = {
  name: 'arp',
  reachable: 60_000_000,
  delayFirstProbe: 0,
  retransmit: 1_000_000,
  solicits: 5,
  probes: 5,
};
/** Answers that wait to be sent. */
const MOST_ANSWERS = 16;

export class AddressResolution {
  readonly address: Address;
  readonly neighbors: NeighborTable;
  readonly #mac: MacAddress;
  readonly #counters: Counters;
  readonly #output: FrameOutput;
  readonly #gateway: Address | null;
  readonly #mask: number;
  readonly #answers: ArpPacket[] = [];
  readonly #arp = new ArpPacket();
  readonly #hop = new Address();

  /** @throws MisuseError for a bad address or prefix */
  constructor(mac: MacAddress, options: Ipv4LinkOptions, counters: Counters) {
    const { prefixLength } = options;
    if (!Number.isInteger(prefixLength) || prefixLength < 1 || prefixLength > 30) {
      throw new MisuseError('bad-prefix', `a prefix is 1 to 30 bits long, not ${prefixLength}`);
    }
    this.address = parseAddress(options.address);
    this.neighbors = new NeighborTable(PATIENCE, counters);
    this.#mac = mac;
    this.#counters = counters;
    this.#output = new FrameOutput(mac);
    this.#gateway = options.gateway === undefined ? null : parseAddress(options.gateway);
    this.#mask = -1 << (32 - prefixLength);
  }

  /** An ARP packet has come: bytes[start, end). */
  onArp(now: Micros, bytes: Uint8Array, start: number, end: number): void {
    const packet = this.#arp;
    const bad = parseArp(bytes, start, end, packet);
    if (bad !== null) return this.#counters.drop(`${bad.layer}: ${bad.reason}`);
    const { senderIp, senderMac } = packet;
    // Somebody who claims our own address, one that is no host's here, or many Ethernet addresses, teaches us nothing.
    if (sameAddress(senderIp, this.address) || !this.#isNeighbor(senderIp.w3) || isGroupMac(senderMac))
      return;
    const forUs = sameAddress(packet.targetIp, this.address);
    // RFC 826: who is known or asked for is learned from whatever it says; others only when they speak to us.
    if (forUs || this.neighbors.find(senderIp) !== undefined) {
      this.neighbors.learn(now, senderIp, senderMac, 'REACHABLE');
    }
    if (!forUs || packet.operation !== ARP_REQUEST || this.#answers.length >= MOST_ANSWERS) return;
    const answer = new ArpPacket();
    answer.operation = ARP_REPLY;
    answer.senderMac.copyFrom(this.#mac);
    answer.senderIp.copyFrom(this.address);
    answer.targetMac.copyFrom(senderMac);
    answer.targetIp.copyFrom(senderIp);
    this.#answers.push(answer);
  }

  /** Whether an IPv4 packet whose source stands at bytes[at] can come from a host. */
  isGoodSource(bytes: Uint8Array, at: number, end: number): boolean {
    return at + 4 > end || !this.isNobody(wordAt(bytes, at));
  }

  /** Whether an address belongs to this link and yet to no single host. @rfc 9293 3.9.2.3 */
  isNobody(word: number): boolean {
    return this.#isOnLink(word) && !this.#isNeighbor(word);
  }

  /** @see EthernetLink.send */
  send(now: Micros, into: Uint8Array, start: number, packetLength: Octets): Octets {
    const at = start + ETHERNET_HEADER_LENGTH;
    const neighbor = this.neighbors.use(now, this.#nextHop(into, at));
    if (neighbor.state !== 'INCOMPLETE') {
      return this.#output.frame(neighbor.mac, ETHERTYPE_IPV4, into, start, packetLength);
    }
    this.neighbors.hold(neighbor, into.slice(at, at + packetLength));
    return 0;
  }

  /** Write the next frame of our own at into[start…]: ARP, or a packet that was held. @returns octets; 0 = none */
  pollTransmit(now: Micros, into: Uint8Array, start: number): Octets {
    const at = start + ETHERNET_HEADER_LENGTH;
    const answer = this.#answers.shift();
    if (answer !== undefined) {
      writeArp(answer, into, at);
      return this.#output.frame(answer.targetMac, ETHERTYPE_ARP, into, start, ARP_LENGTH);
    }
    const free = this.neighbors.nextReleased();
    if (free !== undefined) {
      into.set(free.packet, at);
      return this.#output.frame(free.mac, ETHERTYPE_IPV4, into, start, free.packet.length);
    }
    const wanted = this.neighbors.nextToAsk(now);
    if (wanted === null) return 0;
    const request = this.#arp;
    request.operation = ARP_REQUEST;
    request.senderMac.copyFrom(this.#mac);
    request.senderIp.copyFrom(this.address);
    request.targetMac.high = 0;
    request.targetMac.low = 0;
    request.targetIp.copyFrom(wanted.address);
    writeArp(request, into, at);
    return this.#output.frame(BROADCAST_MAC, ETHERTYPE_ARP, into, start, ARP_LENGTH);
  }

  /** Nothing has come from `destination` for long: the neighbour that leads there is asked about when it is used next. */
  distrust(destination: Address): void {
    const neighbor = this.neighbors.find(this.#via(destination));
    if (neighbor?.state === 'REACHABLE') this.neighbors.distrust(neighbor);
  }

  #via(destination: Address): Address {
    return this.#gateway === null || this.#isOnLink(destination.w3) ? destination : this.#gateway;
  }

  /** The neighbour that the packet at `packet` goes to: its destination on this link, else the gateway. */
  #nextHop(bytes: Uint8Array, packet: number): Address {
    const hop = this.#hop;
    hop.w3 = wordAt(bytes, packet + DESTINATION);
    return this.#via(hop);
  }

  #isOnLink(word: number): boolean {
    return ((word ^ this.address.w3) & this.#mask) === 0;
  }

  /** Whether it can be one host's on this link: not the network's own address, nor the one that means all of its hosts. */
  #isNeighbor(word: number): boolean {
    return this.#isOnLink(word) && (word & ~this.#mask) !== 0 && (word | this.#mask) !== -1;
  }
}

/** Of the destination in an IPv4 header. */
const DESTINATION = 16;

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}
