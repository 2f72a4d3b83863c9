/** One host's TCP over IP packets: demultiplexing, listeners, ports, ping. Pull only, no clock, no link layer. @rfc 9293 3.9 */
import { MisuseError } from '../misuse-error.ts';
import type { TraceEvent } from '../trace/event.ts';
import type { Micros, Octets } from '../units.ts';
import { type Address, isHostAddress, parseAddress, sameAddress } from '../wire/address.ts';
import { pseudoHeaderSum } from '../wire/checksum.ts';
import { ICMP_ECHO, IcmpMessage, parseIcmp } from '../wire/icmp.ts';
import { IPV4_HEADER_LENGTH, Ipv4Header, PROTOCOL_ICMP, PROTOCOL_TCP, parseIpv4 } from '../wire/ipv4.ts';
import type { Malformed } from '../wire/malformed.ts';
import { Segment } from '../wire/segment.ts';
import { BAD_TCP_CHECKSUM, TCP_HEADER_LENGTH } from '../wire/tcp.ts';
import { parseTcpPacket } from '../wire/tcp-packet.ts';
import type { PartialParts, Parts } from '../tcb/parts.ts';
import { completeParts, hasReferenceCodec } from '../tcb/reference.ts';
import { segmentArrives } from '../tcb/segment-arrives.ts';
import { defaultSettings, type Settings } from '../tcb/settings.ts';
import { Tcb } from '../tcb/tcb.ts';
import { onTimeout as onTcbTimeout } from '../tcb/timeouts.ts';
import { end } from '../tcb/user-calls.ts';
import { Connection, begin, changes, type ConnectionOwner } from './connection.ts';
import { ConnectionTable } from './connection-table.ts';
import { Counters } from './counters.ts';
import { DeadlineHeap } from './deadline-heap.ts';
import { Events } from './events.ts';
import { Listener, type ListenerOwner } from './listener.ts';
import { listing, type ConnectionSummary } from './listing.ts';
import { checkPort, ephemeralPort } from './ports.ts';
import { OutputQueue } from './output-queue.ts';
import { PacketWriter } from './packet-writer.ts';
import { Tracer } from './tracer.ts';

export interface IpStackOptions {
  /** Ours, such as `10.0.0.1`. */
  readonly address: string;
  /** The largest IP packet that the link takes; 576 to 9000, 1500 by default. */
  readonly mtu?: Octets;
  readonly parts?: PartialParts;
  readonly settings?: Partial<Settings>;
  /** Uniform unsigned 32-bit integers: ports and packet ids. */
  readonly random: () => number;
  /** 16 octets that nobody else knows. @rfc 6528 3 */
  readonly isnSecret: Uint8Array;
  /** Keep trace records. */
  readonly trace?: boolean;
}

export interface StackEvent {
  readonly target: Connection | Listener;
  /** `Events`, ored together. */
  readonly bits: number;
}

const DEFAULT_MTU: Octets = 1500;

export class IpStack implements ConnectionOwner, ListenerOwner {
  readonly address: Address;
  readonly mtu: Octets;
  readonly parts: Parts;
  /** The common packet is read in one pass, any other layer by layer. */
  readonly #inOnePass: boolean;
  readonly settings: Settings;
  readonly counters = new Counters();
  readonly #random: () => number;
  readonly #secret: Uint8Array;
  readonly #trace: TraceEvent[] | null;
  readonly #tracer: Tracer | null;

  readonly #table = new ConnectionTable();
  readonly #listeners = new Map<number, Listener>();
  readonly #deadlines = new DeadlineHeap<Connection>();
  readonly #output: OutputQueue;
  #changed = new Set<Connection | Listener>();
  #lastId = 0;
  #now = -Infinity;

  // One record of each kind serves every packet.
  readonly #ip = new Ipv4Header();
  readonly #icmp = new IcmpMessage();
  readonly #segment = new Segment();

  constructor(options: IpStackOptions) {
    this.address = parseAddress(options.address);
    this.mtu = options.mtu ?? DEFAULT_MTU;
    if (!Number.isInteger(this.mtu) || this.mtu < 576 || this.mtu > 9000) {
      throw new MisuseError('bad-mtu', `an MTU is 576 to 9000 octets, not ${this.mtu}`);
    }
    if (options.isnSecret.length !== 16) {
      throw new MisuseError('bad-secret', `the ISN secret has 16 octets, not ${options.isnSecret.length}`);
    }
    this.parts = completeParts(options.parts);
    this.#inOnePass = hasReferenceCodec(this.parts);
    this.settings = { ...defaultSettings, ...options.settings };
    this.#random = options.random;
    this.#secret = Uint8Array.from(options.isnSecret);
    this.#trace = options.trace === true ? [] : null;
    this.#tracer = this.#trace === null ? null : new Tracer(this.#trace);
    this.#output = new OutputQueue({
      writer: new PacketWriter(this.address, this.parts, options.random() & 0xffff),
      deadlines: this.#deadlines,
      counters: this.counters,
      tracer: this.#tracer,
    });
  }

  /** OPEN, active. @throws MisuseError for a bad address or port, and when that 4-tuple is in use. @rfc 9293 3.10.1, 3.9.2.3 */
  open(now: Micros, to: { address: string; port: number; localPort?: number }): Connection {
    this.#tick(now);
    checkPort(to.port);
    const remote = parseAddress(to.address);
    if (!isHostAddress(remote) || sameAddress(remote, this.address)) {
      throw new MisuseError('bad-address', `${to.address} is not the address of another host`);
    }
    const isFree = (port: number) =>
      this.#table.find(remote, to.port, port) === undefined && !this.#listeners.has(port);
    if (to.localPort !== undefined) checkPort(to.localPort);
    const localPort = to.localPort ?? ephemeralPort(this.#random, isFree);
    if (this.#table.find(remote, to.port, localPort) !== undefined) {
      throw new MisuseError(
        'connection-already-exists',
        `port ${localPort} is connected to ${to.address} port ${to.port} already`,
      );
    }
    const connection = this.#create(now, remote, to.port, localPort, this.#trace);
    connection.accepted = true;
    this.#table.add(connection);
    this.#tracer?.started(now, connection, false);
    begin(now, connection.tcb, 'open', '3.10.1');
    this.parts.connection.openActive(now, connection.tcb);
    this.settle(now, connection);
    return connection;
  }

  /** OPEN, passive, for any peer. @throws MisuseError `address-in-use` when the port has a listener. @rfc 9293 3.10.1 */
  listen(now: Micros, at: { port: number; backlog?: number }): Listener {
    this.#tick(now);
    checkPort(at.port);
    if (this.#listeners.has(at.port)) {
      throw new MisuseError('address-in-use', `port ${at.port} has a listener already`);
    }
    const listener = new Listener(at.port, at.backlog ?? this.settings.backlog, this);
    this.#listeners.set(at.port, listener);
    return listener;
  }

  /** A packet has come: bytes[start, end), valid during the call. Whatever it holds, nothing is thrown. */
  onPacket(now: Micros, bytes: Uint8Array, start: number, end: number): void {
    this.#tick(now);
    const ip = this.#ip;
    const whole = this.#inOnePass && parseTcpPacket(bytes, start, end, ip, this.#segment);
    const bad = whole ? null : parseIpv4(bytes, start, end, ip);
    if (bad !== null) return this.#dropMalformed(now, bad);
    if (!sameAddress(ip.destination, this.address)) return this.#drop(now, 'ipv4: not for this host');
    // A segment that claims to come from nowhere, from everyone or from us answers nobody. RFC 9293 §3.9.2.3, MUST-63.
    if (!isHostAddress(ip.source) || sameAddress(ip.source, this.address))
      return this.#drop(now, 'ipv4: bad source');
    if (whole) this.#onSegment(now, this.#segment);
    else if (ip.protocol === PROTOCOL_TCP) this.#onTcp(now, bytes, ip.payloadStart, ip.payloadEnd);
    else if (ip.protocol === PROTOCOL_ICMP) this.#onIcmp(now, bytes, ip.payloadStart, ip.payloadEnd);
    else this.#drop(now, 'ipv4: no such protocol here');
  }

  /**
   * A packet of ours came back from the link: no host answers at its next hop. An OPEN then fails at once, as in Linux,
   * rather than after R2; a connection that is open goes on trying, as for every soft error.
   *
   * @rfc 1122 2.3.2.2, 4.2.3.9
   */
  onUndeliverable(now: Micros, packet: Uint8Array): void {
    const ip = this.#ip;
    const segment = this.#segment;
    if (parseIpv4(packet, 0, packet.length, ip) !== null || ip.protocol !== PROTOCOL_TCP) return;
    if (this.parts.codec.parseSegment(packet, ip.payloadStart, ip.payloadEnd, segment) !== null) return;
    const connection = this.#table.find(ip.destination, segment.destinationPort, segment.sourcePort);
    if (connection?.state !== 'SYN-SENT') return;
    begin(now, connection.tcb, 'undeliverable', '3.9.2.2');
    end(connection.tcb, 'EHOSTUNREACH');
    this.settle(now, connection);
  }

  /**
   * Write the next packet at into[start…], which has room for `mtu` octets.
   *
   * @returns octets written; 0 = nothing to send now. Call until 0
   */
  pollTransmit(now: Micros, into: Uint8Array, start: number): Octets {
    this.#tick(now);
    return this.#output.transmit(now, into, start);
  }

  /** When `onTimeout` is wanted next; Infinity = not at all. Read it again after every call. */
  pollTimeout(): Micros {
    return this.#deadlines.first?.deadline ?? Infinity;
  }

  /** Handle the timers that are due. An early call does nothing. */
  onTimeout(now: Micros): void {
    this.#tick(now);
    for (
      let due = this.#deadlines.first;
      due !== undefined && due.deadline <= now;
      due = this.#deadlines.first
    ) {
      onTcbTimeout(now, due.tcb);
      this.settle(now, due);
    }
  }

  /** What has happened since the last call, one entry for each connection and listener. */
  takeEvents(): StackEvent[] {
    if (this.#changed.size === 0) return [];
    const events: StackEvent[] = [];
    for (const target of this.#changed) {
      events.push({ target, bits: target.pendingEvents });
      target.pendingEvents = 0;
    }
    this.#changed.clear();
    return events;
  }

  /** The trace records since the last call, in order; empty when no trace is kept. */
  takeTrace(): TraceEvent[] {
    return this.#trace === null ? [] : this.#trace.splice(0);
  }

  /** A netstat-like listing: listeners first. */
  connections(): ConnectionSummary[] {
    return listing(this.address, this.#listeners.values(), this.#table);
  }

  /** @internal A connection may have changed: tell its user, schedule it, drop it when it is no more. */
  settle(now: Micros, connection: Connection): void {
    const { tcb } = connection;
    if (connection.released) this.#settleReleased(now, tcb);
    const bits = changes(connection);
    const listener = this.#listeners.get(tcb.tuple.localPort);
    if (tcb.passive && listener?.opening.has(connection) && tcb.state !== 'SYN-RECEIVED') {
      listener.opening.delete(connection);
      if (tcb.state !== 'CLOSED' && tcb.state !== 'LISTEN') {
        listener.waiting.push(connection);
        this.#raise(listener, Events.ACCEPTABLE);
      }
    }
    if (bits !== 0) {
      connection.raise(bits);
      if (connection.accepted) this.#changed.add(connection);
    }
    this.#tracer?.compare(now, connection);
    if (tcb.state === 'CLOSED' || tcb.state === 'LISTEN') return this.#forget(connection);
    this.#deadlines.schedule(connection, tcb.timers.next());
    this.#output.add(connection);
  }

  /** Nobody is there to take what comes, and a peer that never ends its side would keep this for ever. @rfc 1122 4.2.2.13 */
  #settleReleased(now: Micros, tcb: Tcb): void {
    if (tcb.reassembler.available > 0 && tcb.state !== 'CLOSED') {
      begin(now, tcb, 'release', '3.10.5');
      this.parts.connection.abort(now, tcb);
    } else if (tcb.state === 'FIN-WAIT-2' && !tcb.timers.isSet('fin-wait-2')) {
      tcb.timers.set('fin-wait-2', now + this.settings.finWait2Limit);
    }
  }

  /** @internal A listener gave a connection to its user. */
  taken(connection: Connection): void {
    connection.accepted = true;
    if (connection.pendingEvents !== 0) this.#changed.add(connection);
  }

  /** @internal */
  closed(now: Micros, listener: Listener): void {
    if (this.#listeners.get(listener.port) === listener) this.#listeners.delete(listener.port);
    const left = [...listener.opening, ...listener.waiting.splice(0)];
    listener.opening.clear();
    for (const connection of left) connection.abort(now);
  }

  #onTcp(now: Micros, bytes: Uint8Array, start: number, end: number): void {
    const ip = this.#ip;
    const segment = this.#segment;
    if (end - start < TCP_HEADER_LENGTH) return this.#drop(now, 'tcp: truncated');
    const pseudo = pseudoHeaderSum(ip.source, ip.destination, PROTOCOL_TCP, end - start);
    if (this.parts.checksum.checksum(bytes, start, end, pseudo) !== 0xffff) {
      return this.#dropMalformed(now, BAD_TCP_CHECKSUM);
    }
    const bad = this.parts.codec.parseSegment(bytes, start, end, segment);
    if (bad !== null) return this.#dropMalformed(now, bad);
    this.#onSegment(now, segment);
  }

  #onSegment(now: Micros, segment: Segment): void {
    const ip = this.#ip;
    this.counters.segmentsReceived++;
    const connection = this.#table.find(ip.source, segment.sourcePort, segment.destinationPort);
    this.#tracer?.received(now, connection?.id ?? 0, segment);
    if (connection !== undefined) return this.#arrives(now, connection, segment);
    const listener = this.#listeners.get(segment.destinationPort);
    if (listener !== undefined) return this.#arrivesAtListener(now, listener, segment);
    const reset = this.parts.connection.closedArrives(segment);
    if (reset !== null) this.#output.reset(ip.source, segment.sourcePort, segment.destinationPort, reset);
  }

  #arrives(now: Micros, connection: Connection, segment: Segment): void {
    const { tcb } = connection;
    if (tcb.state === 'SYN-RECEIVED' && tcb.passive && segment.hasAck && !segment.rst) {
      const listener = this.#listeners.get(tcb.tuple.localPort);
      if (listener !== undefined && !this.parts.listener.completes(listener)) {
        return this.#drop(now, 'tcp: the accept queue is full');
      }
    }
    segmentArrives(now, tcb, segment);
    this.settle(now, connection);
  }

  /** A listener stays in LISTEN; each SYN that it admits gets a connection of its own. @rfc 9293 3.10.7.2 */
  #arrivesAtListener(now: Micros, listener: Listener, segment: Segment): void {
    const { source } = this.#ip;
    const { sourcePort, destinationPort } = segment;
    const opens = segment.syn && !segment.rst && !segment.hasAck;
    if (opens && !this.parts.listener.admits(listener)) {
      this.counters.synsRefused++;
      return this.#drop(now, 'tcp: the listener is full');
    }
    // What opens nothing is answered by a TCB of its own all the same, and leaves no trace of one.
    const trace = opens ? this.#trace : null;
    const connection = this.#create(now, source, sourcePort, destinationPort, trace);
    const { tcb } = connection;
    if (opens) this.#tracer?.started(now, connection, true);
    begin(now, tcb, 'listen', '3.10.1');
    this.parts.connection.openPassive(now, tcb);
    segmentArrives(now, tcb, segment);
    if (tcb.state === 'LISTEN') {
      for (const reset of tcb.output.splice(0)) {
        this.#output.reset(source, sourcePort, destinationPort, reset);
      }
      return;
    }
    this.#table.add(connection);
    listener.opening.add(connection);
    this.settle(now, connection);
  }

  #create(
    now: Micros,
    remote: Address,
    remotePort: number,
    localPort: number,
    trace: TraceEvent[] | null,
  ): Connection {
    const tuple = { localAddress: this.address, localPort, remoteAddress: remote.copy(), remotePort };
    const tcb = new Tcb({
      id: ++this.#lastId,
      tuple,
      mss: this.mtu - IPV4_HEADER_LENGTH - TCP_HEADER_LENGTH,
      settings: this.settings,
      parts: this.parts,
      trace,
    });
    tcb.iss = this.parts.isn.initialSequence(now, tuple, this.#secret);
    return new Connection(tcb, this);
  }

  /** Take a connection that is no more out of every list; a reset that it left behind still goes out. */
  #forget(connection: Connection): void {
    const { tcb } = connection;
    const { remoteAddress, remotePort, localPort } = tcb.tuple;
    for (const reset of tcb.output.splice(0)) {
      this.#output.reset(remoteAddress, remotePort, localPort, reset);
    }
    this.#table.remove(connection);
    this.#deadlines.schedule(connection, Infinity);
    const listener = this.#listeners.get(tcb.tuple.localPort);
    if (listener === undefined || connection.accepted) return;
    const at = listener.waiting.indexOf(connection);
    // A connection that was reset while it waited for accept() is handed out no more.
    if (at >= 0 && tcb.error !== null) listener.waiting.splice(at, 1);
  }

  #onIcmp(now: Micros, bytes: Uint8Array, start: number, end: number): void {
    const message = this.#icmp;
    const bad = parseIcmp(bytes, start, end, message);
    if (bad !== null) return this.#dropMalformed(now, bad);
    if (message.type !== ICMP_ECHO) return this.#drop(now, 'icmp: not asked for');
    const { id, sequence } = message;
    const body = bytes.slice(message.bodyStart, message.bodyEnd);
    this.#output.echo(this.#ip.source, { id, sequence, body });
  }

  #raise(target: Listener, bits: number): void {
    target.raise(bits);
    this.#changed.add(target);
  }

  #drop(now: Micros, reason: string): void {
    this.counters.drop(reason);
    this.#tracer?.dropped(now, 0, reason);
  }

  #dropMalformed(now: Micros, { layer, reason }: Malformed): void {
    this.#drop(now, `${layer}: ${reason}`);
  }

  /** A clock that runs backwards would lose timers in silence. */
  #tick(now: Micros): void {
    if (now < this.#now) throw new MisuseError('time-went-back', `now is ${now} µs, after ${this.#now} µs`);
    this.#now = now;
  }
}
