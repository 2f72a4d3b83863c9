/** What a stack has to send: answers that belong to no connection, then connections that may have segments, in turn. */
import type { IpService } from '../tcb/ip-service.ts';
import type { Outgoing } from '../tcb/parts.ts';
import { forbidsFragments } from '../tcb/path-mtu.ts';
import { nextSegment, type Filled } from '../tcb/transmit.ts';
import type { Micros, Octets } from '../units.ts';
import type { Address } from '../wire/address.ts';
import { RST, Segment } from '../wire/segment.ts';
import type { Connection } from './connection.ts';
import type { Counters } from './counters.ts';
import type { DeadlineHeap } from './deadline-heap.ts';
import type { PacketOutput } from './packet-output.ts';
import { ReplyQueue, fillReset, type Echo, type Reply } from './reply-queue.ts';
import type { Tracer } from './tracer.ts';

/** More handshakes are answered at once only when nobody pulls; what is left out is a lost SYN,ACK. */
const MOST_PASSING = 4096;

/** Segments that one connection may send before the next has its turn. */
const BURST = 32;
/** The longest IPv4 header and 8 octets more. @rfc 792 */
const MOST_QUOTED: Octets = 68;
/** As much as fits into the least MTU of IPv6. @rfc 4443 2.4 */
const MOST_QUOTED_IPV6: Octets = 1232;

export interface OutputQueueOptions {
  readonly ipv4: PacketOutput;
  readonly ipv6: PacketOutput;
  readonly deadlines: DeadlineHeap<Connection>;
  /** Of packets that belong to no connection. */
  readonly service: IpService;
  readonly counters: Counters;
  readonly tracer: Tracer | null;
}

export class OutputQueue {
  readonly #options: OutputQueueOptions;
  readonly #replies = new ReplyQueue();
  readonly #ready: Connection[] = [];
  #burst = 0;
  #passing = 0;
  /** Told of a connection in TIME-WAIT that has nothing more to say. */
  rests: ((connection: Connection) => void) | null = null;
  /** One record serves every segment. */
  readonly #out = new Segment();

  constructor(options: OutputQueueOptions) {
    this.#options = options;
  }

  /** The connection may have something to send. */
  add(connection: Connection): void {
    if (connection.queued) return;
    connection.queued = true;
    this.#ready.push(connection);
  }

  /** What the connection has to say is said once, and then it is forgotten. */
  once(connection: Connection): void {
    if (this.#passing >= MOST_PASSING) return;
    this.#passing++;
    connection.passing = true;
    this.add(connection);
  }

  /** A reset for a segment that has no connection, or none any more. @param local the host's own record: it is kept */
  reset(local: Address, localPort: number, remote: Address, remotePort: number, segment: Outgoing): void {
    this.#replies.push({ kind: 'reset', local, localPort, remote: remote.copy(), remotePort, segment });
  }

  /** The answer to a ping. */
  echo(local: Address, remote: Address, message: Echo): void {
    this.#replies.push({ kind: 'echo', local, remote: remote.copy(), message });
  }

  /** An ICMP error about a packet that came; @param about the packet, which is copied as far as it is quoted */
  icmpError(local: Address, remote: Address, type: number, code: number, about: Uint8Array): void {
    const quoted = about.slice(0, remote.version === 6 ? MOST_QUOTED_IPV6 : MOST_QUOTED);
    this.#replies.push({ kind: 'error', local, remote: remote.copy(), type, code, about: quoted });
  }

  /** Octets of IP header before a segment to `remote`. */
  headerLength(remote: Address): Octets {
    return this.#family(remote).headerLength;
  }

  /** Write the next packet at into[start…]. @returns octets; 0 = nothing to send now */
  transmit(now: Micros, into: Uint8Array, start: number): Octets {
    const reply = this.#replies.shift();
    if (reply !== undefined) return this.#writeReply(now, reply, into, start);
    const { deadlines, tracer } = this.#options;
    for (let connection = this.#ready[0]; connection !== undefined; connection = this.#ready[0]) {
      const { tcb } = connection;
      const filled = nextSegment(now, tcb, this.#out);
      if (!connection.passing) deadlines.schedule(connection, tcb.timers.next());
      if (filled === 'nothing') {
        this.#ready.shift();
        connection.queued = false;
        if (connection.passing) this.#passing--;
        else if (tcb.state === 'TIME-WAIT') this.rests?.(connection);
        this.#burst = 0;
        continue;
      }
      if (++this.#burst >= BURST && this.#ready.length > 1) {
        this.#ready.shift();
        this.#ready.push(connection);
        this.#burst = 0;
      }
      const { localAddress, localPort, remoteAddress, remotePort } = tcb.tuple;
      this.#out.sourcePort = localPort;
      this.#out.destinationPort = remotePort;
      if (tcb.trace !== null) tracer?.compare(now, connection);
      this.#count(now, connection.id, filled);
      return this.#family(remoteAddress).segment(
        this.#out,
        into,
        start,
        localAddress,
        remoteAddress,
        forbidsFragments(tcb),
        tcb,
      );
    }
    return 0;
  }

  #writeReply(now: Micros, reply: Reply, into: Uint8Array, start: number): Octets {
    const { local, remote } = reply;
    const family = this.#family(remote);
    if (reply.kind === 'echo') return family.echoReply(reply.message, into, start, local, remote);
    if (reply.kind === 'error') return family.icmpError(reply, into, start);
    fillReset(this.#out, reply);
    this.#count(now, 0, 'first');
    return family.segment(this.#out, into, start, local, remote, true, this.#options.service);
  }

  #family(remote: Address): PacketOutput {
    return remote.version === 4 ? this.#options.ipv4 : this.#options.ipv6;
  }

  /** Count and trace what `#out` holds. */
  #count(now: Micros, connection: number, filled: Filled): void {
    const { counters, tracer } = this.#options;
    counters.segmentsSent++;
    if (filled === 'again') counters.retransmitted++;
    if ((this.#out.flags & RST) !== 0) counters.resetsSent++;
    tracer?.sent(now, connection, this.#out, filled);
  }
}
