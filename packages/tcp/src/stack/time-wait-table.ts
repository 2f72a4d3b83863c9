/**
 * Connections in TIME-WAIT that nobody holds any more: some hundred octets each, in columns of numbers rather than in
 * objects, for as long as two MSL. A segment that comes for one brings its TCB back.
 *
 * @rfc 9293 3.6.1
 */
import type { FourTuple } from '../tcb/isn.ts';
import type { Tcb } from '../tcb/tcb.ts';
import type { Micros, Octets } from '../units.ts';
import { Address, sameAddress } from '../wire/address.ts';
import { seq } from '../wire/seq.ts';
import { hashTuple } from './tuple-table.ts';

// The columns of an entry's 32-bit integers.
const ID = 0;
const LOCAL = 1;
const PORTS = 2;
const REMOTE = 3;
const HASH = 7;
const NEXT = 8;
const HEAP_AT = 9;
const ISS = 10;
const IRS = 11;
const SND_NXT = 12;
const SND_MAX_WND = 13;
const RCV_NXT = 14;
const RCV_WND = 15;
const SCALES = 16;
const TS_OFFSET = 17;
const TS_RECENT = 18;
const CHALLENGES = 19;
const WORDS = 20;

// And those of its 64-bit numbers.
const DEADLINE = 0;
const TS_RECENT_AT = 1;
const CHALLENGE_SINCE = 2;
const DOUBLES = 3;

const TIMESTAMPS = 0x10000;
const SACK = 0x20000;
const PASSIVE = 0x40000;

/** Entries are made room for by this many at a time, so that little of it is ever unused. */
const BLOCK = 1024;
const NONE = -1;

export class TimeWaitTable {
  readonly #salt: number;
  readonly #words: Int32Array[] = [];
  readonly #doubles: Float64Array[] = [];
  #heads = new Int32Array(16).fill(NONE);
  /** A binary heap of entries, the first to end on top. */
  #heap = new Int32Array(BLOCK);
  #size = 0;
  /** The first of the entries that are free; NEXT leads on. */
  #free = NONE;
  /** The host's own records of its addresses. */
  readonly #locals: Address[] = [];

  /** @param salt any 32 bits */
  constructor(salt: number) {
    this.#salt = salt | 0;
  }

  get size(): number {
    return this.#size;
  }

  /** Octets of memory that the table holds. */
  get memory(): Octets {
    const each = BLOCK * (4 * WORDS + 8 * DOUBLES);
    return this.#words.length * each + this.#heads.byteLength + this.#heap.byteLength;
  }

  /** When the first of them ends; Infinity = there is none. */
  next(): Micros {
    return this.#size === 0 ? Infinity : this.deadline(this.#heap[0]);
  }

  /** The entry that ends first; -1 = there is none. */
  first(): number {
    return this.#size === 0 ? NONE : this.#heap[0];
  }

  /** @returns the entry; -1 = there is none */
  find(local: Address, localPort: number, remote: Address, remotePort: number): number {
    if (this.#size === 0) return NONE;
    const hash = hashTuple(this.#salt, remote, remotePort, localPort);
    const ports = (localPort << 16) | remotePort;
    for (let entry = this.#heads[hash & (this.#heads.length - 1)]; entry !== NONE;) {
      const words = this.#words[entry >>> 10];
      const at = (entry & (BLOCK - 1)) * WORDS;
      if (
        words[at + HASH] === hash &&
        words[at + PORTS] === ports &&
        words[at + REMOTE + 3] === remote.w3 &&
        words[at + REMOTE] === remote.w0 &&
        words[at + REMOTE + 1] === remote.w1 &&
        words[at + REMOTE + 2] === remote.w2 &&
        sameAddress(this.#locals[words[at + LOCAL]], local)
      ) {
        return entry;
      }
      entry = words[at + NEXT];
    }
    return NONE;
  }

  /** Keep what matters of a TCB in TIME-WAIT until `deadline`. */
  add(tcb: Tcb, deadline: Micros): void {
    if (this.#free === NONE) this.#growBlocks();
    if (this.#size >= 2 * this.#heads.length) this.#growHeads();
    const entry = this.#free;
    const words = this.#words[entry >>> 10];
    const at = (entry & (BLOCK - 1)) * WORDS;
    this.#free = words[at + NEXT];
    const { tuple, options, snd, rcv } = tcb;
    const { remoteAddress: remote } = tuple;
    words[at + ID] = tcb.id;
    words[at + LOCAL] = this.#localOf(tuple.localAddress);
    words[at + PORTS] = (tuple.localPort << 16) | tuple.remotePort;
    words[at + REMOTE] = remote.w0;
    words[at + REMOTE + 1] = remote.w1;
    words[at + REMOTE + 2] = remote.w2;
    words[at + REMOTE + 3] = remote.w3;
    words[at + ISS] = tcb.iss;
    words[at + IRS] = tcb.irs;
    words[at + SND_NXT] = snd.nxt;
    words[at + SND_MAX_WND] = snd.maxWnd;
    words[at + RCV_NXT] = rcv.nxt;
    words[at + RCV_WND] = rcv.wnd;
    const flags =
      (options.timestamps ? TIMESTAMPS : 0) | (options.sack ? SACK : 0) | (tcb.passive ? PASSIVE : 0);
    words[at + SCALES] = flags | (snd.scale << 8) | rcv.scale;
    words[at + TS_OFFSET] = options.tsOffset;
    words[at + TS_RECENT] = options.tsRecent;
    words[at + CHALLENGES] = tcb.challengeAcks;
    const doubles = this.#doubles[entry >>> 10];
    const place = (entry & (BLOCK - 1)) * DOUBLES;
    doubles[place + DEADLINE] = deadline;
    doubles[place + TS_RECENT_AT] = options.tsRecentAt;
    doubles[place + CHALLENGE_SINCE] = tcb.challengeSince;
    words[at + HASH] = hashTuple(this.#salt, remote, tuple.remotePort, tuple.localPort);
    this.#link(entry);
    this.#up(entry, this.#size++);
  }

  /** Host-local number of the connection. */
  id(entry: number): number {
    return this.#word(entry, ID);
  }

  /** When the entry ends. */
  deadline(entry: number): Micros {
    return this.#doubles[entry >>> 10][(entry & (BLOCK - 1)) * DOUBLES + DEADLINE];
  }

  /** Both ends of the connection. */
  tuple(entry: number): FourTuple {
    const words = this.#words[entry >>> 10];
    const at = (entry & (BLOCK - 1)) * WORDS;
    const localAddress = this.#locals[words[at + LOCAL]];
    const remoteAddress = new Address();
    if (localAddress.version === 4) remoteAddress.setIpv4(words[at + REMOTE + 3]);
    else {
      const [w0, w1, w2, w3] = words.subarray(at + REMOTE, at + REMOTE + 4);
      remoteAddress.setIpv6(w0, w1, w2, w3);
    }
    const ports = words[at + PORTS];
    return { localAddress, localPort: ports >>> 16, remoteAddress, remotePort: ports & 0xffff };
  }

  /** Give `tcb`, which is new or was the entry's own, all that the entry holds, and forget the entry. */
  take(entry: number, tcb: Tcb): void {
    const word = (column: number) => this.#word(entry, column);
    const { snd, rcv, options } = tcb;
    tcb.iss = seq(word(ISS));
    tcb.irs = seq(word(IRS));
    snd.nxt = seq(word(SND_NXT));
    snd.una = snd.nxt;
    snd.maxWnd = word(SND_MAX_WND);
    snd.wnd = snd.maxWnd;
    rcv.nxt = seq(word(RCV_NXT));
    rcv.wnd = word(RCV_WND);
    rcv.up = rcv.nxt;
    const scales = word(SCALES);
    snd.scale = (scales >>> 8) & 0xf;
    rcv.scale = scales & 0xf;
    tcb.passive = (scales & PASSIVE) !== 0;
    options.timestamps = (scales & TIMESTAMPS) !== 0;
    options.sack = (scales & SACK) !== 0;
    options.tsOffset = word(TS_OFFSET) >>> 0;
    options.tsRecent = word(TS_RECENT) >>> 0;
    options.lastAckSent = rcv.nxt;
    tcb.challengeAcks = word(CHALLENGES);
    const doubles = this.#doubles[entry >>> 10];
    const place = (entry & (BLOCK - 1)) * DOUBLES;
    options.tsRecentAt = doubles[place + TS_RECENT_AT];
    tcb.challengeSince = doubles[place + CHALLENGE_SINCE];
    tcb.synAcked = true;
    tcb.closing = true;
    tcb.finSent = true;
    tcb.finReceived = true;
    tcb.state = 'TIME-WAIT';
    tcb.timers.set('time-wait', doubles[place + DEADLINE]);
    this.#remove(entry);
  }

  *[Symbol.iterator](): IterableIterator<number> {
    for (let i = 0; i < this.#size; i++) yield this.#heap[i];
  }

  #remove(entry: number): void {
    const heapAt = this.#word(entry, HEAP_AT);
    const last = this.#heap[--this.#size];
    if (last !== entry) {
      this.#up(last, heapAt);
      this.#down(last, this.#word(last, HEAP_AT));
    }
    const head = this.#word(entry, HASH) & (this.#heads.length - 1);
    const next = this.#word(entry, NEXT);
    if (this.#heads[head] === entry) this.#heads[head] = next;
    else {
      let before = this.#heads[head];
      while (this.#word(before, NEXT) !== entry) before = this.#word(before, NEXT);
      this.#set(before, NEXT, next);
    }
    this.#set(entry, NEXT, this.#free);
    this.#free = entry;
  }

  #link(entry: number): void {
    const head = this.#word(entry, HASH) & (this.#heads.length - 1);
    this.#set(entry, NEXT, this.#heads[head]);
    this.#heads[head] = entry;
  }

  #up(entry: number, from: number): void {
    if (from >= this.#heap.length) {
      const heap = new Int32Array(this.#heap.length + BLOCK * 8);
      heap.set(this.#heap);
      this.#heap = heap;
    }
    const deadline = this.deadline(entry);
    let at = from;
    while (at > 0) {
      const above = this.#heap[(at - 1) >> 1];
      if (this.deadline(above) <= deadline) break;
      this.#place(above, at);
      at = (at - 1) >> 1;
    }
    this.#place(entry, at);
  }

  #down(entry: number, from: number): void {
    const deadline = this.deadline(entry);
    let at = from;
    for (let below = 2 * at + 1; below < this.#size; below = 2 * at + 1) {
      const right = below + 1;
      if (right < this.#size && this.deadline(this.#heap[right]) < this.deadline(this.#heap[below])) {
        below = right;
      }
      if (this.deadline(this.#heap[below]) >= deadline) break;
      this.#place(this.#heap[below], at);
      at = below;
    }
    this.#place(entry, at);
  }

  #place(entry: number, at: number): void {
    this.#heap[at] = entry;
    this.#set(entry, HEAP_AT, at);
  }

  #word(entry: number, column: number): number {
    return this.#words[entry >>> 10][(entry & (BLOCK - 1)) * WORDS + column];
  }

  #set(entry: number, column: number, value: number): void {
    this.#words[entry >>> 10][(entry & (BLOCK - 1)) * WORDS + column] = value;
  }

  #localOf(address: Address): number {
    const known = this.#locals.findIndex((one) => sameAddress(one, address));
    return known >= 0 ? known : this.#locals.push(address) - 1;
  }

  #growBlocks(): void {
    const first = this.#words.length * BLOCK;
    this.#words.push(new Int32Array(BLOCK * WORDS));
    this.#doubles.push(new Float64Array(BLOCK * DOUBLES));
    for (let i = BLOCK - 1; i >= 0; i--) {
      this.#set(first + i, NEXT, this.#free);
      this.#free = first + i;
    }
  }

  #growHeads(): void {
    this.#heads = new Int32Array(this.#heads.length * 2).fill(NONE);
    for (let i = 0; i < this.#size; i++) this.#link(this.#heap[i]);
  }
}
