/** STATUS: every variable of a TCB as plain values, for people and traces. @rfc 9293 3.10.6 */
import type { State } from '../trace/event.ts';
import type { Micros, Octets } from '../units.ts';
import { flightSize } from '../tcb/recovery.ts';
import type { ConnectionErrorCode, Tcb } from '../tcb/tcb.ts';

export interface TcbSnapshot {
  readonly state: State;
  readonly iss: number;
  readonly irs: number;
  readonly snd: {
    readonly una: number;
    readonly nxt: number;
    readonly wnd: Octets;
    readonly up: number;
    readonly wl1: number;
    readonly wl2: number;
    readonly scale: number;
    readonly mss: Octets;
  };
  readonly rcv: {
    readonly nxt: number;
    readonly wnd: Octets;
    readonly up: number;
    readonly scale: number;
  };
  readonly cwnd: Octets;
  readonly ssthresh: Octets;
  readonly inFlight: Octets;
  readonly duplicateAcks: number;
  /** The estimate of path MTU discovery. */
  readonly pathMtu: Octets;
  /** What the network said last of a segment of ours; null = nothing. */
  readonly softError: ConnectionErrorCode | null;
  readonly srtt: Micros | null;
  readonly rttvar: Micros | null;
  readonly rto: Micros;
  /** Octets in the send buffer, sent or not. */
  readonly sendQueue: Octets;
  /** Octets that wait to be received. */
  readonly receiveQueue: Octets;
}

export function snapshot(tcb: Tcb): TcbSnapshot {
  const { snd, rcv } = tcb;
  return {
    state: tcb.state,
    iss: tcb.iss,
    irs: tcb.irs,
    snd: {
      una: snd.una,
      nxt: snd.nxt,
      wnd: snd.wnd,
      up: snd.up,
      wl1: snd.wl1,
      wl2: snd.wl2,
      scale: snd.scale,
      mss: snd.mss,
    },
    rcv: { nxt: rcv.nxt, wnd: rcv.wnd, up: rcv.up, scale: rcv.scale },
    cwnd: tcb.congestion.cwnd,
    ssthresh: tcb.congestion.ssthresh,
    inFlight: flightSize(tcb),
    duplicateAcks: tcb.recovery.duplicateAcks,
    pathMtu: tcb.path.mtu,
    softError: tcb.softError,
    srtt: tcb.rtt?.srtt ?? null,
    rttvar: tcb.rtt?.rttvar ?? null,
    rto: tcb.rto,
    sendQueue: tcb.sendBuffer.length,
    receiveQueue: tcb.reassembler.available,
  };
}
