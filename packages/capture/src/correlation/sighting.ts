/**
 * Which frame in one host's capture is which in the other's. Found by bytes and order alone, never by clocks: those of
 * two hosts differ by more than a frame takes.
 */
import type { CapturedPacket } from '../captured.ts';
import { DIRECTION_MASK, INBOUND, OUTBOUND } from '../pcapng/format.ts';

/** What became of a frame between the two captures. */
export type Fate =
  /** Sent and received. */
  | 'arrived'
  /** Sent, never received. */
  | 'lost'
  /** Received once more than it was sent. */
  | 'duplicated'
  /** Received with some bits flipped. */
  | 'altered'
  /** Received and never sent: from a third host, or missing in the sender's capture. */
  | 'appeared';

/** One frame as two hosts saw it. */
export interface Sighting {
  /** Number of the host that sent it. */
  readonly from: number;
  /** Index of the frame at its sender: with `from` it is a packet id. null when it was not seen there. */
  readonly sent: number | null;
  /** Index of the frame at the other host; null when it was not seen there. */
  readonly received: number | null;
  readonly fate: Fate;
  /** Something sent later came before it. */
  readonly overtaken?: true;
  /** With `altered`: how many bits differ. */
  readonly bits?: number;
}

/** What one host captured. */
export interface HostCapture {
  /** As in packet ids. */
  readonly number: number;
  /** In the order in which they were seen, with their directions. */
  readonly packets: readonly CapturedPacket[];
}

/** A sighting by places in the two arrays of packets. */
export interface Pairing {
  /** 0 or 1: which of the two captures is the sender's. */
  readonly from: 0 | 1;
  readonly sent: number;
  readonly received: number;
  readonly fate: Fate;
  readonly overtaken: boolean;
  readonly bits: number;
}

/** The index by which a packet is known: its id's, or its place in a capture that has no ids. */
export function frameIndex(packet: CapturedPacket, place: number): number {
  return packet.id?.frame ?? place + 1;
}

/** Pair two captures. Each packet with a direction is in at least one pairing; `sent` or `received` is -1 where there is none. */
export function pairPackets(captures: readonly [HostCapture, HostCapture]): Pairing[] {
  const ways = [new OneWay(captures, 0), new OneWay(captures, 1)] as const;
  for (const way of ways) way.pairPlain();
  // A frame was received before whatever its receiver sent next came back: what the plain ones prove bounds the rest.
  const latest = [ways[0].latestSends(ways[1]), ways[1].latestSends(ways[0])] as const;
  ways.forEach((way, index) => {
    way.pairRepeated(latest[index]);
    way.pairAltered(latest[index]);
  });
  return ways.flatMap((way) => way.pairings());
}

/** Frames that look alike: bytes equal, padding aside. */
interface Group {
  readonly sent: number[];
  readonly received: number[];
}

const MOST_FLIPPED_BITS = 8;
/** How many frames before and after its neighbours an altered one is looked for: a bound on hostile input. */
const ALTERED_REACH = 512;

class OneWay {
  readonly #from: 0 | 1;
  readonly #senders: readonly CapturedPacket[];
  readonly #receivers: readonly CapturedPacket[];
  readonly #groups: Group[];
  /** For each packet of the receiver: the place of its match at the sender, -1 while there is none. */
  readonly #match: Int32Array;
  /** For each packet of the sender: the place of its first arrival, -1 while there is none. */
  readonly #arrival: Int32Array;
  readonly #bits = new Map<number, number>();
  readonly #copies = new Set<number>();

  constructor(captures: readonly [HostCapture, HostCapture], from: 0 | 1) {
    this.#from = from;
    this.#senders = captures[from].packets;
    this.#receivers = captures[1 - from].packets;
    this.#match = new Int32Array(this.#receivers.length).fill(-1);
    this.#arrival = new Int32Array(this.#senders.length).fill(-1);
    this.#groups = groupByBytes(this.#senders, this.#receivers);
  }

  /** Frames that were sent once, or received as often as sent: there is no choice, or order makes it. */
  pairPlain(): void {
    for (const { sent, received } of this.#groups) {
      if (sent.length === 1) received.forEach((place) => this.#pair(sent[0], place));
      else if (sent.length === received.length) received.forEach((place, at) => this.#pair(sent[at], place));
    }
  }

  /** For each packet that the receiver saw: before which place at the sender it must have been sent. */
  latestSends(back: OneWay): Int32Array {
    const latest = new Int32Array(this.#receivers.length);
    let bound = this.#senders.length;
    for (let place = this.#receivers.length - 1; place >= 0; place--) {
      latest[place] = bound;
      const returned = back.#arrival[place];
      if (returned >= 0) bound = Math.min(bound, returned);
    }
    return latest;
  }

  /** Equal frames of which some were lost or doubled: the first that fits behind its neighbours. */
  pairRepeated(latest: Int32Array): void {
    const queues = new Map<number, RepeatedSends>();
    for (const { sent, received } of this.#groups) {
      if (sent.length < 2 || sent.length === received.length) continue;
      const queue = new RepeatedSends(sent);
      for (const place of received) queues.set(place, queue);
    }
    let newest = -1;
    for (let place = 0; place < this.#receivers.length; place++) {
      const queue = queues.get(place);
      if (queue !== undefined) this.#pair(queue.take(newest, latest[place]), place);
      newest = Math.max(newest, this.#match[place]);
    }
  }

  /** What is left over at both ends may be the same frame with flipped bits. */
  pairAltered(latest: Int32Array): void {
    const lost = this.#unmatched(this.#senders, OUTBOUND, this.#arrival);
    let first = 0;
    let newest = -1;
    for (let place = 0; place < this.#receivers.length; place++) {
      newest = Math.max(newest, this.#match[place]);
      if (this.#match[place] >= 0 || direction(this.#receivers[place]) !== INBOUND) continue;
      const { bytes } = this.#receivers[place];
      while (first < lost.length && lost[first] < newest - ALTERED_REACH) first++;
      let best = -1;
      let fewest = MOST_FLIPPED_BITS + 1;
      for (let at = first; at < lost.length; at++) {
        const sent = lost[at];
        if (sent >= latest[place] || sent > newest + ALTERED_REACH) break;
        if (this.#arrival[sent] >= 0) continue;
        const bits = flippedBits(this.#senders[sent].bytes, bytes, fewest);
        if (bits >= fewest) continue;
        fewest = bits;
        best = sent;
      }
      if (best < 0) continue;
      this.#pair(best, place);
      this.#bits.set(place, fewest);
    }
  }

  pairings(): Pairing[] {
    const from = this.#from;
    const result: Pairing[] = [];
    let newest = -1;
    for (let place = 0; place < this.#receivers.length; place++) {
      if (direction(this.#receivers[place]) !== INBOUND) continue;
      const sent = this.#match[place];
      const bits = this.#bits.get(place) ?? 0;
      const fate =
        sent < 0 ? 'appeared' : this.#copies.has(place) ? 'duplicated' : bits > 0 ? 'altered' : 'arrived';
      const overtaken = fate !== 'appeared' && fate !== 'duplicated' && sent < newest;
      newest = Math.max(newest, sent);
      result.push({ from, sent, received: place, fate, overtaken, bits });
    }
    for (const sent of this.#unmatched(this.#senders, OUTBOUND, this.#arrival)) {
      result.push({ from, sent, received: -1, fate: 'lost', overtaken: false, bits: 0 });
    }
    return result;
  }

  #pair(sent: number, received: number): void {
    this.#match[received] = sent;
    if (this.#arrival[sent] < 0) this.#arrival[sent] = received;
    else this.#copies.add(received);
  }

  #unmatched(packets: readonly CapturedPacket[], way: number, matches: Int32Array): number[] {
    const places: number[] = [];
    packets.forEach((packet, place) => {
      if (matches[place] < 0 && direction(packet) === way) places.push(place);
    });
    return places;
  }
}

/** Equal frames of one sender, given out to those that arrived. */
class RepeatedSends {
  readonly #sent: readonly number[];
  #next = 0;
  /** Passed over, as something sent later had already arrived. */
  readonly #passed: number[] = [];

  constructor(sent: readonly number[]) {
    this.#sent = sent;
  }

  /**
   * @param newest place of the latest send that has arrived so far: what keeps its order was sent after it
   * @param latest it was sent before this place
   */
  take(newest: number, latest: number): number {
    const sent = this.#sent;
    while (this.#next < sent.length && sent[this.#next] <= newest) this.#passed.push(sent[this.#next++]);
    if (this.#next < sent.length && sent[this.#next] < latest) return sent[this.#next++];
    // Overtaken, or one arrival more than there were sends.
    return this.#passed.pop() ?? sent[Math.max(0, this.#next - 1)];
  }
}

function direction(packet: CapturedPacket): number {
  return packet.flags & DIRECTION_MASK;
}

function groupByBytes(senders: readonly CapturedPacket[], receivers: readonly CapturedPacket[]): Group[] {
  const groups: Group[] = [];
  const byHash = new Map<number, { bytes: Uint8Array; length: number; group: Group }[]>();
  const groupOf = (bytes: Uint8Array): Group => {
    const length = lengthWithoutPadding(bytes);
    const hash = hashOf(bytes, length);
    let bucket = byHash.get(hash);
    if (bucket === undefined) byHash.set(hash, (bucket = []));
    for (const known of bucket) {
      if (known.length === length && sameBytes(known.bytes, bytes, length)) return known.group;
    }
    const group: Group = { sent: [], received: [] };
    bucket.push({ bytes, length, group });
    groups.push(group);
    return group;
  };
  senders.forEach((packet, place) => {
    if (direction(packet) === OUTBOUND) groupOf(packet.bytes).sent.push(place);
  });
  receivers.forEach((packet, place) => {
    if (direction(packet) === INBOUND) groupOf(packet.bytes).received.push(place);
  });
  return groups;
}

const ETHERNET = 14;
const ARP_FRAME = 42;

/** A real interface fills a short frame up to 60 octets after the sender's capture has seen it. */
function lengthWithoutPadding(bytes: Uint8Array): number {
  if (bytes.length <= ETHERNET + 4) return bytes.length;
  const type = (bytes[12] << 8) | bytes[13];
  if (type === 0x0806) return Math.min(bytes.length, ARP_FRAME);
  if (type !== 0x0800) return bytes.length;
  return Math.min(bytes.length, Math.max(ETHERNET, ETHERNET + ((bytes[16] << 8) | bytes[17])));
}

/** Of the headers: their checksums cover the rest. */
function hashOf(bytes: Uint8Array, length: number): number {
  let hash = 0x811c_9dc5 ^ length;
  const end = Math.min(length, 96);
  for (let at = 0; at < end; at++) hash = Math.imul(hash ^ bytes[at], 0x0100_0193);
  return hash;
}

function sameBytes(a: Uint8Array, b: Uint8Array, length: number): boolean {
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** @returns how many bits differ; `enough` or more when it is not worth counting on */
function flippedBits(sent: Uint8Array, received: Uint8Array, enough: number): number {
  const padded = received.length === 60 && sent.length < 60;
  if (received.length !== sent.length && !padded) return enough;
  let bits = 0;
  for (let at = 0; at < sent.length && bits < enough; at++) {
    for (let rest = sent[at] ^ received[at]; rest !== 0; rest &= rest - 1) bits++;
  }
  return bits;
}
