/**
 * Handshakes of listeners until they are complete. A half-open connection is kept as its SYN alone; whenever something
 * happens to it, a TCB is made from that SYN as at first, and forgotten again while the state is still SYN-RECEIVED.
 *
 * @rfc 4987 3.5
 */
import type { Micros, Seq } from '../units.ts';
import { Segment, SYN } from '../wire/segment.ts';
import type { IcmpReport } from '../tcb/icmp-arrives.ts';
import type { FourTuple } from '../tcb/isn.ts';
import type { Outgoing, Parts } from '../tcb/parts.ts';
import { segmentArrives } from '../tcb/segment-arrives.ts';
import { stampLast, stampReset } from '../tcb/segment-options.ts';
import { SYN_COOKIES, type Settings } from '../tcb/settings.ts';
import { COOKIE_LIFETIME, readStamp, stampOptions } from '../tcb/syn-cookie.ts';
import { defaultMss, type Tcb } from '../tcb/tcb.ts';
import { timestamp } from '../tcb/timestamps.ts';
import { nextSegment } from '../tcb/transmit.ts';
import { end } from '../tcb/user-calls.ts';
import type { Address } from '../wire/address.ts';
import { begin, type Connection } from './connection.ts';
import type { Counters } from './counters.ts';
import { DeadlineHeap } from './deadline-heap.ts';
import { HalfOpen } from './half-open.ts';
import type { Listener } from './listener.ts';
import type { OutputQueue } from './output-queue.ts';
import type { Tracer } from './tracer.ts';
import { TupleTable } from './tuple-table.ts';

export interface HandshakesOptions {
  readonly parts: Parts;
  readonly settings: Settings;
  readonly isnSecret: Uint8Array;
  readonly counters: Counters;
  readonly output: OutputQueue;
  readonly tracer: Tracer | null;
  /** `id` and `iss` undefined for new ones. */
  readonly create: (now: Micros, tuple: FourTuple, id?: number, iss?: Seq) => Connection;
  /** The handshake is complete: the connection goes to the accept queue. */
  readonly opened: (now: Micros, listener: Listener, connection: Connection) => void;
}

/** Half-open connections that keep their TCB: a flood has more, and those cost what a `HalfOpen` does. */
const MOST_FRESH = 64;

/** Number of a connection that nobody will hear of. */
const NOBODY = 0;

export class Handshakes {
  readonly #options: HandshakesOptions;
  readonly #table: TupleTable<HalfOpen>;
  readonly #deadlines = new DeadlineHeap<HalfOpen>();
  readonly #syn = new Segment();
  readonly #said = new Segment();

  /** @param salt any 32 bits */
  constructor(options: HandshakesOptions, salt: number) {
    this.#options = options;
    this.#table = new TupleTable(salt);
  }

  find(local: Address, localPort: number, remote: Address, remotePort: number): HalfOpen | undefined {
    return this.#table.size === 0 ? undefined : this.#table.find(local, localPort, remote, remotePort);
  }

  all(): Iterable<HalfOpen> {
    return this.#table;
  }

  pollTimeout(): Micros {
    return this.#deadlines.first?.deadline ?? Infinity;
  }

  /** A segment has come for a port that listens, from a peer of which nothing is known. @rfc 9293 3.10.7.2 */
  arrivesAtListener(now: Micros, listener: Listener, tuple: FourTuple, segment: Segment): void {
    const { parts, settings } = this.#options;
    if (segment.syn && !segment.rst && !segment.hasAck)
      return this.#synArrives(now, listener, tuple, segment);
    if (segment.hasAck && !segment.syn && !segment.rst && settings.synCookies !== SYN_COOKIES.off) {
      if (this.#cookieArrives(now, listener, tuple, segment)) return;
    }
    // What opens nothing is answered by a TCB of its own all the same, and leaves no trace of one.
    const connection = this.#options.create(now, tuple, NOBODY);
    parts.connection.openPassive(now, connection.tcb);
    segmentArrives(now, connection.tcb, segment);
    for (const answer of connection.tcb.output) this.#answer(tuple, stampReset(answer, segment, settings));
  }

  #synArrives(now: Micros, listener: Listener, tuple: FourTuple, segment: Segment): void {
    const { counters, tracer, parts, settings, output } = this.#options;
    const answer = parts.listener.synArrives(listener, settings);
    if (answer === 'drop') {
      counters.synsRefused++;
      return this.#drop(now, 'tcp: the listener is full');
    }
    if (answer === 'cookie') return this.#answerByCookie(now, listener, tuple, segment);
    if (!settings.keepSynText) segment.payloadEnd = segment.payloadStart;
    const connection = this.#started(now, tuple);
    const { tcb } = connection;
    parts.connection.openPassive(now, tcb);
    segmentArrives(now, tcb, segment);
    if (tcb.state !== 'SYN-RECEIVED') return this.#settle(now, listener, connection);
    if (answer === 'recycle') this.#forgetOldest(listener);
    const halfOpen = new HalfOpen(now, listener, tcb, segment);
    if (this.#table.size < MOST_FRESH) halfOpen.fresh = connection;
    this.#table.add(halfOpen);
    listener.opening.add(halfOpen);
    this.#await(now, halfOpen);
    tracer?.compare(now, connection);
    output.once(connection);
  }

  /** Answer a SYN and keep nothing of it: its sender will tell us again. @rfc 4987 3.6, 3.6-opts, 3.6-lostack, 3.5-data */
  #answerByCookie(now: Micros, listener: Listener, tuple: FourTuple, segment: Segment): void {
    const { counters, parts, settings, isnSecret, output, create } = this.#options;
    const connection = create(now, tuple, NOBODY);
    const { tcb } = connection;
    const mss = segment.mss > 0 ? segment.mss : defaultMss(tcb);
    tcb.iss = parts.listener.makeCookie(now, tuple, segment.seq, mss, isnSecret);
    if (segment.timestamps && settings.timestamps) {
      const clock = timestamp(now, tcb.options.tsOffset);
      const marked = stampOptions(clock, segment.windowScale, segment.sackPermitted);
      tcb.options.tsOffset += marked - clock;
    } else {
      // What nothing remembers was never said.
      segment.windowScale = -1;
      segment.sackPermitted = false;
    }
    segment.payloadEnd = segment.payloadStart;
    parts.connection.openPassive(now, tcb);
    segmentArrives(now, tcb, segment);
    if (tcb.state !== 'SYN-RECEIVED') return this.#settle(now, listener, connection);
    counters.cookiesSent++;
    listener.lastCookieAt = now;
    output.once(connection);
  }

  /** @returns whether the segment brought back a cookie of ours; it is dealt with then */
  #cookieArrives(now: Micros, listener: Listener, tuple: FourTuple, segment: Segment): boolean {
    const { counters, parts, settings, isnSecret, create } = this.#options;
    // A stranger who guesses has 2^24 to try: not while none of ours can be on its way.
    if (now - listener.lastCookieAt > COOKIE_LIFETIME) return false;
    const irs = parts.sequence.add(segment.seq, -1);
    const cookie = parts.sequence.add(segment.ack, -1);
    const mss = parts.listener.readCookie(now, tuple, irs, cookie, isnSecret);
    if (mss === null) return false;
    counters.cookiesReturned++;
    const welcome = parts.listener.ackArrives(listener, settings) === 'open';
    const connection = welcome ? this.#started(now, tuple) : create(now, tuple, NOBODY);
    const syn = this.#syn;
    syn.clear();
    syn.sourcePort = tuple.remotePort;
    syn.destinationPort = tuple.localPort;
    syn.flags = SYN;
    syn.seq = irs;
    syn.wnd = segment.wnd;
    syn.mss = mss;
    if (segment.timestamps && settings.timestamps) {
      Object.assign(syn, { timestamps: true, tsVal: segment.tsVal }, readStamp(segment.tsEcr));
    }
    connection.tcb.iss = cookie;
    this.#replay(connection, now, now);
    this.#completes(now, listener, connection, segment);
    return true;
  }

  /** A segment has come for a connection in SYN-RECEIVED. @rfc 9293 3.10.7.4 */
  arrives(now: Micros, halfOpen: HalfOpen, segment: Segment): void {
    const connection = this.#remake(halfOpen);
    const { tcb } = connection;
    const verdict = this.#completes(now, halfOpen.listener, connection, segment);
    if (verdict === 'gone') return this.#remove(halfOpen);
    halfOpen.challengeAcks = tcb.challengeAcks;
    halfOpen.challengeSince = tcb.challengeSince;
  }

  /**
   * What a segment does to a connection in SYN-RECEIVED.
   *
   * @returns `gone` when it is so no more; `stays`, and what it says goes out, when it is or must be
   */
  #completes(now: Micros, listener: Listener, connection: Connection, segment: Segment): 'gone' | 'stays' {
    const { parts, settings, tracer, output } = this.#options;
    const { tcb } = connection;
    const verdict = parts.listener.ackArrives(listener, settings);
    // What may not happen is tried without a trace.
    tcb.trace = verdict === 'open' ? (tracer?.records ?? null) : null;
    segmentArrives(now, tcb, segment);
    if (tcb.state === 'SYN-RECEIVED') {
      output.once(connection);
      return 'stays';
    }
    if (isOpen(tcb) && verdict === 'drop') {
      this.#drop(now, 'tcp: the accept queue is full');
      return 'stays';
    }
    if (isOpen(tcb) && verdict === 'reset') parts.connection.abort(now, tcb);
    this.#settle(now, listener, connection);
    return 'gone';
  }

  /** An ICMP error has come about our SYN,ACK. @rfc 9293 3.9.2.2 MUST-54 */
  icmpArrives(now: Micros, halfOpen: HalfOpen, report: IcmpReport): void {
    const { parts, tracer } = this.#options;
    const connection = this.#remake(halfOpen);
    const { tcb } = connection;
    tcb.trace = tracer?.records ?? null;
    begin(now, tcb, 'icmp-arrives', '3.9.2.2');
    if (!parts.connection.icmpArrives(now, tcb, report)) this.#drop(now, 'icmp: not believed');
    if (tcb.state === 'SYN-RECEIVED') return;
    this.#remove(halfOpen);
    this.#settle(now, halfOpen.listener, connection);
  }

  /** Send SYN,ACKs again, and forget who never answered. */
  onTimeout(now: Micros): void {
    const { parts, settings, tracer, output } = this.#options;
    for (
      let due = this.#deadlines.first;
      due !== undefined && due.deadline <= now;
      due = this.#deadlines.first
    ) {
      const wait = parts.listener.synAckTimeout(now, due, settings);
      const connection = this.#remake(due);
      const { tcb } = connection;
      tcb.trace = tracer?.records ?? null;
      begin(now, tcb, 'retransmission-timeout', '3.10.8');
      tcb.trace?.push({
        name: 'timer_updated',
        time: now,
        connection: due.id,
        timer: 'retransmission',
        event: 'expired',
      });
      if (wait === null) {
        end(tcb, 'ETIMEDOUT');
        this.#remove(due);
        this.#settle(now, due.listener, connection);
        continue;
      }
      due.rto = wait;
      due.sentAt = now;
      due.transmissions++;
      this.#await(now, due);
      tcb.output.push({ seq: tcb.iss, ack: tcb.rcv.nxt, flags: SYN });
      output.once(connection);
    }
  }

  /** The listener is closed: whoever was about to connect is told by a reset. @rfc 9293 3.10.4 */
  closed(now: Micros, listener: Listener): void {
    const { parts, tracer } = this.#options;
    for (const halfOpen of listener.opening) {
      const connection = this.#remake(halfOpen);
      connection.tcb.trace = tracer?.records ?? null;
      begin(now, connection.tcb, 'abort', '3.10.5');
      parts.connection.abort(now, connection.tcb);
      this.#remove(halfOpen);
      this.#settle(now, listener, connection);
    }
  }

  /** A connection of which the trace is to tell. */
  #started(now: Micros, tuple: FourTuple): Connection {
    const { tracer, create } = this.#options;
    const connection = create(now, tuple);
    if (tracer !== null) {
      connection.tcb.trace = tracer.records;
      tracer.started(now, connection, true);
    }
    begin(now, connection.tcb, 'listen', '3.10.1');
    return connection;
  }

  /** The connection as it was after its SYN,ACK had gone out last, without timers. */
  #remake(halfOpen: HalfOpen): Connection {
    const { fresh, startedAt, tuple, id, iss } = halfOpen;
    halfOpen.fresh = null;
    // Not while it has its SYN,ACK to send still.
    if (fresh !== null && !fresh.queued && halfOpen.transmissions === 1) {
      fresh.passing = false;
      fresh.tcb.timers.cancelAll();
      return fresh;
    }
    const connection = this.#options.create(startedAt, tuple, id, iss);
    const { tcb } = connection;
    halfOpen.fillSyn(this.#syn);
    this.#replay(connection, halfOpen.startedAt, halfOpen.sentAt);
    const { queue } = tcb.recovery;
    if (queue.length > 0) queue.at(0).transmissions = halfOpen.transmissions;
    tcb.rto = halfOpen.rto;
    tcb.challengeAcks = halfOpen.challengeAcks;
    tcb.challengeSince = halfOpen.challengeSince;
    this.#options.tracer?.assume(connection);
    return connection;
  }

  /** Let `#syn` arrive, and the SYN,ACK leave. */
  #replay(connection: Connection, startedAt: Micros, sentAt: Micros): void {
    const { tcb } = connection;
    this.#options.parts.connection.openPassive(startedAt, tcb);
    segmentArrives(startedAt, tcb, this.#syn);
    while (tcb.output.length > 0) nextSegment(sentAt, tcb, this.#said);
    tcb.timers.cancelAll();
  }

  /** The handshake has ended, one way or the other; half-open it is no more. */
  #settle(now: Micros, listener: Listener, connection: Connection): void {
    const { tracer, opened } = this.#options;
    const { tcb } = connection;
    if (isOpen(tcb)) return opened(now, listener, connection);
    if (tcb.trace !== null) tracer?.compare(now, connection);
    for (const answer of tcb.output) this.#answer(tcb.tuple, stampLast(now, tcb, answer));
  }

  #answer({ localAddress, localPort, remoteAddress, remotePort }: FourTuple, answer: Outgoing): void {
    this.#options.output.reset(localAddress, localPort, remoteAddress, remotePort, answer);
  }

  #await(now: Micros, halfOpen: HalfOpen): void {
    const last = halfOpen.startedAt + this.#options.settings.synReceivedLimit;
    this.#deadlines.schedule(halfOpen, last > now ? Math.min(now + halfOpen.rto, last) : now + halfOpen.rto);
  }

  #forgetOldest({ opening }: Listener): void {
    const [oldest] = opening;
    if (oldest !== undefined) this.#remove(oldest);
  }

  #remove(halfOpen: HalfOpen): void {
    halfOpen.listener.opening.delete(halfOpen);
    this.#deadlines.schedule(halfOpen, Infinity);
    this.#table.remove(halfOpen);
  }

  #drop(now: Micros, reason: string): void {
    this.#options.counters.drop(reason);
    this.#options.tracer?.dropped(now, 0, reason);
  }
}

function isOpen({ state }: Tcb): boolean {
  return state !== 'SYN-RECEIVED' && state !== 'LISTEN' && state !== 'CLOSED';
}
