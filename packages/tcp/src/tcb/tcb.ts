/** The transmission control block: everything one connection knows, under RFC 9293's names. */
import type { State, TraceEvent } from '../trace/event.ts';
import type { Micros, Octets, Seq } from '../units.ts';
import type { Congestion } from './congestion.ts';
import type { FourTuple } from './isn.ts';
import { keepAliveOf, type KeepAlive } from './keep-alive.ts';
import type { Outgoing, Parts } from './parts.ts';
import type { Reassembler } from './reassembler.ts';
import { createPath, type Path } from './path-mtu.ts';
import type { PathMtuCache } from './path-mtu-cache.ts';
import { scaleFor } from './receive-window.ts';
import { createRecovery, type Recovery } from './recovery.ts';
import type { Rtt } from './rtt.ts';
import { SackBlocks } from './sack-blocks.ts';
import { noOptions } from './segment-options.ts';
import { SendBuffer } from './send-buffer.ts';
import type { Settings } from './settings.ts';
import { Timers } from './timers.ts';
import { userTimeoutOf, type UserTimeout } from './user-timeout.ts';

/** Without a maximum segment size option, a peer takes this much over either version of IP. @rfc 9293 3.7.1 MUST-15 */
export function defaultMss({ tuple }: Pick<Tcb, 'tuple'>): Octets {
  return tuple.remoteAddress.version === 6 ? 1220 : 536;
}

/** The send sequence variables. @rfc 9293 3.3.1 */
export interface SendVariables {
  /** SND.UNA: oldest unacknowledged. */
  una: Seq;
  /** SND.NXT: next to be sent. */
  nxt: Seq;
  /** SND.WND: what the peer offers, scaled, counted from SND.UNA. */
  wnd: Octets;
  /** SND.UP: urgent pointer. */
  up: Seq;
  /** SND.WL1 and SND.WL2: SEG.SEQ and SEG.ACK of the segment that set SND.WND last. */
  wl1: Seq;
  wl2: Seq;
  /** Snd.Wind.Shift: what the peer's window field is multiplied with, as a power of two. @rfc 7323 2.3 */
  scale: number;
  /** Eff.snd.MSS: the most payload that one segment may carry. @rfc 9293 3.7.1 */
  mss: Octets;
  /** Max(SND.WND). @rfc 9293 3.8.6.2.1 */
  maxWnd: Octets;
}

/** The receive sequence variables. @rfc 9293 3.3.1 */
export interface ReceiveVariables {
  /** RCV.NXT: next expected. */
  nxt: Seq;
  /** RCV.WND: what we offer, counted from RCV.NXT. */
  wnd: Octets;
  /** RCV.UP: urgent pointer. */
  up: Seq;
  /** Rcv.Wind.Shift. @rfc 7323 2.3 */
  scale: number;
  /** The maximum segment size that we announce. */
  mss: Octets;
}

/** Why a connection is no more, beside an orderly close. The codes are errno names. */
export type ConnectionErrorCode =
  | 'ECONNREFUSED'
  | 'ECONNRESET'
  | 'ETIMEDOUT'
  | 'ECONNABORTED'
  | 'EHOSTUNREACH'
  | 'ENETUNREACH'
  | 'EHOSTDOWN'
  | 'ENONET'
  | 'EACCES'
  | 'ENOPROTOOPT'
  | 'EOPNOTSUPP'
  | 'EPROTO'
  | 'EMSGSIZE';

const OPEN: Step = { trigger: 'open', rfc: '3.10.1' };

export class Tcb {
  /** Host-local number, for traces. */
  readonly id: number;
  readonly tuple: FourTuple;
  /** The host's, until the user of this connection asks for others. */
  settings: Settings;
  readonly parts: Parts;
  /** Opened by LISTEN: a reset in SYN-RECEIVED takes such a connection back to LISTEN. */
  passive = false;

  /** ISS and IRS: the initial sequence numbers of each side. */
  iss = 0 as Seq;
  irs = 0 as Seq;
  readonly snd: SendVariables;
  readonly rcv: ReceiveVariables;

  /** Control segments that go out next, in order. */
  readonly output: Outgoing[] = [];
  /** An acknowledgement goes out at the next chance, alone if need be. */
  ackNow = false;
  /**
   * Segments that came beyond a hole and are to be acknowledged one by one: a peer counts the duplicates.
   *
   * @rfc 5681 4.2
   */
  duplicatesOwed = 0;
  /** Octets taken since the last acknowledgement went out. @rfc 5681 4.2 */
  unacknowledgedText: Octets = 0;
  /** CLOSE was called: a FIN follows the last octet that waits. */
  closing = false;
  finSent = false;
  /** Our SYN is acknowledged: SND.UNA counts octets of the send buffer from here on. */
  synAcked = false;
  /** Sequence number of the peer's FIN; null = none came. It may lie beyond a hole. */
  finAt: Seq | null = null;
  /** The peer's FIN was taken: everything it will ever send is here. */
  finReceived = false;
  /** The persist timer expired: send something though the window says no. @rfc 9293 3.8.6.1 */
  probe = false;
  /** The right edge when something went out beyond it; the peer has taken that once SND.UNA is beyond, too. */
  sentBeyond: Seq | null = null;
  /** The window scale that the peer offered on its SYN; -1 = none. */
  peerScale = -1;
  /** What both SYNs agreed on, beside the scale. */
  readonly options = noOptions();
  /** What its packets ask of IP: `IpService`. @rfc 9293 3.9.1.9 */
  diffserv: number;
  hopLimit: number;
  /** When it was made: nothing that it sent is older. */
  readonly openedAt: Micros;
  /** How the peer is asked whether it is there; null = it is not. @rfc 9293 3.8.4 */
  keepAlive: KeepAlive | null;
  /** Keep-alive probes since the peer was heard last. */
  probesSent = 0;
  /** When an acceptable segment came last. @rfc 9293 3.8.4 MUST-26 */
  heardAt: Micros = 0;
  readonly userTimeout: UserTimeout;
  error: ConnectionErrorCode | null = null;
  /** What the network said last of a segment of ours, though it may pass yet; an ACK of new octets clears it. @rfc 9293 3.9.2.2 */
  softError: ConnectionErrorCode | null = null;
  /** R1 has passed: retransmissions go unanswered. @rfc 9293 3.8.3 */
  unanswered = false;
  /** SND.UP lies ahead of SND.UNA, or did. @rfc 9293 3.8.5 */
  sendsUrgent = false;
  /** Where urgent data of the peer ends, the number after it; null = the user has received it all. */
  urgentUntil: Seq | null = null;
  /** The user is yet to be told of it. */
  urgentNews = false;
  /** Challenge ACKs sent in the second that began at `challengeSince`. @rfc 5961 7 */
  challengeAcks = 0;
  challengeSince: Micros = 0;

  readonly sendBuffer: SendBuffer;
  readonly reassembler: Reassembler;
  /** What we are to tell of octets beyond a hole. @rfc 2018 4 */
  readonly sackBlocks = new SackBlocks();
  rtt: Rtt | null = null;
  rto: Micros;
  readonly recovery: Recovery;
  congestion: Congestion;
  readonly path: Path;
  /** What the host knows of paths, for all of its connections. */
  readonly paths: PathMtuCache;
  readonly timers = new Timers();

  /** Where records of what happens go; null = no trace is kept. */
  trace: TraceEvent[] | null = null;
  /** The step of §3.10 that is being done, and when: what a change of state is recorded under. */
  step: Step = OPEN;
  stepTime: Micros = 0;
  #state: State = 'CLOSED';

  constructor(options: TcbOptions) {
    const { settings, parts } = options;
    this.id = options.id;
    this.tuple = options.tuple;
    this.settings = settings;
    this.parts = parts;
    this.openedAt = options.now;
    this.diffserv = settings.diffserv;
    this.hopLimit = settings.hopLimit;
    this.paths = options.paths;
    this.path = createPath(options.mtu, options.mss);
    this.keepAlive = settings.keepAlive ? keepAliveOf(settings) : null;
    this.userTimeout = userTimeoutOf(options.now, settings);
    const zero = 0 as Seq;
    this.snd = {
      una: zero,
      nxt: zero,
      wnd: 0,
      up: zero,
      wl1: zero,
      wl2: zero,
      scale: 0,
      mss: Math.min(defaultMss(options), options.mss),
      maxWnd: 0,
    };
    this.rcv = {
      nxt: zero,
      wnd: settings.receiveBuffer,
      up: zero,
      scale: scaleFor(settings.receiveBuffer),
      mss: options.mss,
    };
    this.sendBuffer = new SendBuffer(settings.sendBuffer);
    this.reassembler = parts.reassembler.create();
    this.rto = parts.rtt.timeout(null, settings);
    this.recovery = createRecovery(parts.sequence, Boolean(settings.rack));
    this.congestion = parts.congestion.create(this.snd.mss, settings.initialWindow);
  }

  get state(): State {
    return this.#state;
  }

  /** Each change of state is recorded once, with the step that made it. */
  set state(next: State) {
    if (next === this.#state) return;
    this.trace?.push({
      name: 'state_updated',
      time: this.stepTime,
      connection: this.id,
      old: this.#state,
      new: next,
      trigger: this.step.trigger,
      rfc: this.step.rfc,
    });
    this.#state = next;
  }
}

/** A step of §3.10: its name in traces and its section. */
export interface Step {
  readonly trigger: string;
  readonly rfc: string;
}

export interface TcbOptions {
  readonly id: number;
  readonly now: Micros;
  readonly tuple: FourTuple;
  /** MTU of the interface. */
  readonly mtu: Octets;
  /** The most payload that it takes: MTU less both headers. */
  readonly mss: Octets;
  readonly paths: PathMtuCache;
  readonly settings: Settings;
  readonly parts: Parts;
}
