/** A half-open connection of a listener, kept small: the SYN's facts, from which a TCB can be made again. @rfc 4987 3.5 */
import type { FourTuple } from '../tcb/isn.ts';
import type { SynAckSent } from '../tcb/listener-part.ts';
import type { Micros, Octets, Seq } from '../units.ts';
import { SYN, type Segment } from '../wire/segment.ts';
import type { Connection } from './connection.ts';
import type { Scheduled } from './deadline-heap.ts';
import type { Listener } from './listener.ts';
import type { RunningTimer } from './listing.ts';
import type { Linked } from './tuple-table.ts';

export class HalfOpen implements Scheduled, Linked<HalfOpen>, SynAckSent {
  /** Host-local number of the connection that it may become. */
  readonly id: number;
  readonly listener: Listener;
  readonly tuple: FourTuple;
  readonly iss: Seq;
  readonly startedAt: Micros;

  // What the SYN said.
  readonly #irs: Seq;
  readonly #wnd: number;
  readonly #mss: Octets;
  readonly #windowScale: number;
  readonly #sackPermitted: boolean;
  readonly #timestamps: boolean;
  readonly #tsVal: number;
  readonly #userTimeout: number;
  /** Text of the SYN; it waits for ESTABLISHED. */
  readonly #text: Uint8Array | null;

  // Our SYN,ACK.
  transmissions = 1;
  sentAt: Micros;
  rto: Micros;
  /** Challenge ACKs sent in the second that began at `challengeSince`. @rfc 5961 7 */
  challengeAcks = 0;
  challengeSince: Micros = 0;

  /** The connection as its SYN,ACK left it, while few are half-open: most handshakes are over in a moment. */
  fresh: Connection | null = null;

  deadline: Micros = Infinity;
  heapIndex = -1;
  hash = 0;
  next: HalfOpen | null = null;

  constructor(now: Micros, listener: Listener, of: HandshakeFacts, syn: Segment) {
    this.id = of.id;
    this.listener = listener;
    this.tuple = of.tuple;
    this.iss = of.iss;
    this.rto = of.rto;
    this.startedAt = now;
    this.sentAt = now;
    this.#irs = syn.seq;
    this.#wnd = syn.wnd;
    this.#mss = syn.mss;
    this.#windowScale = syn.windowScale;
    this.#sackPermitted = syn.sackPermitted;
    this.#timestamps = syn.timestamps;
    this.#tsVal = syn.tsVal;
    this.#userTimeout = syn.userTimeout;
    this.#text = syn.payloadLength > 0 ? syn.bytes.slice(syn.payloadStart, syn.payloadEnd) : null;
  }

  get state(): 'SYN-RECEIVED' {
    return 'SYN-RECEIVED';
  }

  /** Nothing can be read or written before the handshake is complete. */
  get readable(): Octets {
    return 0;
  }

  get unacknowledged(): Octets {
    return 0;
  }

  get timer(): RunningTimer | null {
    const { deadline, transmissions } = this;
    if (deadline === Infinity) return null;
    return { name: 'retransmission', at: deadline, retransmissions: transmissions - 1 };
  }

  /** Make `into` the SYN that came. */
  fillSyn(into: Segment): void {
    into.clear();
    into.sourcePort = this.tuple.remotePort;
    into.destinationPort = this.tuple.localPort;
    into.flags = SYN;
    into.seq = this.#irs;
    into.wnd = this.#wnd;
    into.mss = this.#mss;
    into.windowScale = this.#windowScale;
    into.sackPermitted = this.#sackPermitted;
    into.timestamps = this.#timestamps;
    into.tsVal = this.#tsVal;
    into.userTimeout = this.#userTimeout;
    if (this.#text === null) return;
    into.bytes = this.#text;
    into.payloadEnd = this.#text.length;
  }
}

/** What a TCB says of itself. */
export interface HandshakeFacts {
  readonly id: number;
  readonly tuple: FourTuple;
  readonly iss: Seq;
  readonly rto: Micros;
}
