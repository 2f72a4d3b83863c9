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
import { Connection, Seen, begin, changes, type ConnectionOwner } from './connection.ts';
import type { Counters } from './counters.ts';
import type { DeadlineHeap } from './deadline-heap.ts';
import { Events } from './events.ts';
import { Handshakes } from './handshakes.ts';
import { Listener, type ListenerOwner } from './listener.ts';
import { listing, type ConnectionSummary } from './listing.ts';
import type { OutputQueue } from './output-queue.ts';
import { EphemeralPorts, checkPort } from './ports.ts';
import type { Tracer } from './tracer.ts';
import { TimeWaitTable } from './time-wait-table.ts';
import { TupleTable } from './tuple-table.ts';

export interface StackEvent {
  readonly target: Connection | Listener;
  /** `Events`, ored together. */
  readonly bits: number;
}

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
  readonly #timeWaits: TimeWaitTable;
  readonly #listeners = new Map<number, Listener>();
  readonly #paths = new PathMtuCache();
  /**
   * Whoever has events to tell, in the order of the first of them. No set: each one that V8 clears holds what it held and
   * its successor, so that a chain of them keeps closed connections from the young garbage collection.
   */
  #changed: (Connection | Listener)[] = [];
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
    this.#timeWaits = new TimeWaitTable(salt);
    output.rests = (connection) => this.#park(connection);
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
      this.#timeWaits.find(local, port, remote, ports.remote) >= 0;
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
    return Math.min(first, this.#handshakes.pollTimeout(), this.#timeWaits.next());
  }

  /** @see IpStack.onTimeout */
  onTimeout(now: Micros): void {
    const { deadlines } = this.#options;
    this.#handshakes.onTimeout(now);
    while (this.#timeWaits.next() <= now) this.#unpark(this.#timeWaits.first());
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
    if (this.#changed.length === 0) return [];
    const events = this.#changed.map((target) => ({ target, bits: target.pendingEvents }));
    for (const target of this.#changed) target.pendingEvents = 0;
    this.#changed = [];
    return events;
  }

  /** @param here what listeners show as their address */
  connections(here: string): ConnectionSummary[] {
    return listing(here, this.#listeners.values(), this.#handshakes.all(), this.#table, this.#timeWaits);
  }

  /** A connection may have changed: tell its user, schedule it, drop it when it is no more. */
  settle(now: Micros, connection: Connection): void {
    const { deadlines, output, tracer } = this.#options;
    const { tcb } = connection;
    if (connection.parked) this.#unparkOwn(connection);
    if (connection.released) this.#settleReleased(now, tcb);
    const bits = changes(connection);
    if (bits !== 0) {
      if (connection.accepted && connection.pendingEvents === 0) this.#changed.push(connection);
      connection.raise(bits);
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
    if (connection.pendingEvents !== 0) this.#changed.push(connection);
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
    if (listener.pendingEvents === 0) this.#changed.push(listener);
    listener.raise(Events.ACCEPTABLE);
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
    const connection = this.#table.find(local, localPort, remote, remotePort);
    if (connection !== undefined) return connection;
    const entry = this.#timeWaits.find(local, localPort, remote, remotePort);
    return entry < 0 ? undefined : this.#unpark(entry);
  }

  /** A connection in TIME-WAIT that nobody holds has said what it had to: some hundred octets remember it. */
  #park(connection: Connection): void {
    const { tcb } = connection;
    const deadline = tcb.timers.deadline('time-wait');
    if (!connection.released || tcb.reassembler.available > 0 || connection.parked) return;
    this.#timeWaits.add(tcb, deadline);
    this.#table.remove(connection);
    this.#options.deadlines.schedule(connection, Infinity);
    connection.parked = true;
  }

  /** Something happens to one of them: its TCB comes back, until it has nothing more to say. */
  #unpark(entry: number): Connection {
    const { tracer, deadlines } = this.#options;
    const waits = this.#timeWaits;
    // Its time begins with the age of the host: what it sent is older than anything that comes now.
    const connection = this.#create(0, waits.tuple(entry), waits.id(entry));
    waits.take(entry, connection.tcb);
    connection.accepted = true;
    connection.released = true;
    connection.seenState = 'TIME-WAIT';
    connection.seen |= Seen.FINISHED;
    tracer?.assume(connection);
    connection.tcb.trace = tracer?.records ?? null;
    this.#table.add(connection);
    deadlines.schedule(connection, connection.tcb.timers.next());
    return connection;
  }

  /** Somebody holds it after all, and uses it. */
  #unparkOwn(connection: Connection): void {
    const { localAddress, localPort, remoteAddress, remotePort } = connection.tuple;
    connection.parked = false;
    const entry = this.#timeWaits.find(localAddress, localPort, remoteAddress, remotePort);
    if (entry >= 0 && this.#timeWaits.id(entry) === connection.id) {
      const { tcb } = connection;
      const { state, trace } = tcb;
      // The change of state that its user has just made is told already.
      tcb.trace = null;
      this.#timeWaits.take(entry, tcb);
      if (state === 'CLOSED') end(tcb, null);
      tcb.trace = trace;
      this.#table.add(connection);
    } else if (connection.state !== 'CLOSED') {
      connection.tcb.trace = null;
      end(connection.tcb, null);
    }
  }

  /** What has become of a connection that went to TIME-WAIT's table: it waits there, was brought back, or is over. */
  parkedState({ id, tuple }: Connection): 'TIME-WAIT' | 'CLOSED' {
    const { localAddress, localPort, remoteAddress, remotePort } = tuple;
    const entry = this.#timeWaits.find(localAddress, localPort, remoteAddress, remotePort);
    if (entry >= 0) return this.#timeWaits.id(entry) === id ? 'TIME-WAIT' : 'CLOSED';
    const back = this.#table.find(localAddress, localPort, remoteAddress, remotePort);
    return back?.id === id ? 'TIME-WAIT' : 'CLOSED';
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
