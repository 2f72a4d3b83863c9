/** The knobs of a TCP, named; times in µs, sizes in octets. Defaults are the RFCs' own. */
import type { Micros, Octets } from '../units.ts';
import { TIME_WAIT_REUSE } from './time-wait.ts';

export interface Settings {
  /** RTO before the first sample. @rfc 6298 2.1 */
  readonly initialRto: Micros;
  /** The floor of RTO. The RFC says 1 s; Linux uses 200 ms. @rfc 6298 2.4 */
  readonly minRto: Micros;
  /** The ceiling of RTO, at least 60 s. @rfc 6298 2.5 */
  readonly maxRto: Micros;
  /**
   * R2: how long an unanswered retransmission goes on before the connection is given up.
   *
   * @rfc 9293 3.8.3 MUST-21, SHLD-11
   */
  readonly retransmissionLimit: Micros;
  /** R1: retransmissions of one segment without an answer before the user is told. @rfc 9293 3.8.3 SHLD-9, SHLD-10 */
  readonly unansweredRetransmissions: number;
  /** R2 of a SYN that we send first: at least 3 minutes. @rfc 9293 3.8.3 MUST-23 */
  readonly synLimit: Micros;
  /** How long a half-open connection of a listener may wait for its third segment. */
  readonly synReceivedLimit: Micros;
  /** How often a listener sends its SYN,ACK again. Linux: tcp_synack_retries. @rfc 4987 4 */
  readonly synAckRetries: number;
  /** Maximum segment lifetime; TIME-WAIT lasts twice as long. @rfc 9293 3.4.2 */
  readonly msl: Micros;
  /** Which SYNs may open a connection in TIME-WAIT anew: 0 none, 1 by timestamps, 2 also by number: `TIME_WAIT_REUSE`. @rfc 9293 3.6.1 SHLD-4, MAY-2 */
  readonly timeWaitReuse: number;
  /** Ignore resets in TIME-WAIT, so that no old duplicate cuts it short. @rfc 1337 3-F1 */
  readonly timeWaitIgnoresResets: boolean;
  /** How long a connection that its application has left may wait for the peer's FIN; the RFC would wait for ever. */
  readonly finWait2Limit: Micros;
  /** How long an ACK may wait for company: under 0.5 s. Linux waits 40 ms at first. @rfc 9293 3.8.6.3 MUST-40 */
  readonly delayedAck: Micros;
  /** Hold back small segments while data is unacknowledged. @rfc 9293 3.7.4 MUST-17, SHLD-7 */
  readonly nagle: boolean;
  /** Hold back every segment that is not full, for at most `sillyWindowOverride`: the user will say more. */
  readonly cork: boolean;
  /** The largest payload of a segment, each way, where the path takes more; 0 = as the path has it. @rfc 9293 3.7.1 */
  readonly maxSegmentSize: Octets;
  /** How long a sender may wait for a window worth a full segment: 0.1 to 1 s. @rfc 9293 3.8.6.2.1 */
  readonly sillyWindowOverride: Micros;
  /** Congestion window to start with; 0 takes the formula of RFC 5681 §3.1. */
  readonly initialWindow: Octets;
  /** What the application may queue that is not acknowledged yet. */
  readonly sendBuffer: Octets;
  /** What may wait for the application; the widest window that is offered. */
  readonly receiveBuffer: Octets;
  /** The Diffserv field of packets, 0 to 63, until a connection chooses another. @rfc 9293 3.9.1.9 MUST-48 */
  readonly diffserv: number;
  /** Time to live, or hop limit, of packets: 1 to 255. @rfc 9293 3.9.2 MUST-49 */
  readonly hopLimit: number;
  /** Connections that may wait for accept(), and half-open ones beside them, when LISTEN names no backlog. */
  readonly backlog: number;
  /** An ICMP error that may pass ends a connection that is not open yet, as in Linux; the RFC forbids it. @rfc 5461 4.1 */
  readonly softErrorsEndOpen: boolean;
  /** Under this MTU, routers are let cut packets instead: a lie costs less. Linux uses 552; the RFC's least is 68. @rfc 1191 3-df */
  readonly minPathMtu: Octets;
  /** How long a path is believed to take less than the interface. @rfc 1191 6.3 */
  readonly pathMtuAge: Micros;
  /** Timeouts of one large segment after which smaller ones are tried, though no router complains; 0 = never. @rfc 2923 2.1 */
  readonly blackHoleTimeouts: number;
  /** The largest backlog that LISTEN is granted, whatever it names. */
  readonly somaxconn: number;
  /** Half-open connections that one listener may have, whatever its backlog. @rfc 4987 3.5 */
  readonly synBacklog: number;
  /** Whether the oldest half-open connection makes room when the SYN queue is full, as in BSD. @rfc 4987 3.4 */
  readonly recycleHalfOpen: boolean;
  /** Whether text on a SYN waits in the SYN queue; when not, it is not acknowledged either, and comes again. @rfc 4987 3.5 */
  readonly keepSynText: boolean;
  /** How ephemeral ports are chosen: one of `PORT_ALGORITHMS`. Linux: the second. @rfc 6056 3.3 */
  readonly portAlgorithm: number;
  /** When a listener answers SYNs by cookies: 0 never, 1 when its queue is full, 2 always: `SYN_COOKIES`. @rfc 4987 3.6, 3.7 */
  readonly synCookies: number;
  /** Whether a handshake that finds the accept queue full is ended by a reset, or waits. Linux: tcp_abort_on_overflow. */
  readonly abortOnOverflow: boolean;
  /** Challenge ACKs that one connection may send in a second. @rfc 5961 7, 7-tune */
  readonly challengeAcksPerSecond: number;
  /** Offer and use the timestamps option: round-trip times, and protection against wrapped sequences. @rfc 7323 3 */
  readonly timestamps: boolean;
  /** Ask a silent peer whether it is still there. @rfc 9293 3.8.4 MUST-25 */
  readonly keepAlive: boolean;
  /** Silence before the first probe: two hours or more. @rfc 9293 3.8.4 MUST-28 */
  readonly keepAliveIdle: Micros;
  /** Between probes without an answer. */
  readonly keepAliveInterval: Micros;
  /** Probes without an answer before the connection is given up. */
  readonly keepAliveProbes: number;
  /** How long data may wait for its ACK, in place of R2; 0 = R2. @rfc 9293 3.8.3 */
  readonly userTimeout: Micros;
  /** Send and heed the user timeout option. @rfc 5482 3.1 */
  readonly userTimeoutOption: boolean;
  /** ADV_UTO: what the option tells where no timeout was set. @rfc 5482 3.1 */
  readonly userTimeoutAdvertised: Micros;
  /** L_LIMIT and U_LIMIT: between them a peer may move the timeout. @rfc 5482 3.1 */
  readonly userTimeoutLeast: Micros;
  readonly userTimeoutMost: Micros;
  /** Permit selective acknowledgements, and use the peer's. @rfc 2018 */
  readonly sack: boolean;
  /** Detect losses by time, and probe for those at the end of a flight; where the peer selects what it acknowledges. @rfc 8985 */
  readonly rack: boolean;
  /** CUBIC in place of NewReno as congestion control. @rfc 9438 */
  readonly cubic: boolean;
}

/**
 * How the port of an OPEN is found, by the RFC's numbers: 1 starts at a random port each time; 4 counts on for each peer, so
 * that a port comes back as late as can be. @rfc 6056 3.3
 */
export const PORT_ALGORITHMS = { random: 1, doubleHash: 4 } as const;

/** When a listener keeps nothing of a SYN: never, when its SYN queue is full, or always. Linux: tcp_syncookies. */
export const SYN_COOKIES = { off: 0, whenFull: 1, always: 2 } as const;

export const defaultSettings: Settings = {
  initialRto: 1_000_000,
  minRto: 1_000_000,
  maxRto: 60_000_000,
  retransmissionLimit: 100_000_000,
  unansweredRetransmissions: 3,
  synLimit: 180_000_000,
  synReceivedLimit: 60_000_000,
  synAckRetries: 5,
  msl: 120_000_000,
  timeWaitReuse: TIME_WAIT_REUSE.byTimestamps,
  timeWaitIgnoresResets: false,
  finWait2Limit: 60_000_000,
  delayedAck: 40_000,
  nagle: true,
  cork: false,
  maxSegmentSize: 0,
  sillyWindowOverride: 200_000,
  initialWindow: 0,
  sendBuffer: 1_048_576,
  receiveBuffer: 1_048_576,
  diffserv: 0,
  hopLimit: 64,
  backlog: 128,
  softErrorsEndOpen: false,
  minPathMtu: 552,
  pathMtuAge: 600_000_000,
  blackHoleTimeouts: 0,
  somaxconn: 4096,
  synBacklog: 1024,
  recycleHalfOpen: false,
  keepSynText: true,
  portAlgorithm: PORT_ALGORITHMS.random,
  synCookies: SYN_COOKIES.off,
  abortOnOverflow: false,
  challengeAcksPerSecond: 10,
  timestamps: false,
  keepAlive: false,
  keepAliveIdle: 7_200_000_000,
  keepAliveInterval: 75_000_000,
  keepAliveProbes: 9,
  userTimeout: 0,
  userTimeoutOption: false,
  userTimeoutAdvertised: 300_000_000,
  userTimeoutLeast: 100_000_000,
  userTimeoutMost: 86_400_000_000,
  sack: false,
  rack: false,
  cubic: false,
};
