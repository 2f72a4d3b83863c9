/**
 * The state of a TCP that tells nothing of itself, inferred from the segments at its own interface. Explanation, never
 * evidence: an application's CLOSE shows only when its FIN is sent, and the end of TIME-WAIT shows not at all.
 */
import type { Octets, Seq } from '@tcblab/tcp';
import type { State } from '@tcblab/tcp/trace';
import {
  ACK,
  FIN,
  RST,
  SYN,
  seq as toSeq,
  seqAdd,
  seqDistance,
  seqLess,
  seqLessOrEqual,
} from '@tcblab/tcp/wire';

/** One segment as the endpoint sent or received it; damaged ones are not given. */
export interface EndpointSegment {
  readonly direction: 'in' | 'out';
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly wnd: number;
  readonly length: Octets;
  /** -1 = absent. */
  readonly windowScale: number;
}

/**
 * The state after each segment of one 4-tuple, in the order in which the endpoint saw them; null while nothing shows it.
 *
 * @rfc 9293 3.3.2, 3.10.7
 */
export function inferStates(segments: readonly EndpointSegment[]): (State | null)[] {
  const endpoint = new Endpoint();
  return segments.map((segment, index) => {
    if (segment.direction === 'out') endpoint.sent(segment);
    else
      endpoint.received(
        segment,
        () => segments.slice(index + 1).find((next) => next.direction === 'out') ?? null,
      );
    return endpoint.state;
  });
}

class Endpoint {
  state: State | null = null;
  #passive = false;
  /** Ours, from what was sent. */
  #iss = 0 as Seq;
  #sndNxt = 0 as Seq;
  /** The number after our FIN. */
  #finSent: Seq | null = null;
  #ourScale = -1;
  /** The peer's, from what was received. */
  #rcvNxt = 0 as Seq;
  /** The right edge of the window that we have offered. */
  #rcvEdge = 0 as Seq;
  /** The number of the peer's FIN, once it has come. */
  #finReceived: Seq | null = null;
  #peerScale = -1;
  /** What came ahead of its turn. */
  #early: { readonly left: Seq; readonly right: Seq }[] = [];

  sent(segment: EndpointSegment): void {
    const { flags, length } = segment;
    const seq = toSeq(segment.seq);
    if ((flags & RST) !== 0) {
      // In SYN-SENT a reset answers an old segment, and the connection is still being opened (§3.10.7.3, first).
      if (this.state !== 'SYN-SENT' && this.state !== null) this.state = 'CLOSED';
      return;
    }
    if ((flags & SYN) !== 0) this.#sentSyn(segment, seq);
    else if (this.state === null) this.#joined(seq, toSeq(segment.ack));
    const end = seqAdd(seq, length + (flags & SYN ? 1 : 0));
    if (seqLess(this.#sndNxt, end)) this.#sndNxt = end;
    if ((flags & ACK) !== 0) this.#offered(segment);
    if ((flags & FIN) === 0) return;
    this.#finSent = seqAdd(end, 1);
    this.#sndNxt = this.#finSent;
    if (this.state === 'ESTABLISHED' || this.state === 'SYN-RECEIVED') this.state = 'FIN-WAIT-1';
    else if (this.state === 'CLOSE-WAIT') this.state = 'LAST-ACK';
  }

  /** @param answer what the endpoint sends next: only that shows what it made of a SYN */
  received(segment: EndpointSegment, answer: () => EndpointSegment | null): void {
    switch (this.state) {
      case null:
      case 'CLOSED':
      case 'LISTEN':
        this.#receivedUnopened(segment, answer);
        return;
      case 'SYN-SENT':
        this.#receivedInSynSent(segment);
        return;
      case 'TIME-WAIT':
        // A new SYN may begin a new connection here (RFC 9293 §3.6.1, MAY-2).
        if ((segment.flags & (SYN | ACK)) === SYN && isSynAck(answer())) {
          this.#receivedUnopened(segment, answer);
          return;
        }
        this.#receivedSynchronized(segment);
        return;
      default:
        this.#receivedSynchronized(segment);
    }
  }

  #sentSyn(segment: EndpointSegment, seq: Seq): void {
    const answers = (segment.flags & ACK) !== 0;
    if (this.state === 'SYN-SENT' || this.state === 'SYN-RECEIVED') {
      this.#iss = seq;
      return;
    }
    if (
      this.state !== null &&
      this.state !== 'CLOSED' &&
      this.state !== 'LISTEN' &&
      this.state !== 'TIME-WAIT'
    )
      return;
    this.#begin(seq);
    this.#ourScale = segment.windowScale;
    this.#passive = answers;
    this.state = answers ? 'SYN-RECEIVED' : 'SYN-SENT';
  }

  #begin(iss: Seq): void {
    this.#iss = iss;
    this.#sndNxt = seqAdd(iss, 1);
    this.#finSent = null;
    this.#finReceived = null;
    this.#early = [];
  }

  /** The capture begins in the middle: it can only be said that the connection is open. */
  #joined(sndNxt: Seq, rcvNxt: Seq): void {
    this.#begin(seqAdd(sndNxt, -1));
    this.#rcvNxt = rcvNxt;
    this.#rcvEdge = rcvNxt;
    this.state = 'ESTABLISHED';
  }

  #offered(segment: EndpointSegment): void {
    const ack = toSeq(segment.ack);
    const scaled = (segment.flags & SYN) === 0 && this.#ourScale >= 0 && this.#peerScale >= 0;
    const edge = seqAdd(ack, segment.wnd << (scaled ? this.#ourScale : 0));
    if (seqLess(this.#rcvEdge, edge)) this.#rcvEdge = edge;
    // It has acknowledged what the capture has missed.
    if (seqLess(this.#rcvNxt, ack)) {
      this.#rcvNxt = ack;
      this.#takeEarly();
    }
  }

  #receivedUnopened(segment: EndpointSegment, answer: () => EndpointSegment | null): void {
    const { flags } = segment;
    if ((flags & RST) !== 0) return;
    if ((flags & SYN) === 0) {
      // To a segment for no connection a reset answers; anything else shows that there is one.
      const next = answer();
      if (this.state === null && (flags & ACK) !== 0 && next !== null && (next.flags & RST) === 0) {
        this.#joined(toSeq(segment.ack), seqAdd(toSeq(segment.seq), segment.length));
      }
      return;
    }
    if ((flags & ACK) !== 0) return;
    const next = answer();
    if (next !== null && (next.flags & RST) !== 0) this.state = 'CLOSED';
    if (!isSynAck(next)) return;
    this.#begin(toSeq(next?.seq ?? 0));
    this.#ourScale = next?.windowScale ?? -1;
    this.#passive = true;
    this.#synchronize(segment);
    this.state = 'SYN-RECEIVED';
  }

  #synchronize(segment: EndpointSegment): void {
    this.#peerScale = segment.windowScale;
    this.#rcvNxt = seqAdd(toSeq(segment.seq), 1);
    this.#rcvEdge = seqAdd(this.#rcvNxt, 0xffff);
  }

  #receivedInSynSent(segment: EndpointSegment): void {
    const { flags } = segment;
    const acked = (flags & ACK) !== 0;
    if (acked && !this.#acknowledgesSyn(toSeq(segment.ack))) return;
    if ((flags & RST) !== 0) {
      if (acked) this.state = 'CLOSED';
      return;
    }
    if ((flags & SYN) === 0) return;
    this.#synchronize(segment);
    this.state = acked ? 'ESTABLISHED' : 'SYN-RECEIVED';
    this.#takeText(segment);
  }

  #acknowledgesSyn(ack: Seq): boolean {
    return seqLess(this.#iss, ack) && seqLessOrEqual(ack, this.#sndNxt);
  }

  #receivedSynchronized(segment: EndpointSegment): void {
    const { flags } = segment;
    const seq = toSeq(segment.seq);
    const end = seqAdd(seq, segment.length + (flags & FIN ? 1 : 0));
    // First, check sequence number: nothing wholly before or behind what is expected moves the state.
    if (seqLess(end, this.#rcvNxt) || seqLess(this.#rcvEdge, seq)) {
      if (!(flags & SYN)) return;
    }
    if ((flags & RST) !== 0) {
      // RFC 5961 §3.2: only the very number resets, anything else in the window is challenged.
      if (seq === this.#rcvNxt)
        this.state = this.#passive && this.state === 'SYN-RECEIVED' ? 'LISTEN' : 'CLOSED';
      return;
    }
    // Of a SYN here only its ACK counts: in SYN-RECEIVED it completes a simultaneous open; else it is challenged.
    if ((flags & SYN) !== 0 && this.state !== 'SYN-RECEIVED') return;
    if ((flags & ACK) === 0) return;
    this.#takeAck(toSeq(segment.ack));
    if ((flags & SYN) === 0) this.#takeText(segment);
  }

  #takeAck(ack: Seq): void {
    if (seqLess(this.#sndNxt, ack)) return;
    if (this.state === 'SYN-RECEIVED' && this.#acknowledgesSyn(ack)) this.state = 'ESTABLISHED';
    if (this.#finSent === null || seqLess(ack, this.#finSent)) return;
    if (this.state === 'FIN-WAIT-1') this.state = 'FIN-WAIT-2';
    else if (this.state === 'CLOSING') this.state = 'TIME-WAIT';
    else if (this.state === 'LAST-ACK') this.state = 'CLOSED';
  }

  #takeText(segment: EndpointSegment): void {
    const left = seqAdd(toSeq(segment.seq), (segment.flags & SYN) >> 1);
    const right = seqAdd(left, segment.length);
    if ((segment.flags & FIN) !== 0) this.#finReceived ??= right;
    if (seqLess(this.#rcvNxt, left)) {
      this.#early.push({ left, right });
    } else if (seqLess(this.#rcvNxt, right)) {
      this.#rcvNxt = right;
    }
    this.#takeEarly();
  }

  /** Whatever has become its turn, the peer's FIN last. */
  #takeEarly(): void {
    for (let moved = true; moved;) {
      moved = false;
      this.#early = this.#early.filter(({ left, right }) => {
        if (seqLess(this.#rcvNxt, left)) return true;
        if (seqLess(this.#rcvNxt, right)) {
          this.#rcvNxt = right;
          moved = true;
        }
        return false;
      });
    }
    const fin = this.#finReceived;
    if (fin === null || seqDistance(fin, this.#rcvNxt) < 0) return;
    this.#rcvNxt = seqAdd(fin, 1);
    if (this.state === 'ESTABLISHED' || this.state === 'SYN-RECEIVED') this.state = 'CLOSE-WAIT';
    else if (this.state === 'FIN-WAIT-1') this.state = 'CLOSING';
    else if (this.state === 'FIN-WAIT-2') this.state = 'TIME-WAIT';
  }
}

function isSynAck(segment: EndpointSegment | null): boolean {
  return segment !== null && (segment.flags & (SYN | ACK)) === (SYN | ACK);
}
