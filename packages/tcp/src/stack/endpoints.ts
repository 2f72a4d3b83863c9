/** One host's listeners and connections: finds whom a segment is for, and keeps ports, deadlines and events. @rfc 9293 3.9 */
import { MisuseError } from '../misuse-error.ts';
import type { Micros, Octets, Seq } from '../units.ts';
import type { Address } from '../wire/address.ts';
import type { Segment } from '../wire/segment.ts';
import { TCP_HEADER_LENGTH } from '../wire/tcp.ts';
import type { IcmpReport } from '../tcb/icmp-arrives.ts';
import type { FourTuple } from '../tcb/isn.ts';
import type { Parts } from '../tcb/parts.ts';
import { PathMtuCache } from '../tcb/path-mtu-cache.ts';
import { segmentArrives } from '../tcb/segment-arrives.ts';
import { stampLast, stampReset } from '../tcb/segment-options.ts';
import type { Settings } from '../tcb/settings.ts';
import { sipHash } from '../tcb/siphash.ts';
import { Tcb } from '../tcb/tcb.ts';
import { onTimeout as onTcbTimeout } from '../tcb/timeouts.ts';
import { mayReopen } from '../tcb/time-wait.ts';
import { timestampOffset } from '../tcb/timestamps.ts';
import { end } from '../tcb/user-calls.ts';
import { changes } from './changes.ts';
import { Connection, begin, type ConnectionOwner } from './connection.ts';
import type { Counters } from './counters.ts';
import type { DeadlineHeap } from './deadline-heap.ts';
import { Events } from './events.ts';
import { Handshakes } from './handshakes.ts';
import { Listener, type ListenerOwner } from './listener.ts';
import { listing, type ConnectionSummary } from './listing.ts';
import type { OutputQueue } from './output-queue.ts';
import { Parking } from './parking.ts';
import { PendingEvents, type StackEvent } from './pending-events.ts';
import { EphemeralPorts, checkPort } from './ports.ts';
import type { Tracer } from './tracer.ts';
import { TupleTable } from './tuple-table.ts';

/** What the endpoints of one host have in common. */
export interface EndpointsOptions {
  /** The largest IP packet that the link takes. */
  readonly mtu: Octets;
  readonly parts: Parts;
  readonly settings: Settings;
  readonly random: () => number;
  readonly isnSecret: Uint8Array;
  readonly counters: Counters;
  readonly deadlines: DeadlineHeap<Connection>;
  readonly output: OutputQueue;
  readonly tracer: Tracer | null;
}

const NOBODY: readonly Address[] = [];
/** Silent hosts that wait to be asked about: a hint, and nobody may ever look. */
const MOST_SILENT = 64;

/** How far above the numbers of an old connection those of its successor begin, at least: any window of old segments. */
const ABOVE: Octets = 65_537;

export class Endpoints implements ConnectionOwner, ListenerOwner {
  readonly #options: EndpointsOptions;
  readonly #table: TupleTable<Connection>;
  readonly #handshakes: Handshakes;
  readonly #ports: EphemeralPorts;
  readonly #parking: Parking;
  readonly #listeners = new Map<number, Listener>();
  readonly #paths = new PathMtuCache();
  readonly #pending = new PendingEvents();
  #lastId = 0;
  readonly #silent: Address[] = [];
  /** What the ISS of the connection that is opened now must lie above; null = no old connection asks. */
  #above: Seq | null = null;

  constructor(options: EndpointsOptions) {
    this.#options = options;
    const { parts, settings, isnSecret, counters, output, tracer } = options;
    const { random } = options;
    this.#ports = new EphemeralPorts({ algorithm: settings.portAlgorithm, random, secret: isnSecret });
    const salt = sipHash(isnSecret, []);
    this.#table = new TupleTable(salt);
    this.#parking = new Parking({
      salt,
      table: this.#table,
      deadlines: options.deadlines,
      tracer,
      // Its time begins with the age of the host: what it sent is older than anything that comes now.
      create: (tuple, id) => this.#create(0, tuple, id),
    });
    output.rests = (connection) => this.#parking.park(connection);
    this.#handshakes = new Handshakes(
      {
        parts,
        settings,
        isnSecret,
        counters,
        output,
        tracer,
        create: (now, tuple, id, iss) => this.#create(now, tuple, id, null, iss),
        opened: (now, listener, connection) => this.#opened(now, listener, connection),
      },
      salt,
    );
  }

  /**
   * OPEN, active.
   *
   * @param local here and elsewhere the host's own record of its address: it is kept, `remote` is copied
   * @throws MisuseError for a bad port, and when that 4-tuple is in use
   * @rfc 9293 3.10.1, 3.10.1-open-dup
   */
  open(
    now: Micros,
    local: Address,
    remote: Address,
    ports: { remote: number; local: number | undefined },
    changed: Partial<Settings> | null = null,
  ): Connection {
    const { tracer, parts } = this.#options;
    checkPort(ports.remote);
    if (ports.local !== undefined) checkPort(ports.local);
    const isTaken = (port: number) =>
      this.#table.find(local, port, remote, ports.remote) !== undefined ||
      this.#parking.holds(local, port, remote, ports.remote);
    const localPort =
      ports.local ??
      this.#ports.pick(
        { localAddress: local, localPort: 0, remoteAddress: remote, remotePort: ports.remote },
        (port) => !isTaken(port) && !this.#listeners.has(port),
      );
    const remotePort = ports.remote;
    const tuple = { localAddress: local, localPort, remoteAddress: remote.copy(), remotePort };
    const connection = this.#create(now, tuple, ++this.#lastId, changed);
    if (isTaken(localPort)) {
      throw new MisuseError(
        'connection-already-exists',
        `port ${localPort} is connected to ${connection.remoteAddress} port ${ports.remote} already`,
      );
    }
    connection.accepted = true;
    connection.tcb.trace = tracer?.records ?? null;
    this.#table.add(connection);
    tracer?.started(now, connection, false);
    begin(now, connection.tcb, 'open', '3.10.1');
    parts.connection.openActive(now, connection.tcb);
    this.settle(now, connection);
    return connection;
  }

  /**
   * OPEN, passive, for any peer. @throws MisuseError `address-in-use` when the port has a listener.
   *
   * @rfc 9293 3.10.1, 3.9.1.1 MUST-41, MUST-42
   */
  listen(port: number, backlog: number): Listener {
    checkPort(port);
    if (this.#listeners.has(port)) {
      throw new MisuseError('address-in-use', `port ${port} has a listener already`);
    }
    const listener = new Listener(port, Math.min(backlog, this.#options.settings.somaxconn), this);
    this.#listeners.set(port, listener);
    return listener;
  }

  /** A segment has come, its checksum verified. */
  onSegment(now: Micros, local: Address, remote: Address, segment: Segment): void {
    const { counters, tracer, parts, output, settings } = this.#options;
    const { sourcePort, destinationPort } = segment;
    counters.segmentsReceived++;
    const connection = this.#find(local, destinationPort, remote, sourcePort);
    if (connection !== undefined && !this.#reopens(now, connection, segment)) {
      tracer?.received(now, connection.id, segment);
      segmentArrives(now, connection.tcb, segment);
      return this.settle(now, connection);
    }
    const halfOpen = this.#handshakes.find(local, destinationPort, remote, sourcePort);
    tracer?.received(now, halfOpen?.id ?? 0, segment);
    if (halfOpen !== undefined) return this.#handshakes.arrives(now, halfOpen, segment);
    const listener = this.#listeners.get(destinationPort);
    if (listener !== undefined) {
      const tuple = {
        localAddress: local,
        localPort: destinationPort,
        remoteAddress: remote.copy(),
        remotePort: sourcePort,
      };
      this.#handshakes.arrivesAtListener(now, listener, tuple, segment);
      this.#above = null;
      return;
    }
    const reset = parts.connection.closedArrives(segment);
    if (reset === null) return;
    const stamped = stampReset(reset, segment, settings);
    output.reset(local, destinationPort, remote, sourcePort, stamped);
  }

  /**
   * A segment of ours came back: no host answers at its next hop. An OPEN then fails at once, as in Linux, rather than
   * after R2; a connection that is open goes on trying, as for every soft error.
   *
   * @rfc 1122 4.2.3.9
   */
  onUndeliverable(now: Micros, local: Address, remote: Address, segment: Segment): void {
    const connection = this.#table.find(local, segment.sourcePort, remote, segment.destinationPort);
    if (connection?.state !== 'SYN-SENT') return;
    begin(now, connection.tcb, 'undeliverable', '3.9.2.2');
    end(connection.tcb, 'EHOSTUNREACH');
    this.settle(now, connection);
  }

  /** An ICMP error has come about a segment that went from `local` to `remote`. @rfc 9293 3.9.2.2 MUST-54 */
  onIcmpReport(
    now: Micros,
    local: Address,
    remote: Address,
    ports: { local: number; remote: number },
    report: IcmpReport,
  ): void {
    const connection = this.#find(local, ports.local, remote, ports.remote);
    if (connection === undefined) {
      const halfOpen = this.#handshakes.find(local, ports.local, remote, ports.remote);
      if (halfOpen === undefined) return this.#drop(now, 'icmp: about no connection');
      return this.#handshakes.icmpArrives(now, halfOpen, report);
    }
    begin(now, connection.tcb, 'icmp-arrives', '3.9.2.2');
    const believed = this.#options.parts.connection.icmpArrives(now, connection.tcb, report);
    if (!believed) this.#drop(now, 'icmp: not believed');
    this.settle(now, connection);
  }

  /** @see IpStack.pollTimeout */
  pollTimeout(): Micros {
    const first = this.#options.deadlines.first?.deadline ?? Infinity;
    return Math.min(first, this.#handshakes.pollTimeout(), this.#parking.pollTimeout());
  }

  /** @see IpStack.onTimeout */
  onTimeout(now: Micros): void {
    const { deadlines } = this.#options;
    this.#handshakes.onTimeout(now);
    this.#parking.onTimeout(now);
    for (let due = deadlines.first; due !== undefined && due.deadline <= now; due = deadlines.first) {
      const { unanswered } = due.tcb;
      onTcbTimeout(now, due.tcb);
      if (due.tcb.unanswered && !unanswered && this.#silent.length < MOST_SILENT) {
        this.#silent.push(due.tcb.tuple.remoteAddress);
      }
      this.settle(now, due);
      // What its timers are set for at this very moment waits for the next call, lest this one never return.
      if (due.deadline <= now) return;
    }
  }

  /** @see IpStack.takeSilent */
  takeSilent(): readonly Address[] {
    return this.#silent.length === 0 ? NOBODY : this.#silent.splice(0);
  }

  /** @see IpStack.takeEvents */
  takeEvents(): StackEvent[] {
    return this.#pending.take();
  }

  /** @param here what listeners show as their address */
  connections(here: string): ConnectionSummary[] {
    return listing(
      here,
      this.#listeners.values(),
      this.#handshakes.all(),
      this.#table,
      this.#parking.entries,
    );
  }

  /** A connection may have changed: tell its user, schedule it, drop it when it is no more. */
  settle(now: Micros, connection: Connection): void {
    const { deadlines, output, tracer } = this.#options;
    const { tcb } = connection;
    if (connection.parked) this.#parking.reclaim(connection);
    if (connection.released) this.#settleReleased(now, tcb);
    const bits = changes(connection);
    if (bits !== 0) {
      if (connection.accepted) this.#pending.raise(connection, bits);
      else connection.pendingEvents |= bits;
    }
    tracer?.compare(now, connection);
    if (tcb.state === 'CLOSED' || tcb.state === 'LISTEN') return this.#forget(now, connection);
    deadlines.schedule(connection, tcb.timers.next());
    output.add(connection);
  }

  /**
   * Nobody is there to take what comes, and a peer that never ends its side would keep this for ever.
   *
   * @rfc 1122 4.2.2.13; 9293 3.6.1 SHLD-3
   */
  #settleReleased(now: Micros, tcb: Tcb): void {
    const { parts, settings } = this.#options;
    if (tcb.reassembler.available > 0 && tcb.state !== 'CLOSED') {
      begin(now, tcb, 'release', '3.10.5');
      parts.connection.abort(now, tcb);
    } else if (tcb.state === 'FIN-WAIT-2' && !tcb.timers.isSet('fin-wait-2')) {
      tcb.timers.set('fin-wait-2', now + settings.finWait2Limit);
    }
  }

  /** A listener gave a connection to its user. */
  taken(connection: Connection): void {
    connection.accepted = true;
    this.#pending.show(connection);
  }

  /** A listener's user closed it. */
  closed(now: Micros, listener: Listener): void {
    if (this.#listeners.get(listener.port) === listener) this.#listeners.delete(listener.port);
    this.#handshakes.closed(now, listener);
    for (const connection of listener.waiting.splice(0)) connection.abort(now);
  }

  #opened(now: Micros, listener: Listener, connection: Connection): void {
    this.#table.add(connection);
    listener.waiting.push(connection);
    this.#pending.raise(listener, Events.ACCEPTABLE);
    this.settle(now, connection);
  }

  /** @rfc 9293 3.7.1 MUST-67; 6691 2-mss */
  #create(
    now: Micros,
    tuple: FourTuple,
    id = ++this.#lastId,
    changed: Partial<Settings> | null = null,
    iss?: Seq,
  ): Connection {
    const { parts, mtu, isnSecret, output } = this.#options;
    const settings = changed === null ? this.#options.settings : { ...this.#options.settings, ...changed };
    const room = mtu - output.headerLength(tuple.remoteAddress) - TCP_HEADER_LENGTH;
    const tcb = new Tcb({
      id,
      now,
      tuple,
      mtu,
      paths: this.#paths,
      mss: settings.maxSegmentSize > 0 ? Math.min(settings.maxSegmentSize, room) : room,
      settings,
      parts,
    });
    tcb.iss = iss ?? parts.isn.initialSequence(now, tuple, isnSecret);
    if (iss === undefined && this.#above !== null && parts.sequence.lessOrEqual(tcb.iss, this.#above)) {
      tcb.iss = parts.sequence.add(this.#above, ABOVE);
    }
    if (settings.timestamps) tcb.options.tsOffset = timestampOffset(tuple, isnSecret);
    return new Connection(tcb, this);
  }

  /** @returns the connection, back from TIME-WAIT's table if it waits there */
  #find(local: Address, localPort: number, remote: Address, remotePort: number): Connection | undefined {
    return (
      this.#table.find(local, localPort, remote, remotePort) ??
      this.#parking.find(local, localPort, remote, remotePort)
    );
  }

  /** What has become of a connection that went to TIME-WAIT's table. */
  parkedState(connection: Connection): 'TIME-WAIT' | 'CLOSED' {
    return this.#parking.stateOf(connection);
  }

  /**
   * A SYN may end TIME-WAIT where a listener is to take it: the new connection's numbers begin above the old one's.
   *
   * @rfc 9293 3.6.1 SHLD-4, MAY-2
   */
  #reopens(now: Micros, connection: Connection, segment: Segment): boolean {
    const { tcb } = connection;
    if (tcb.state !== 'TIME-WAIT' || !this.#listeners.has(segment.destinationPort)) return false;
    if (!mayReopen(tcb, segment)) return false;
    begin(now, tcb, 'time-wait-reuse', '3.6.1');
    this.#above = tcb.snd.nxt;
    end(tcb, null);
    this.settle(now, connection);
    return true;
  }

  /** Take a connection that is no more out of every list; a reset that it left behind still goes out. */
  #forget(now: Micros, connection: Connection): void {
    const { deadlines, output } = this.#options;
    const { tcb } = connection;
    const { localAddress, localPort, remoteAddress, remotePort } = tcb.tuple;
    for (const reset of tcb.output.splice(0)) {
      output.reset(localAddress, localPort, remoteAddress, remotePort, stampLast(now, tcb, reset));
    }
    this.#table.remove(connection);
    deadlines.schedule(connection, Infinity);
    const listener = this.#listeners.get(localPort);
    if (listener === undefined || connection.accepted) return;
    const at = listener.waiting.indexOf(connection);
    // A connection that was reset while it waited for accept() is handed out no more.
    if (at >= 0 && tcb.error !== null) listener.waiting.splice(at, 1);
  }

  #drop(now: Micros, reason: string): void {
    this.#options.counters.drop(reason);
    this.#options.tracer?.dropped(now, 0, reason);
  }
}
