/** Who on this link has which Ethernet address, how sure that is, and the packets that wait for an answer. @rfc 4861 7.3 */
import type { Micros } from '../units.ts';
import type { Address } from '../wire/address.ts';
import { MacAddress } from '../wire/mac-address.ts';
import { AddressMap, type Addressed } from './address-map.ts';
import type { Counters } from './counters.ts';
import { DeadlineHeap, type Scheduled } from './deadline-heap.ts';

/** How sure we are of a neighbour, in RFC 4861's words, which describe ARP as well. @rfc 4861 7.3.2 */
export type Reachability = 'INCOMPLETE' | 'REACHABLE' | 'STALE' | 'DELAY' | 'PROBE';

/** How long a protocol believes, and how often it asks. */
export interface Patience {
  /** What stands before the reason when a packet is dropped, such as `arp`. */
  readonly name: string;
  /** How long an answer is believed without asking again. */
  readonly reachable: Micros;
  /** How long after its first use something stale is still not asked about. */
  readonly delayFirstProbe: Micros;
  /** From one question to the next. */
  readonly retransmit: Micros;
  /** Questions to somebody whose Ethernet address is not known, and to somebody who may be gone. */
  readonly solicits: number;
  readonly probes: number;
}

/** Packets kept for a neighbour that has not answered; the oldest goes first. @rfc 1122 2.3.2.2; 4861 7.2.2 */
const KEEP = 16;
/** Neighbours known, and neighbours asked for, at a time. Made-up senders push each other out; the oldest goes first. */
const MOST_KNOWN = 1024;
const MOST_ASKED = 64;

/** Somebody on this link. */
export class Neighbor implements Addressed<Neighbor>, Scheduled {
  readonly address: Address;
  next: Neighbor | null = null;
  /** Means nothing while INCOMPLETE. */
  readonly mac = new MacAddress();
  state: Reachability = 'INCOMPLETE';
  /** Until then it is REACHABLE, from then on STALE. */
  believedUntil: Micros = 0;
  /** Questions that went out in this state. */
  asked = 0;
  readonly held: Uint8Array[] = [];
  /** Of the timer of INCOMPLETE, DELAY and PROBE. */
  deadline = Infinity;
  heapIndex = -1;

  constructor(address: Address) {
    this.address = address;
  }
}

/** A packet that waited, and where it goes now. */
export interface Released {
  readonly mac: MacAddress;
  readonly packet: Uint8Array;
}

export class NeighborTable {
  readonly #patience: Patience;
  readonly #counters: Counters;
  readonly #known = new AddressMap<Neighbor>();
  readonly #asked = new AddressMap<Neighbor>();
  readonly #deadlines = new DeadlineHeap<Neighbor>();
  /** Whom to put a question to now; one that was answered meanwhile is passed over. */
  readonly #toAsk: Neighbor[] = [];
  readonly #released: Released[] = [];
  /** What was held for neighbours that never answered. */
  #undeliverable: Uint8Array[] = [];

  constructor(patience: Patience, counters: Counters) {
    this.#patience = patience;
    this.#counters = counters;
  }

  /** The entry for an address, in whatever state. */
  find(address: Address): Neighbor | undefined {
    return this.#known.get(address) ?? this.#asked.get(address);
  }

  /** The entry for a packet that is about to go there. While it is INCOMPLETE, `hold` the packet. */
  use(now: Micros, address: Address): Neighbor {
    const known = this.#known.get(address);
    if (known === undefined) return this.#asked.get(address) ?? this.#ask(address);
    if (known.state === 'REACHABLE' && known.believedUntil <= now) known.state = 'STALE';
    if (known.state === 'STALE') this.#doubt(now, known);
    return known;
  }

  /** Keep a packet until the neighbour answers. */
  hold(neighbor: Neighbor, packet: Uint8Array): void {
    const { held } = neighbor;
    if (held.length >= KEEP) {
      held.shift();
      this.#counters.drop(`${this.#patience.name}: too many packets wait`);
    }
    held.push(packet);
  }

  /**
   * An Ethernet address was told, and what waited for it goes.
   *
   * @param state REACHABLE when it answers what we asked, so that packets of ours arrive; else STALE
   */
  learn(now: Micros, address: Address, mac: Readonly<MacAddress>, state: 'REACHABLE' | 'STALE'): void {
    const old = this.find(address);
    if (old !== undefined) this.#remove(old);
    const neighbor = new Neighbor(address.copy());
    neighbor.mac.copyFrom(mac);
    neighbor.state = state;
    neighbor.believedUntil = now + this.#patience.reachable;
    this.#known.add(neighbor);
    if (this.#known.size > MOST_KNOWN && this.#known.oldest) this.#remove(this.#known.oldest);
    if (old === undefined) return;
    for (const packet of old.held) this.#released.push({ mac: neighbor.mac, packet });
  }

  /** Packets of ours reach a neighbour that is known, at the address we have. */
  confirm(now: Micros, neighbor: Neighbor): void {
    neighbor.state = 'REACHABLE';
    neighbor.believedUntil = now + this.#patience.reachable;
    this.#deadlines.schedule(neighbor, Infinity);
  }

  /** What we have of a neighbour that is known may be wrong: it is used, and asked about soon. */
  distrust(neighbor: Neighbor): void {
    neighbor.state = 'STALE';
    this.#deadlines.schedule(neighbor, Infinity);
  }

  /** The next neighbour to put a question to, which counts as asked; null = none. */
  nextToAsk(now: Micros): Neighbor | null {
    for (let neighbor = this.#toAsk.shift(); neighbor !== undefined; neighbor = this.#toAsk.shift()) {
      const { state } = neighbor;
      if ((state !== 'INCOMPLETE' && state !== 'PROBE') || this.find(neighbor.address) !== neighbor) continue;
      neighbor.asked++;
      this.#deadlines.schedule(neighbor, now + this.#patience.retransmit);
      return neighbor;
    }
    return null;
  }

  /** The next packet whose neighbour has answered. */
  nextReleased(): Released | undefined {
    return this.#released.shift();
  }

  /** When `onTimeout` is wanted next; Infinity = not at all. */
  pollTimeout(): Micros {
    return this.#deadlines.first?.deadline ?? Infinity;
  }

  /** Ask again, and give up on neighbours that never answer: what was held for them is dropped. */
  onTimeout(now: Micros): void {
    const { solicits, probes } = this.#patience;
    for (
      let due = this.#deadlines.first;
      due !== undefined && due.deadline <= now;
      due = this.#deadlines.first
    ) {
      this.#deadlines.schedule(due, Infinity);
      if (due.state === 'DELAY') due.state = 'PROBE';
      if (due.asked < (due.state === 'INCOMPLETE' ? solicits : probes)) {
        this.#toAsk.push(due);
      } else {
        this.#undeliverable.push(...due.held);
        this.#drop(due, 'nobody answers');
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

  /** Put a new question at once. */
  #ask(address: Address): Neighbor {
    if (this.#asked.size >= MOST_ASKED && this.#asked.oldest) {
      this.#drop(this.#asked.oldest, 'too many neighbours are asked for');
    }
    const neighbor = new Neighbor(address.copy());
    this.#asked.add(neighbor);
    this.#toAsk.push(neighbor);
    return neighbor;
  }

  /** What is stale is being used: unless something confirms it meanwhile, it will be asked about. */
  #doubt(now: Micros, neighbor: Neighbor): void {
    neighbor.asked = 0;
    if (this.#patience.delayFirstProbe > 0) {
      neighbor.state = 'DELAY';
      this.#deadlines.schedule(neighbor, now + this.#patience.delayFirstProbe);
    } else {
      neighbor.state = 'PROBE';
      this.#toAsk.push(neighbor);
    }
  }

  #drop(neighbor: Neighbor, reason: string): void {
    this.#remove(neighbor);
    for (let i = 0; i < neighbor.held.length; i++) this.#counters.drop(`${this.#patience.name}: ${reason}`);
  }

  #remove(neighbor: Neighbor): void {
    this.#deadlines.schedule(neighbor, Infinity);
    (neighbor.state === 'INCOMPLETE' ? this.#asked : this.#known).delete(neighbor);
  }
}
