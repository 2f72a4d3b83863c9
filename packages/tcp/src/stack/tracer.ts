/** Turns what happens to a connection into trace records. Made only where a trace is kept. */
import type { TcbVariables, TraceEvent } from '../trace/event.ts';
import type { Micros } from '../units.ts';
import { formatAddress } from '../wire/address-text.ts';
import type { Segment } from '../wire/segment.ts';
import type { Filled } from '../tcb/transmit.ts';
import type { Connection } from './connection.ts';
import { snapshot, type TcbSnapshot } from './snapshot.ts';

export class Tracer {
  readonly records: TraceEvent[];
  /** What was told last of each connection. */
  readonly #told = new WeakMap<Connection, TcbSnapshot>();

  constructor(records: TraceEvent[]) {
    this.records = records;
  }

  started(now: Micros, connection: Connection, passive: boolean): void {
    const { tuple } = connection.tcb;
    this.records.push({
      name: 'connection_started',
      time: now,
      connection: connection.id,
      local: formatAddress(tuple.localAddress),
      local_port: tuple.localPort,
      remote: formatAddress(tuple.remoteAddress),
      remote_port: tuple.remotePort,
      passive,
    });
  }

  received(now: Micros, connection: number, segment: Segment): void {
    this.records.push({ name: 'segment_received', time: now, connection, segment: traced(segment) });
  }

  sent(now: Micros, connection: number, segment: Segment, filled: Filled): void {
    this.records.push({
      name: 'segment_sent',
      time: now,
      connection,
      segment: traced(segment),
      again: filled === 'again',
    });
  }

  dropped(now: Micros, connection: number, trigger: string): void {
    this.records.push({ name: 'segment_dropped', time: now, connection, trigger });
  }

  /** All of this connection has been told, when it was another object. */
  assume(connection: Connection): void {
    this.#told.set(connection, snapshot(connection.tcb));
  }

  /** Tell which variables have changed since the last look. */
  compare(now: Micros, connection: Connection): void {
    const before = this.#told.get(connection);
    const after = snapshot(connection.tcb);
    this.#told.set(connection, after);
    const variables = changed<TcbVariables>(before && variablesOf(before), variablesOf(after));
    if (variables !== null) {
      this.records.push({ name: 'tcb_updated', time: now, connection: connection.id, variables });
    }
    const recovery = changed(before && recoveryOf(before), recoveryOf(after));
    if (recovery !== null) {
      this.records.push({ name: 'recovery_updated', time: now, connection: connection.id, ...recovery });
    }
  }
}

function traced(segment: Segment) {
  return {
    seq: segment.seq,
    ack: segment.ack,
    flags: segment.flags,
    wnd: segment.wnd,
    length: segment.payloadLength,
    ...(segment.mss > 0 ? { mss: segment.mss } : {}),
    ...(segment.windowScale >= 0 ? { wscale: segment.windowScale } : {}),
    ...(segment.sackPermitted ? { sack_permitted: true as const } : {}),
    ...(segment.timestamps ? { ts_val: segment.tsVal, ts_ecr: segment.tsEcr } : {}),
  };
}

function variablesOf({ iss, irs, snd, rcv }: TcbSnapshot) {
  return {
    iss,
    irs,
    snd_una: snd.una,
    snd_nxt: snd.nxt,
    snd_wnd: snd.wnd,
    snd_wl1: snd.wl1,
    snd_wl2: snd.wl2,
    rcv_nxt: rcv.nxt,
    rcv_wnd: rcv.wnd,
  };
}

function recoveryOf(s: TcbSnapshot) {
  return {
    ...(s.srtt === null ? {} : { srtt: s.srtt }),
    ...(s.rttvar === null ? {} : { rttvar: s.rttvar }),
    rto: s.rto,
    cwnd: s.cwnd,
    ssthresh: s.ssthresh,
    in_flight: s.inFlight,
    dupacks: s.duplicateAcks,
  };
}

/** The members of `after` that differ; null = none does. */
function changed<T extends object>(before: T | undefined, after: T): Partial<T> | null {
  const old = new Map(Object.entries(before ?? {}));
  const different = Object.entries(after).filter(([name, value]) => old.get(name) !== value);
  return different.length === 0 ? null : (Object.fromEntries(different) as Partial<T>);
}
