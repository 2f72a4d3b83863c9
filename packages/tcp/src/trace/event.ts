/**
 * What a host tells of itself while it runs: one record per thing that happened, in order. Explanation, never evidence:
 * a verdict rests on packets. Names and fields are lower case because a trace file is qlog-like JSON (RFC 7464 sequences).
 * Sequence numbers are absolute and unsigned, times are microseconds on the host's clock.
 */
import type { Micros, Octets } from '../units.ts';

/** The eleven states, in RFC 9293's spelling. @rfc 9293 3.3.2 */
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

/** A segment's header as a trace shows it. */
export interface TracedSegment {
  readonly seq: number;
  readonly ack: number;
  /** Control bits ored together, as in the wire's `Segment`. */
  readonly flags: number;
  /** The raw 16-bit window field. */
  readonly wnd: number;
  /** Octets of payload. */
  readonly length: Octets;
  readonly mss?: Octets;
  readonly wscale?: number;
  readonly sack_permitted?: true;
  readonly ts_val?: number;
  readonly ts_ecr?: number;
}

interface Base {
  /** When, on the host's clock. */
  readonly time: Micros;
  /** Host-local number of the connection; 0 where there is none (a segment for a closed port). */
  readonly connection: number;
}

/** A connection's 4-tuple, told once, before any other record of it. */
export interface ConnectionStarted extends Base {
  readonly name: 'connection_started';
  readonly local: string;
  readonly local_port: number;
  readonly remote: string;
  readonly remote_port: number;
  readonly passive: boolean;
}

export interface SegmentSent extends Base {
  readonly name: 'segment_sent';
  readonly segment: TracedSegment;
  /** Sent before, in whole or in part. */
  readonly again: boolean;
}

export interface SegmentReceived extends Base {
  readonly name: 'segment_received';
  readonly segment: TracedSegment;
}

/** Bytes that went no further, and where they stopped. */
export interface SegmentDropped extends Base {
  readonly name: 'segment_dropped';
  /** A `Malformed` as `layer: reason`, or the check that refused it, such as `unacceptable`. */
  readonly trigger: string;
}

/** A change of state and the step of RFC 9293 §3.10 that made it. */
export interface StateUpdated extends Base {
  readonly name: 'state_updated';
  readonly old: State;
  readonly new: State;
  /** The step, such as `check-ack`, `close`, `time-wait-timeout`. */
  readonly trigger: string;
  /** The section of RFC 9293 that asks for it, such as `3.10.7.4`. */
  readonly rfc: string;
}

/** The variables of a TCB that a record may show; only those that changed are present. */
export interface TcbVariables {
  readonly iss?: number;
  readonly irs?: number;
  readonly snd_una?: number;
  readonly snd_nxt?: number;
  readonly snd_wnd?: Octets;
  readonly snd_wl1?: number;
  readonly snd_wl2?: number;
  readonly rcv_nxt?: number;
  readonly rcv_wnd?: Octets;
}

export interface TcbUpdated extends Base {
  readonly name: 'tcb_updated';
  readonly variables: TcbVariables;
}

export interface RecoveryUpdated extends Base {
  readonly name: 'recovery_updated';
  readonly srtt?: Micros;
  readonly rttvar?: Micros;
  readonly rto?: Micros;
  readonly cwnd?: Octets;
  readonly ssthresh?: Octets;
  readonly in_flight?: Octets;
  readonly dupacks?: number;
}

export interface TimerUpdated extends Base {
  readonly name: 'timer_updated';
  readonly timer: string;
  readonly event: 'set' | 'expired' | 'cancelled';
  /** With `set`: time to go. */
  readonly delta?: Micros;
}

/** A user call of RFC 9293 §3.9.1 and what it returned. */
export interface AppCall extends Base {
  readonly name: 'app_call';
  readonly call: 'OPEN' | 'SEND' | 'RECEIVE' | 'CLOSE' | 'ABORT' | 'LISTEN' | 'ACCEPT';
  readonly result: string;
}

/** Something round the host rather than in it: impairment, link, barrier, clock. */
export interface BenchEvent extends Base {
  readonly name: 'bench_event';
  readonly event: string;
  readonly detail?: string;
}

export type TraceEvent =
  | ConnectionStarted
  | SegmentSent
  | SegmentReceived
  | SegmentDropped
  | StateUpdated
  | TcbUpdated
  | RecoveryUpdated
  | TimerUpdated
  | AppCall
  | BenchEvent;
