/** A netstat-like listing of a stack's listeners and connections. */
import type { State } from '../trace/event.ts';
import type { Micros, Octets } from '../units.ts';
import type { TimerName } from '../tcb/timers.ts';
import { formatAddressAndPort } from '../wire/address-text.ts';
import type { Connection } from './connection.ts';
import type { HalfOpen } from './half-open.ts';
import type { Listener } from './listener.ts';
import type { TimeWaitTable } from './time-wait-table.ts';

export interface ConnectionSummary {
  /** `10.0.0.1:80` or `[fd00::1]:80`. */
  readonly local: string;
  readonly remote: string;
  readonly state: State;
  /** Octets that wait for the application; of a listener, connections that wait for accept(). */
  readonly receiveQueue: Octets;
  /** Octets not acknowledged; of a listener, its backlog. */
  readonly sendQueue: Octets;
  /** The timer that will fire first; absent when none is set. */
  readonly timer?: RunningTimer;
}

export interface RunningTimer {
  readonly name: TimerName;
  readonly at: Micros;
  /** How often the oldest segment that is not acknowledged was sent again. */
  readonly retransmissions: number;
}

/** Listeners first, then connections in the order in which they began. @param here the address that listeners show */
export function listing(
  here: string,
  listeners: Iterable<Listener>,
  halfOpen: Iterable<HalfOpen>,
  connections: Iterable<Connection>,
  timeWaits: TimeWaitTable,
): ConnectionSummary[] {
  const listening = Array.from(listeners, (listener) => ({
    local: `${here}:${listener.port}`,
    remote: '*:*',
    state: 'LISTEN' as const,
    receiveQueue: listener.pending,
    sendQueue: listener.backlog,
  }));
  const waiting = Array.from(timeWaits, (entry) => ({
    id: timeWaits.id(entry),
    tuple: timeWaits.tuple(entry),
    state: 'TIME-WAIT' as const,
    readable: 0,
    unacknowledged: 0,
    timer: { name: 'time-wait' as const, at: timeWaits.deadline(entry), retransmissions: 0 },
  }));
  const begun = [...halfOpen, ...connections, ...waiting].toSorted((a, b) => a.id - b.id);
  const open = begun.map((one) => ({
    local: formatAddressAndPort(one.tuple.localAddress, one.tuple.localPort),
    remote: formatAddressAndPort(one.tuple.remoteAddress, one.tuple.remotePort),
    state: one.state,
    receiveQueue: one.readable,
    sendQueue: one.unacknowledged,
    ...(one.timer === null ? {} : { timer: one.timer }),
  }));
  return [...listening, ...open];
}
