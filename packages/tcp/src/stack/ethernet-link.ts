/** One address on an Ethernet: frames in and out, and ARP to find the neighbours. @rfc 826, 1122 2.3.2 */
import { MisuseError } from '../misuse-error.ts';
import type { Micros, Octets } from '../units.ts';
import { Address, parseAddress, sameAddress } from '../wire/address.ts';
import { ARP_LENGTH, ARP_REPLY, ARP_REQUEST, ArpPacket, parseArp, writeArp } from '../wire/arp.ts';
import {
  ETHERNET_HEADER_LENGTH,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  EthernetHeader,
  parseEthernet,
  writeEthernet,
} from '../wire/ethernet.ts';
import { BROADCAST_MAC, MacAddress, parseMac, sameMac } from '../wire/mac-address.ts';
import { Counters } from './counters.ts';

export interface EthernetLinkOptions {
  /** Ours, such as `02:74:63:62:00:01`. */
  readonly mac: string;
  /** Ours, such as `10.0.0.1`. */
  readonly address: string;
  /** Bits of the address that the whole link shares, 1 to 30. */
  readonly prefixLength: number;
  /** Where packets for other networks go. */
  readonly gateway?: string;
}

/** A request that nobody answers is sent again this long after the one before. @rfc 1122 2.3.2.1 */
const ASK_EVERY: Micros = 1_000_000;
const ASK_TIMES = 5;
/** How long an answer is believed. @rfc 1122 2.3.2.1 */
const BELIEVE_FOR: Micros = 60_000_000;
/** Packets kept for a neighbour that has not answered; the oldest goes first. @rfc 1122 2.3.2.2 */
const KEEP = 16;
/** Ethernet's least frame without its check sequence: shorter ones are filled with zeros. */
const LEAST_FRAME: Octets = 60;

interface Neighbour {
  readonly address: Address;
  mac: MacAddress | null;
  /** While `mac` is null: when to ask again; else when it is believed no longer. */
  deadline: Micros;
  asked: number;
  asking: boolean;
  held: Uint8Array[];
}

export class EthernetLink {
  readonly mac: MacAddress;
  readonly address: Address;
  readonly counters = new Counters();
  readonly #gateway: Address | null;
  readonly #mask: number;
  /** By the address's last word: a link is one IPv4 network. */
  readonly #neighbours = new Map<number, Neighbour>();
  readonly #answers: ArpPacket[] = [];
  /** Frames without addresses yet: [neighbour, packet], ready to go. */
  readonly #released: { readonly mac: MacAddress; readonly packet: Uint8Array }[] = [];
  readonly #header = new EthernetHeader();
  readonly #out = new EthernetHeader();
  readonly #arp = new ArpPacket();

  constructor(options: EthernetLinkOptions) {
    const { prefixLength } = options;
    if (!Number.isInteger(prefixLength) || prefixLength < 1 || prefixLength > 30) {
      throw new MisuseError('bad-prefix', `a prefix is 1 to 30 bits long, not ${prefixLength}`);
    }
    this.mac = parseMac(options.mac);
    this.address = parseAddress(options.address);
    this.#gateway = options.gateway === undefined ? null : parseAddress(options.gateway);
    this.#mask = -1 << (32 - prefixLength);
    this.#out.source.copyFrom(this.mac);
  }

  /**
   * A frame has come: bytes[start, end).
   *
   * @returns where an IP packet for our Ethernet address begins; -1 when the frame was ARP, for others, or unreadable
   */
  onFrame(now: Micros, bytes: Uint8Array, start: number, end: number): number {
    const header = this.#header;
    const bad = parseEthernet(bytes, start, end, header);
    if (bad !== null) {
      this.counters.drop(`${bad.layer}: ${bad.reason}`);
      return -1;
    }
    if (sameMac(header.source, this.mac)) return -1;
    const broadcast = sameMac(header.destination, BROADCAST_MAC);
    if (!broadcast && !sameMac(header.destination, this.mac)) return -1;
    if (header.etherType === ETHERTYPE_ARP) this.#onArp(now, bytes, header.payloadStart, header.payloadEnd);
    // TCP is for one host alone: a packet sent to all of the link is none of ours. RFC 9293 §3.9.2.3, MUST-57.
    return header.etherType === ETHERTYPE_IPV4 && !broadcast ? header.payloadStart : -1;
  }

  /**
   * Frame the IP packet that stands at into[start + 14…].
   *
   * @returns octets of the frame at into[start…]; 0 = the packet is held until its neighbour answers
   */
  send(now: Micros, into: Uint8Array, start: number, packetLength: Octets): Octets {
    const at = start + ETHERNET_HEADER_LENGTH;
    const neighbour = this.#neighbour(now, nextHop(this, into, at));
    if (neighbour.mac !== null && neighbour.deadline > now) {
      return this.#frame(neighbour.mac, ETHERTYPE_IPV4, into, start, packetLength);
    }
    if (neighbour.mac !== null) ask(now, neighbour);
    if (neighbour.held.length >= KEEP) {
      neighbour.held.shift();
      this.counters.drop('arp: too many packets wait');
    }
    neighbour.held.push(into.slice(at, at + packetLength));
    return 0;
  }

  /** Write the next frame of our own at into[start…]: ARP, or a packet that was held. @returns octets; 0 = none */
  pollTransmit(now: Micros, into: Uint8Array, start: number): Octets {
    const at = start + ETHERNET_HEADER_LENGTH;
    const answer = this.#answers.shift();
    if (answer !== undefined) {
      writeArp(answer, into, at);
      return this.#frame(answer.targetMac, ETHERTYPE_ARP, into, start, ARP_LENGTH);
    }
    const free = this.#released.shift();
    if (free !== undefined) {
      into.set(free.packet, at);
      return this.#frame(free.mac, ETHERTYPE_IPV4, into, start, free.packet.length);
    }
    for (const neighbour of this.#neighbours.values()) {
      if (!neighbour.asking) continue;
      neighbour.asking = false;
      neighbour.deadline = now + ASK_EVERY;
      const request = this.#arp;
      request.operation = ARP_REQUEST;
      request.senderMac.copyFrom(this.mac);
      request.senderIp.copyFrom(this.address);
      request.targetMac.high = 0;
      request.targetMac.low = 0;
      request.targetIp.copyFrom(neighbour.address);
      writeArp(request, into, at);
      return this.#frame(BROADCAST_MAC, ETHERTYPE_ARP, into, start, ARP_LENGTH);
    }
    return 0;
  }

  /** When `onTimeout` is wanted next; Infinity = not at all. */
  pollTimeout(): Micros {
    let earliest = Infinity;
    for (const { mac, deadline } of this.#neighbours.values()) {
      if (mac === null && deadline < earliest) earliest = deadline;
    }
    return earliest;
  }

  /** Ask again, and give up on neighbours that never answer: what was held for them is dropped. */
  onTimeout(now: Micros): void {
    for (const [key, neighbour] of this.#neighbours) {
      if (neighbour.mac !== null || neighbour.deadline > now) continue;
      if (neighbour.asked < ASK_TIMES) ask(now, neighbour);
      else {
        this.#neighbours.delete(key);
        for (let i = 0; i < neighbour.held.length; i++) this.counters.drop('arp: nobody answers');
      }
    }
  }

  #onArp(now: Micros, bytes: Uint8Array, start: number, end: number): void {
    const packet = this.#arp;
    const bad = parseArp(bytes, start, end, packet);
    if (bad !== null) return this.counters.drop(`${bad.layer}: ${bad.reason}`);
    const forUs = sameAddress(packet.targetIp, this.address);
    // Somebody who claims our own address, or an unspecified one, teaches us nothing.
    if (packet.senderIp.w3 === 0 || sameAddress(packet.senderIp, this.address)) return;
    const known = this.#neighbours.get(packet.senderIp.w3);
    if (known !== undefined || forUs) {
      this.#learn(now, known ?? this.#neighbour(now, packet.senderIp), packet.senderMac);
    }
    if (!forUs || packet.operation !== ARP_REQUEST || this.#answers.length >= KEEP) return;
    const answer = new ArpPacket();
    answer.operation = ARP_REPLY;
    answer.senderMac.copyFrom(this.mac);
    answer.senderIp.copyFrom(this.address);
    answer.targetMac.copyFrom(packet.senderMac);
    answer.targetIp.copyFrom(packet.senderIp);
    this.#answers.push(answer);
  }

  #learn(now: Micros, neighbour: Neighbour, senderMac: MacAddress): void {
    const mac = new MacAddress();
    mac.copyFrom(senderMac);
    neighbour.mac = mac;
    neighbour.deadline = now + BELIEVE_FOR;
    neighbour.asked = 0;
    neighbour.asking = false;
    for (const packet of neighbour.held.splice(0)) this.#released.push({ mac, packet });
  }

  #neighbour(now: Micros, hop: Address): Neighbour {
    const known = this.#neighbours.get(hop.w3);
    if (known !== undefined) return known;
    const address = new Address();
    address.copyFrom(hop);
    const neighbour: Neighbour = {
      address,
      mac: null,
      deadline: Infinity,
      asked: 0,
      asking: false,
      held: [],
    };
    this.#neighbours.set(hop.w3, neighbour);
    ask(now, neighbour);
    return neighbour;
  }

  #frame(
    to: Readonly<MacAddress>,
    etherType: number,
    into: Uint8Array,
    start: number,
    length: Octets,
  ): Octets {
    this.#out.destination.copyFrom(to);
    this.#out.etherType = etherType;
    writeEthernet(this.#out, into, start);
    const end = start + ETHERNET_HEADER_LENGTH + length;
    if (end - start >= LEAST_FRAME) return end - start;
    into.fill(0, end, start + LEAST_FRAME);
    return LEAST_FRAME;
  }

  /** @internal The neighbour that a packet goes to: its destination on this link, else the gateway. */
  hop(destination: Address): Address {
    const onLink = ((destination.w3 ^ this.address.w3) & this.#mask) === 0;
    return onLink || this.#gateway === null ? destination : this.#gateway;
  }
}

function ask(now: Micros, neighbour: Neighbour): void {
  neighbour.mac = null;
  neighbour.asking = true;
  neighbour.asked++;
  neighbour.deadline = now + ASK_EVERY;
}

/** Of the destination in an IPv4 header. */
const DESTINATION = 16;

const destination = new Address();

function nextHop(link: EthernetLink, bytes: Uint8Array, packet: number): Address {
  const at = packet + DESTINATION;
  destination.w3 = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  return link.hop(destination);
}
