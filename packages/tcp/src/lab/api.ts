/**
 * What the files of a lab are written against. Types only: whatever your code calls arrives as an argument.
 *
 * Names are those of RFC 9293. Times are whole microseconds, sizes are octets, and sequence numbers are integers from 0
 * to 2^32 - 1, which go round: compare them by `tcp.less` and its like, never by `<`.
 */

/** @rfc 9293 3.3.2 */
export type State =
  | 'CLOSED'
  | 'LISTEN'
  | 'SYN-SENT'
  | 'SYN-RECEIVED'
  | 'ESTABLISHED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'CLOSING'
  | 'LAST-ACK'
  | 'TIME-WAIT';

/* ------------------------------------------------------------------------------------------ connection.ts */

/** A segment that has arrived: the RFC's SEG.* variables. */
export interface Segment {
  /** SEG.SEQ: the number of its first octet, or of its SYN. */
  readonly seq: number;
  /** SEG.ACK; means something only when `hasAck`. */
  readonly ack: number;
  /** SEG.LEN: octets of text, and one each for SYN and FIN. */
  readonly len: number;
  /** SEG.WND. */
  readonly wnd: number;
  /** The control bits. */
  readonly hasAck: boolean;
  readonly syn: boolean;
  readonly fin: boolean;
  readonly rst: boolean;
  readonly psh: boolean;
  readonly urg: boolean;
  /** How many of its octets are text. */
  readonly textLength: number;
}

/** A segment for you to send. */
export interface Outgoing {
  readonly seq: number;
  /** With it the ACK bit is set; without it, not. */
  readonly ack?: number;
  readonly syn?: boolean;
  readonly rst?: boolean;
}

/**
 * The transmission control block. Write to what is not `readonly`; when your function returns, the rest of the TCP sees
 * what you wrote.
 *
 * @rfc 9293 3.3.1
 */
export interface Tcb {
  /** `CLOSED` ends the connection; from `SYN-RECEIVED`, `LISTEN` gives it up as if it had never been. */
  state: State;
  /** Whether it was opened by LISTEN. */
  readonly passive: boolean;
  /** ISS: the number of our SYN. It was chosen for you. */
  readonly iss: number;
  /** IRS: the number of the peer's SYN. */
  irs: number;
  readonly snd: {
    /** SND.UNA: the oldest number of ours that is not acknowledged. */
    una: number;
    /** SND.NXT: the next number that we shall use. */
    nxt: number;
    /** SND.WND: what the peer takes, counted from SND.UNA. */
    readonly wnd: number;
  };
  readonly rcv: {
    /** RCV.NXT: the next number that we expect. */
    nxt: number;
    /** RCV.WND: what we take, counted from RCV.NXT. */
    readonly wnd: number;
  };
  /** Set it, and a FIN goes out after the last octet that waits to be sent. */
  closing: boolean;
  /** Octets that the application has given to be sent and that are not acknowledged. */
  readonly queued: number;
  /** The FIN has gone out. It took the number before SND.NXT. */
  readonly finSent: boolean;
  /** What the application is told when the connection ends; null for an orderly end. */
  error: ConnectionError | null;
}

export type ConnectionError = 'ECONNREFUSED' | 'ECONNRESET' | 'ECONNABORTED';

/** What a call of the application may be answered instead of "done". @rfc 9293 3.10 */
export type CallError =
  | 'connection-does-not-exist'
  | 'connection-already-exists'
  | 'connection-closing'
  | 'connection-reset';

/** The rest of the TCP: what your functions may call. */
export interface Tcp {
  /** The time now. */
  readonly now: number;
  /** The maximum segment lifetime. @rfc 9293 3.4.2 */
  readonly msl: number;

  /** `number` moved on by `octets`, round the ring of 2^32. */
  add(number: number, octets: number): number;
  /** Whether `a` comes before `b`: the RFC's a < b. */
  less(a: number, b: number): boolean;
  /** The RFC's a =< b. */
  lessOrEqual(a: number, b: number): boolean;
  /** Whether left =< `number` < left + size. */
  inWindow(number: number, left: number, size: number): boolean;

  /** Send a segment. Ports, window and options are filled in; a SYN is sent again until it is acknowledged. */
  send(segment: Outgoing): void;
  /** Send <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, with text if some waits, as soon as this segment is done with. */
  acknowledge(): void;
  /** The same for a peer that must prove itself: at most ten in a second. @rfc 5961 7 */
  challenge(): void;
  /** Keep a SYN's text for the application; RCV.NXT moves over it. Call it after you have set RCV.NXT. */
  takeText(segment: Segment): void;
  /** Call `timeWaitTimeout` after so long. Called again, the time begins anew. */
  startTimeWaitTimer(after: number): void;
}

/** What `connection.ts` may export. What it does not export is ours. */
export interface Connection {
  /** OPEN, active. The state is CLOSED. @rfc 9293 3.10.1 */
  openActive(tcb: Tcb, tcp: Tcp): void;
  /** OPEN, passive. The state is CLOSED. @rfc 9293 3.10.1 */
  openPassive(tcb: Tcb, tcp: Tcp): void;
  /** CLOSE. @returns null when it was done @rfc 9293 3.10.4 */
  close(tcb: Tcb, tcp: Tcp): CallError | null;
  /** Our FIN has just gone out. @rfc 9293 3.10.4 */
  finSent(tcb: Tcb, tcp: Tcp): void;
  /** ABORT. @rfc 9293 3.10.5 */
  abort(tcb: Tcb, tcp: Tcp): void;

  /** A segment for which there is no connection. @rfc 9293 3.10.7.1 */
  closedArrives(segment: Segment, tcp: Tcp): void;
  /** @rfc 9293 3.10.7.2 */
  listenArrives(tcb: Tcb, segment: Segment, tcp: Tcp): void;
  /** @rfc 9293 3.10.7.3 */
  synSentArrives(tcb: Tcb, segment: Segment, tcp: Tcp): void;

  // The checks of §3.10.7.4 in their order. Each returns false when the segment's processing ends there.

  /** First: whether any of the segment lies in the window. @rfc 9293 3.10.7.4 first, 3.4 */
  isAcceptable(tcb: Tcb, segment: Segment, tcp: Tcp): boolean;
  /** First: what is done with a segment that is not acceptable, before it is dropped. @rfc 9293 3.10.7.4 first */
  unacceptable(tcb: Tcb, segment: Segment, tcp: Tcp): void;
  /** Second: the RST bit. @rfc 9293 3.10.7.4 second */
  checkReset(tcb: Tcb, segment: Segment, tcp: Tcp): boolean;
  /** Fourth: the SYN bit. @rfc 9293 3.10.7.4 fourth */
  checkSyn(tcb: Tcb, segment: Segment, tcp: Tcp): boolean;
  /** Fifth, in SYN-RECEIVED. The segment has its ACK bit. @rfc 9293 3.10.7.4 fifth */
  ackOfSyn(tcb: Tcb, segment: Segment, tcp: Tcp): boolean;
  /** Fifth, in the other states, after SND.UNA has moved to SEG.ACK. @rfc 9293 3.10.7.4 fifth */
  ackOfFin(tcb: Tcb, tcp: Tcp): boolean;
  /** Eighth: the FIN bit. RCV.NXT is the FIN's number: all before it is here. @rfc 9293 3.10.7.4 eighth */
  finArrives(tcb: Tcb, tcp: Tcp): void;
  /** Eighth, in TIME-WAIT: the peer's FIN came again. @rfc 9293 3.10.7.4 eighth */
  repeatedFin(tcb: Tcb, tcp: Tcp): void;

  /** The time-wait timer has expired. @rfc 9293 3.10.8 */
  timeWaitTimeout(tcb: Tcb, tcp: Tcp): void;
}

/* -------------------------------------------------------------------------------------------- listener.ts */

/** How full a listener's two queues are. */
export interface ListenerQueues {
  /** How long the accept queue may be: the smaller of what LISTEN named and `somaxconn`. */
  readonly backlog: number;
  /** The SYN queue: connections in SYN-RECEIVED. */
  readonly halfOpen: number;
  /** The accept queue: connections that are open and wait for accept(). */
  readonly acceptable: number;
}

/** What the host's owner has set. */
export interface ListenerSettings {
  /** Half-open connections that one listener may have, whatever its backlog. */
  readonly synBacklog: number;
  /** 0 = no cookies; 1 = when the SYN queue is full; 2 = always. */
  readonly synCookies: number;
  /** Whether the oldest half-open connection makes room when the SYN queue is full. */
  readonly recycleHalfOpen: boolean;
  /** Whether a handshake that finds the accept queue full is ended by a reset. */
  readonly abortOnOverflow: boolean;
  /** How often a SYN,ACK is sent again. */
  readonly synAckRetries: number;
  /** How long a half-open connection may wait for its third segment. */
  readonly synReceivedLimit: number;
}

/** A SYN,ACK that waits for its ACK. */
export interface SynAckSent {
  /** When the SYN came. */
  readonly startedAt: number;
  /** How often the SYN,ACK has gone out. */
  readonly transmissions: number;
  /** How long this wait was. */
  readonly rto: number;
}

/** A hash of both ends of the connection, of a secret of the host, and of these numbers: 0 to 2^32 - 1. */
export type KeyedHash = (...numbers: number[]) => number;

/** What `listener.ts` exports. */
export interface Listener {
  /**
   * A SYN has come.
   *
   * @returns `keep`: give it a place in the SYN queue; `recycle`: the same, and the oldest one goes; `cookie`: answer it
   * and keep nothing; `drop`: silence
   * @rfc 4987 3
   */
  synArrives(queues: ListenerQueues, settings: ListenerSettings): 'keep' | 'recycle' | 'cookie' | 'drop';
  /**
   * A segment has come that completes a handshake.
   *
   * @returns `open`: it goes to the accept queue; `drop`: as if the segment were lost; `reset`: the peer is sent away
   */
  ackArrives(queues: ListenerQueues, settings: ListenerSettings): 'open' | 'drop' | 'reset';
  /**
   * No answer to the SYN,ACK came in time.
   *
   * @returns how long to wait after it has been sent once more; null = forget the connection
   * @rfc 4987 4
   */
  synAckTimeout(now: number, sent: SynAckSent, settings: ListenerSettings): number | null;
  /**
   * The sequence number that answers a SYN of which nothing is kept. Write both functions, or neither.
   *
   * @param irs the SYN's number
   * @param mss what it announced, 536 where it announced nothing
   * @rfc 4987 3.6, A
   */
  makeCookie(now: number, irs: number, mss: number, hash: KeyedHash): number;
  /**
   * Whether `cookie` is one that was given for that SYN, and not too long ago.
   *
   * @returns the maximum segment size that it remembers; null = it is not
   * @rfc 4987 3.6
   */
  readCookie(now: number, irs: number, cookie: number, hash: KeyedHash): number | null;
}

/* ----------------------------------------------------------------------------- checksum.ts and segment.ts */

/** What `checksum.ts` exports. */
export interface Checksum {
  /**
   * The one's complement sum of `bytes`, added to `initial`, not inverted.
   *
   * @returns 0 to 0xffff
   * @rfc 1071 1
   */
  checksum(bytes: Uint8Array, initial: number): number;
}

/** A TCP header's fields and the text behind it. @rfc 9293 3.1 */
export interface WireSegment {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly seq: number;
  readonly ack: number;
  /** The octet of control bits: CWR ECE URG ACK PSH RST SYN FIN, FIN being 1. */
  readonly flags: number;
  readonly wnd: number;
  readonly up: number;
  readonly options: readonly WireOption[];
  readonly text: Uint8Array;
}

/** An option: kind 1, no-operation, has no data and no length octet. Kind 0 is never in the list. @rfc 9293 3.2 */
export interface WireOption {
  readonly kind: number;
  /** What follows the octets of kind and length. */
  readonly data: Uint8Array;
}

/** What `segment.ts` exports. */
export interface SegmentCodec {
  /** @returns null for octets that are no segment. The checksum has been looked at already. */
  parseSegment(bytes: Uint8Array): WireSegment | null;
  /** Write it with 0 for a checksum. */
  writeSegment(segment: WireSegment): Uint8Array;
}

/* -------------------------------------------------------------------------------------------- sequence.ts */

/** What `sequence.ts` exports: arithmetic modulo 2^32. @rfc 9293 3.4 */
export interface Sequence {
  /** `from` moved on by `octets`, which may be negative. */
  add(from: number, octets: number): number;
  /** How far `to` lies ahead of `from`: -2^31 to 2^31 - 1, negative when it lies behind. */
  distance(from: number, to: number): number;
  less(a: number, b: number): boolean;
  lessOrEqual(a: number, b: number): boolean;
  /** Whether left =< `value` < left + size; size is 0 to 2^31 - 1. */
  inWindow(value: number, left: number, size: number): boolean;
}

/* ----------------------------------------------------------------------------------------- reassembler.ts */

/** Octets beyond a hole: from `start` to before `end`, counted from the next octet expected. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Puts octets in order and keeps them until the application reads them. */
export interface Reassembler {
  /** Octets in order that wait to be read. */
  readonly available: number;
  /** What lies beyond holes, nearest first, none touching another. */
  readonly ranges: readonly Range[];
  /**
   * Take the octets source[from, to), the first of which lies `offset` octets after the next one expected. An octet that
   * is here already stays as it is.
   *
   * @returns by how many octets the next one expected moved on
   */
  insert(offset: number, source: Uint8Array, from: number, to: number): number;
  /** Move octets in order to into[from, to). @returns how many */
  read(into: Uint8Array, from: number, to: number): number;
  /** Forget everything. */
  clear(): void;
}

/** What `reassembler.ts` exports. */
export interface ReassemblerMaker {
  create(): Reassembler;
}

/* ------------------------------------------------------------------------------------------------- rtt.ts */

/** The estimate, in microseconds. @rfc 6298 2 */
export interface Rtt {
  readonly srtt: number;
  readonly rttvar: number;
}

export interface RtoLimits {
  /** RTO before the first sample. */
  readonly initialRto: number;
  readonly minRto: number;
  readonly maxRto: number;
}

/** What `rtt.ts` exports. */
export interface RttEstimator {
  /** Fold one sample into the estimate; null = no sample yet. Round to whole microseconds. */
  addSample(rtt: Rtt | null, sample: number): Rtt;
  /** RTO from the estimate, within its limits. */
  timeout(rtt: Rtt | null, limits: RtoLimits): number;
  /** RTO after the retransmission timer expired. */
  backOff(rto: number, limits: RtoLimits): number;
}

/* ---------------------------------------------------------------------------------------------- window.ts */

/** What a sender knows when it decides how much to send. */
export interface Sender {
  /** SND.WND: what the peer takes, counted from SND.UNA. */
  wnd: number;
  /** SND.WL1 and SND.WL2: SEG.SEQ and SEG.ACK of the segment that set SND.WND last. */
  wl1: number;
  wl2: number;
  /** Max(SND.WND). @rfc 9293 3.8.6.2.1 */
  maxWnd: number;
  /** Snd.Wind.Shift, of the window scale option; 0 when there is none. @rfc 7323 2.3 */
  readonly scale: number;
  /** The most text that one segment may carry. */
  readonly mss: number;
  /** SND.NXT - SND.UNA. */
  readonly outstanding: number;
  /** What the congestion window leaves. */
  readonly congestionRoom: number;
  /** Whether Nagle's algorithm is on. @rfc 9293 3.7.4 */
  readonly nagle: boolean;
  /** Whether a FIN follows the last octet. */
  readonly closing: boolean;
}

/** What `window.ts` exports. */
export interface SendWindow {
  /** Take SND.WND from a segment, unless an older one brought it. */
  update(sender: Sender, segment: Segment, tcp: Pick<Tcp, 'less' | 'lessOrEqual'>): void;
  /** The text of the next segment, when `unsent` octets wait for the first time. @returns 0 to hold back */
  nextPayload(sender: Sender, unsent: number): number;
}

/* ------------------------------------------------------------------------------------------ congestion.ts */

/** What a congestion controller knows; yours may add fields. */
export interface Congestion {
  cwnd: number;
  ssthresh: number;
}

/** What `congestion.ts` exports. @rfc 5681, 6582 */
export interface CongestionControl {
  /** @param initialWindow 0 = by the formula of RFC 5681 §3.1 */
  create(smss: number, initialWindow: number): Congestion;
  /** New data was acknowledged outside recovery; `flight` was outstanding before. */
  acknowledged(congestion: Congestion, acked: number, flight: number, smss: number): void;
  /** The third duplicate ACK. */
  enterRecovery(congestion: Congestion, flight: number, smss: number): void;
  /** One more duplicate ACK in recovery. */
  duplicate(congestion: Congestion, smss: number): void;
  /** An ACK in recovery that leaves part of the lost flight unacknowledged. */
  partialAck(congestion: Congestion, acked: number, smss: number): void;
  /** All that was outstanding when recovery began is acknowledged; `flight` is outstanding now. */
  exitRecovery(congestion: Congestion, flight: number, smss: number): void;
  /** The retransmission timer expired; `first` = for the first time for these octets. */
  timeout(congestion: Congestion, flight: number, smss: number, first: boolean): void;
}
