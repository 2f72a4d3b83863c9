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
/** How many equal frames are looked through for a free one, for the same reason. */
const MOST_TRIES = 512;

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

  /** Equal frames of which some were lost or doubled: those that fit between their neighbours, the last first. */
  pairRepeated(latest: Int32Array): void {
    const groups = new Map<number, RepeatedSends>();
    for (const { sent, received } of this.#groups) {
      if (sent.length < 2 || sent.length === received.length) continue;
      const repeated = new RepeatedSends(sent);
      for (const place of received) groups.set(place, repeated);
    }
    const before = this.#newestBefore();
    let after = this.#senders.length;
    for (let place = this.#receivers.length - 1; place >= 0; place--) {
      const group = groups.get(place);
      if (group !== undefined) {
        const sent = group.take(before[place], after, latest[place]);
        this.#match[place] = sent;
        // Going backwards, the arrival that counts as the first is the last one met.
        if (this.#arrival[sent] >= 0) this.#copies.add(this.#arrival[sent]);
        this.#arrival[sent] = place;
      }
      if (this.#match[place] >= 0) after = Math.min(after, this.#match[place]);
    }
  }

  /** What is left over at both ends may be the same frame with flipped bits. */
  pairAltered(latest: Int32Array): void {
    const lost = this.#unmatched(this.#senders, OUTBOUND, this.#arrival);
    const before = this.#newestBefore();
    // A frame that was altered and then doubled is looked for once.
    const copiesOf = new Map<number, readonly number[]>();
    for (const { sent, received } of this.#groups) {
      if (sent.length === 0) copiesOf.set(received[0], received.slice(1));
    }
    // Backwards and the latest first, as for equal frames.
    let after = this.#senders.length;
    for (let place = this.#receivers.length - 1; place >= 0; place--) {
      const copies = copiesOf.get(place);
      if (copies !== undefined) {
        const end = Math.min(latest[place], before[place] + ALTERED_REACH);
        const inOrder = this.#closest(place, lost, before[place], Math.min(end, after));
        const sent = inOrder >= 0 ? inOrder : this.#closest(place, lost, before[place] - ALTERED_REACH, end);
        if (sent >= 0) for (const each of [place, ...copies]) this.#pair(sent, each);
      }
      if (this.#match[place] >= 0) after = Math.min(after, this.#match[place]);
    }
  }

  /** The lost frame that differs in the fewest bits, of those the latest; -1 when none is close. */
  #closest(place: number, lost: readonly number[], newest: number, end: number): number {
    const { bytes } = this.#receivers[place];
    let best = -1;
    let fewest = MOST_FLIPPED_BITS + 1;
    for (let at = firstAtLeast(lost, end) - 1; at >= 0 && lost[at] > newest; at--) {
      if (this.#arrival[lost[at]] >= 0) continue;
      const bits = flippedBits(this.#senders[lost[at]].bytes, bytes, fewest);
      if (bits >= fewest) continue;
      fewest = bits;
      best = lost[at];
    }
    if (best >= 0) this.#bits.set(place, fewest);
    return best;
  }

  /** For each packet of the receiver: the latest place at the sender of what came before it. */
  #newestBefore(): Int32Array {
    const newest = new Int32Array(this.#receivers.length);
    let latest = -1;
    for (let place = 0; place < this.#receivers.length; place++) {
      newest[place] = latest;
      latest = Math.max(latest, this.#match[place]);
    }
    return newest;
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

/**
 * Equal frames of one sender, given out to those that arrived. Where nothing else decides, the latest: a sender repeats
 * what it believes lost, and mostly it is right.
 */
class RepeatedSends {
  readonly #sent: readonly number[];
  readonly #taken: Uint8Array;

  constructor(sent: readonly number[]) {
    this.#sent = sent;
    this.#taken = new Uint8Array(sent.length);
  }

  /**
   * @param before what keeps its order was sent behind this place
   * @param after and ahead of this one
   * @param latest cause and effect: it was certainly sent ahead of this place
   */
  take(before: number, after: number, latest: number): number {
    const sent = this.#sent;
    const end = firstAtLeast(sent, Math.min(after, latest));
    const choice =
      this.#free(end - 1, -1, before) ??
      // It was overtaken, or has overtaken.
      this.#free(firstAtLeast(sent, before + 1), 1, latest) ??
      this.#free(firstAtLeast(sent, latest) - 1, -1, -1);
    // One arrival more than there were sends: a copy of what was sent last.
    if (choice === null) return sent[Math.max(0, end - 1)];
    this.#taken[choice] = 1;
    return sent[choice];
  }

  /** The first that is free, going by `step` from `from` on, and not at or beyond `limit`. */
  #free(from: number, step: 1 | -1, limit: number): number | null {
    const sent = this.#sent;
    for (let at = from, tries = 0; at >= 0 && at < sent.length && tries < MOST_TRIES; at += step, tries++) {
      if ((sent[at] - limit) * step >= 0) return null;
      if (this.#taken[at] === 0) return at;
    }
    return null;
  }
}

/** Where in a rising list the first number from `least` on stands; its length when there is none. */
function firstAtLeast(rising: readonly number[], least: number): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
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
