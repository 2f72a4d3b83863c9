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
import { BROADCAST_MAC, MacAddress, isGroupMac, parseMac, sameMac } from '../wire/mac-address.ts';
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
/** How long an answer is believed without asking again. @rfc 1122 2.3.2.1 */
const BELIEVE_FOR: Micros = 60_000_000;
/** Packets kept for a neighbour that has not answered; the oldest goes first. @rfc 1122 2.3.2.2 */
const KEEP = 16;
/** Answers that wait to be sent. */
const MOST_ANSWERS = 16;
/** Neighbours known, and neighbours asked for, at a time. Made-up senders push each other out; the oldest goes first. */
const MOST_KNOWN = 1024;
const MOST_ASKED = 64;
/** Ethernet's least frame without its check sequence: shorter ones are filled with zeros. */
const LEAST_FRAME: Octets = 60;

/** Somebody on this link who has told us where. */
interface Neighbour {
  readonly mac: MacAddress;
  /** From then on it is asked for again; until it fails to answer, packets go to it all the same. */
  readonly doubtful: Micros;
}

/** Somebody we ask for. */
interface Question {
  readonly address: Address;
  /** Requests that went out. */
  asked: number;
  /** When to ask again, or to give up. */
  deadline: Micros;
  readonly held: Uint8Array[];
}

export class EthernetLink {
  readonly mac: MacAddress;
  readonly address: Address;
  readonly counters = new Counters();
  readonly #gateway: Address | null;
  readonly #mask: number;
  /** Both by the address's last word: a link is one IPv4 network. The oldest entry stands first. */
  readonly #known = new Map<number, Neighbour>();
  readonly #asked = new Map<number, Question>();
  /** Questions to be put now; one that was answered meanwhile is passed over. */
  readonly #toAsk: Question[] = [];
  readonly #answers: ArpPacket[] = [];
  /** Frames without addresses yet: [neighbour, packet], ready to go. */
  readonly #released: { readonly mac: MacAddress; readonly packet: Uint8Array }[] = [];
  /** What was held for neighbours that never answered. */
  #undeliverable: Uint8Array[] = [];
  readonly #header = new EthernetHeader();
  readonly #out = new EthernetHeader();
  readonly #arp = new ArpPacket();
  readonly #hop = new Address();

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
    if (header.etherType !== ETHERTYPE_IPV4 || broadcast) return -1;
    const source = header.payloadStart + SOURCE;
    if (source + 4 <= header.payloadEnd && this.#isNobody(wordAt(bytes, source))) {
      this.counters.drop('ipv4: bad source');
      return -1;
    }
    return header.payloadStart;
  }

  /**
   * Frame the IP packet that stands at into[start + 14…].
   *
   * @returns octets of the frame at into[start…]; 0 = the packet is held until its neighbour answers
   */
  send(now: Micros, into: Uint8Array, start: number, packetLength: Octets): Octets {
    const at = start + ETHERNET_HEADER_LENGTH;
    const hop = this.#nextHop(into, at);
    const known = this.#known.get(hop.w3);
    if (known !== undefined) {
      if (known.doubtful <= now) this.#ask(hop);
      return this.#frame(known.mac, ETHERTYPE_IPV4, into, start, packetLength);
    }
    const { held } = this.#ask(hop);
    if (held.length >= KEEP) {
      held.shift();
      this.counters.drop('arp: too many packets wait');
    }
    held.push(into.slice(at, at + packetLength));
    return 0;
  }

  /**
   * Whether an address belongs to this link and yet to no single host: nobody can be reached there, or heard.
   *
   * @rfc 9293 3.9.2.3
   */
  isNobody(address: Address): boolean {
    return this.#isNobody(address.w3);
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
    for (let question = this.#toAsk.shift(); question !== undefined; question = this.#toAsk.shift()) {
      if (this.#asked.get(question.address.w3) !== question) continue;
      question.asked++;
      question.deadline = now + ASK_EVERY;
      const request = this.#arp;
      request.operation = ARP_REQUEST;
      request.senderMac.copyFrom(this.mac);
      request.senderIp.copyFrom(this.address);
      request.targetMac.high = 0;
      request.targetMac.low = 0;
      request.targetIp.copyFrom(question.address);
      writeArp(request, into, at);
      return this.#frame(BROADCAST_MAC, ETHERTYPE_ARP, into, start, ARP_LENGTH);
    }
    return 0;
  }

  /** When `onTimeout` is wanted next; Infinity = not at all. */
  pollTimeout(): Micros {
    let earliest = Infinity;
    for (const { deadline } of this.#asked.values()) if (deadline < earliest) earliest = deadline;
    return earliest;
  }

  /** Ask again, and give up on neighbours that never answer: what was held for them is dropped. */
  onTimeout(now: Micros): void {
    for (const question of this.#asked.values()) {
      if (question.deadline > now) continue;
      if (question.asked >= ASK_TIMES) {
        this.#known.delete(question.address.w3);
        this.#undeliverable.push(...question.held);
        this.#drop(question, 'arp: nobody answers');
      } else {
        question.deadline = Infinity;
        this.#toAsk.push(question);
      }
    }
  }

  /** The IP packets that could not be delivered since the last call, because no neighbour answered for them. */
  takeUndeliverable(): Uint8Array[] {
    if (this.#undeliverable.length === 0) return this.#undeliverable;
    const packets = this.#undeliverable;
    this.#undeliverable = [];
    return packets;
  }

  #onArp(now: Micros, bytes: Uint8Array, start: number, end: number): void {
    const packet = this.#arp;
    const bad = parseArp(bytes, start, end, packet);
    if (bad !== null) return this.counters.drop(`${bad.layer}: ${bad.reason}`);
    const { senderIp, senderMac } = packet;
    // Somebody who claims our own address, one that is no host's here, or many Ethernet addresses, teaches us nothing.
    if (sameAddress(senderIp, this.address) || !this.#isNeighbour(senderIp.w3) || isGroupMac(senderMac))
      return;
    const forUs = sameAddress(packet.targetIp, this.address);
    // RFC 826: who is known or asked for is learned from whatever it says; others only when they speak to us.
    if (forUs || this.#known.has(senderIp.w3) || this.#asked.has(senderIp.w3)) this.#learn(now, packet);
    if (!forUs || packet.operation !== ARP_REQUEST || this.#answers.length >= MOST_ANSWERS) return;
    const answer = new ArpPacket();
    answer.operation = ARP_REPLY;
    answer.senderMac.copyFrom(this.mac);
    answer.senderIp.copyFrom(this.address);
    answer.targetMac.copyFrom(senderMac);
    answer.targetIp.copyFrom(senderIp);
    this.#answers.push(answer);
  }

  #learn(now: Micros, { senderIp, senderMac }: ArpPacket): void {
    const mac = new MacAddress();
    mac.copyFrom(senderMac);
    const key = senderIp.w3;
    this.#known.delete(key);
    this.#known.set(key, { mac, doubtful: now + BELIEVE_FOR });
    if (this.#known.size > MOST_KNOWN) {
      const [oldest] = this.#known.keys();
      this.#known.delete(oldest);
    }
    const question = this.#asked.get(key);
    if (question === undefined) return;
    this.#asked.delete(key);
    for (const packet of question.held) this.#released.push({ mac, packet });
  }

  /** The question for `hop`: the one that is open, or a new one to be put at once. */
  #ask(hop: Address): Question {
    const open = this.#asked.get(hop.w3);
    if (open !== undefined) return open;
    if (this.#asked.size >= MOST_ASKED) {
      const [oldest] = this.#asked.values();
      this.#drop(oldest, 'arp: too many neighbours are asked for');
    }
    const question: Question = { address: hop.copy(), asked: 0, deadline: Infinity, held: [] };
    this.#asked.set(hop.w3, question);
    this.#toAsk.push(question);
    return question;
  }

  #drop(question: Question, reason: string): void {
    this.#asked.delete(question.address.w3);
    for (let i = 0; i < question.held.length; i++) this.counters.drop(reason);
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

  /** The neighbour that the packet at `packet` goes to: its destination on this link, else the gateway. */
  #nextHop(bytes: Uint8Array, packet: number): Address {
    const hop = this.#hop;
    hop.w3 = wordAt(bytes, packet + DESTINATION);
    return this.#gateway === null || this.#isOnLink(hop.w3) ? hop : this.#gateway;
  }

  #isOnLink(word: number): boolean {
    return ((word ^ this.address.w3) & this.#mask) === 0;
  }

  /** Whether it can be one host's on this link: not the network's own address, nor the one that means all of its hosts. */
  #isNeighbour(word: number): boolean {
    return this.#isOnLink(word) && (word & ~this.#mask) !== 0 && (word | this.#mask) !== -1;
  }

  #isNobody(word: number): boolean {
    return this.#isOnLink(word) && !this.#isNeighbour(word);
  }
}

/** Of the addresses in an IPv4 header. */
const SOURCE = 12;
const DESTINATION = 16;

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}
