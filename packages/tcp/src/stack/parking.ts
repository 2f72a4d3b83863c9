/**
 * Connections in TIME-WAIT that nobody holds and that have nothing more to say leave their TCB behind: some hundred octets
 * of a table remember each, until something happens to it.
 *
 * @rfc 9293 3.6.1
 */
import type { FourTuple } from '../tcb/isn.ts';
import { end } from '../tcb/user-calls.ts';
import type { Micros } from '../units.ts';
import type { Address } from '../wire/address.ts';
import { Seen } from './changes.ts';
import type { Connection } from './connection.ts';
import type { DeadlineHeap } from './deadline-heap.ts';
import { TimeWaitTable } from './time-wait-table.ts';
import type { Tracer } from './tracer.ts';
import type { TupleTable } from './tuple-table.ts';

export interface ParkingOptions {
  /** Any 32 bits. */
  readonly salt: number;
  /** Where connections are that have a TCB. */
  readonly table: TupleTable<Connection>;
  readonly deadlines: DeadlineHeap<Connection>;
  readonly tracer: Tracer | null;
  readonly create: (tuple: FourTuple, id: number) => Connection;
}

export class Parking {
  readonly #options: ParkingOptions;
  readonly #entries: TimeWaitTable;

  constructor(options: ParkingOptions) {
    this.#options = options;
    this.#entries = new TimeWaitTable(options.salt);
  }

  /** For listings. */
  get entries(): TimeWaitTable {
    return this.#entries;
  }

  pollTimeout(): Micros {
    return this.#entries.next();
  }

  /** Bring back those whose time is over: their own timers end them. */
  onTimeout(now: Micros): void {
    while (this.#entries.next() <= now) this.#restore(this.#entries.first());
  }

  holds(local: Address, localPort: number, remote: Address, remotePort: number): boolean {
    return this.#entries.find(local, localPort, remote, remotePort) >= 0;
  }

  /** @returns the connection, with a TCB again until it has nothing more to say; undefined = it is not here */
  find(local: Address, localPort: number, remote: Address, remotePort: number): Connection | undefined {
    const entry = this.#entries.find(local, localPort, remote, remotePort);
    return entry < 0 ? undefined : this.#restore(entry);
  }

  /** Keep what matters of a connection in TIME-WAIT, unless its user holds it still. */
  park(connection: Connection): void {
    const { tcb } = connection;
    if (!connection.released || tcb.reassembler.available > 0 || connection.parked) return;
    this.#entries.add(tcb, tcb.timers.deadline('time-wait'));
    this.#options.table.remove(connection);
    this.#options.deadlines.schedule(connection, Infinity);
    connection.parked = true;
  }

  /** Somebody holds a parked connection after all, and uses it. */
  reclaim(connection: Connection): void {
    connection.parked = false;
    const { tcb } = connection;
    const entry = this.#entryOf(connection);
    if (entry >= 0 && this.#entries.id(entry) === connection.id) {
      const { state, trace } = tcb;
      // The change of state that its user has just made is told already.
      tcb.trace = null;
      this.#entries.take(entry, tcb);
      if (state === 'CLOSED') end(tcb, null);
      tcb.trace = trace;
      this.#options.table.add(connection);
    } else if (tcb.state !== 'CLOSED') {
      tcb.trace = null;
      end(tcb, null);
    }
  }

  /** What has become of a connection that was parked: it waits here, was brought back, or is over. */
  stateOf(connection: Connection): 'TIME-WAIT' | 'CLOSED' {
    const { id, tuple } = connection;
    const entry = this.#entryOf(connection);
    if (entry >= 0) return this.#entries.id(entry) === id ? 'TIME-WAIT' : 'CLOSED';
    const { localAddress, localPort, remoteAddress, remotePort } = tuple;
    const back = this.#options.table.find(localAddress, localPort, remoteAddress, remotePort);
    return back?.id === id ? 'TIME-WAIT' : 'CLOSED';
  }

  #entryOf({ tuple: { localAddress, localPort, remoteAddress, remotePort } }: Connection): number {
    return this.#entries.find(localAddress, localPort, remoteAddress, remotePort);
  }

  #restore(entry: number): Connection {
    const { table, deadlines, tracer, create } = this.#options;
    const connection = create(this.#entries.tuple(entry), this.#entries.id(entry));
    this.#entries.take(entry, connection.tcb);
    connection.accepted = true;
    connection.released = true;
    connection.seenState = 'TIME-WAIT';
    connection.seen |= Seen.FINISHED;
    tracer?.assume(connection);
    connection.tcb.trace = tracer?.records ?? null;
    table.add(connection);
    deadlines.schedule(connection, connection.tcb.timers.next());
    return connection;
  }
}
