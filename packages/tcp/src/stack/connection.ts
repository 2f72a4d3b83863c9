/** A connection as its user holds it: the calls of RFC 9293 §3.9.1 on one TCB. */
import { MisuseError } from '../misuse-error.ts';
import type { AppCall, State } from '../trace/event.ts';
import type { Micros, Octets } from '../units.ts';
import { formatAddress } from '../wire/address-text.ts';
import type { FourTuple } from '../tcb/isn.ts';
import { keepAlive, keepAliveOf, type KeepAlive } from '../tcb/keep-alive.ts';
import { checkService, type IpService } from '../tcb/ip-service.ts';
import type { CallError } from '../tcb/parts.ts';
import { isNarrow, openWindow } from '../tcb/receive-window.ts';
import type { Settings } from '../tcb/settings.ts';
import type { ConnectionErrorCode, Tcb } from '../tcb/tcb.ts';
import { advertiseUserTimeout, isWaiting, setUserTimeout, waitBegins } from '../tcb/user-timeout.ts';
import { TIMER_NAMES } from '../tcb/timers.ts';
import { markUrgent, urgentLeft } from '../tcb/urgent.ts';
import { Seen } from './changes.ts';
import type { Scheduled } from './deadline-heap.ts';
import type { RunningTimer } from './listing.ts';
import { snapshot, type TcbSnapshot } from './snapshot.ts';
import type { Linked } from './tuple-table.ts';

/** Why a connection ended, other than by an orderly close. */
export interface ConnectionError {
  readonly code: ConnectionErrorCode;
  readonly message: string;
}

/** What a connection asks of the stack it belongs to. */
export interface ConnectionOwner {
  /** Something may have changed: look for output, deadlines, events. */
  settle(now: Micros, connection: Connection): void;
  /** What has become of a connection that is `parked`. */
  parkedState(connection: Connection): 'TIME-WAIT' | 'CLOSED';
}

export class Connection implements Scheduled, Linked<Connection> {
  readonly tcb: Tcb;
  readonly #owner: ConnectionOwner;
  /** Whether the user holds it: false while it waits for accept(). */
  accepted = false;
  /** The application called `release`: what still comes is answered with a reset. */
  released = false;

  /** For the stack: its place among deadlines and senders, and what was told of it already. */
  deadline = Infinity;
  heapIndex = -1;
  hash = 0;
  next: Connection | null = null;
  queued = false;
  /** It waits in the table of TIME-WAIT: `tcb` is how it was when it went there. */
  parked = false;
  /** Made to say one thing, such as a SYN,ACK, and then forgotten: in no table, without timers. */
  passing = false;
  pendingEvents = 0;
  /** Whether REPORT is raised; set it to false to hear nothing of soft errors. @rfc 9293 3.9.1.8 SHLD-20 */
  reports = true;
  seenState: State = 'CLOSED';
  seenAvailable: Octets = 0;
  /** `Seen`, ored together. */
  seen = 0;

  constructor(tcb: Tcb, owner: ConnectionOwner) {
    this.tcb = tcb;
    this.#owner = owner;
  }

  /** Host-local number, as in traces. */
  get id(): number {
    return this.tcb.id;
  }

  get tuple(): FourTuple {
    return this.tcb.tuple;
  }

  get state(): State {
    return this.parked ? this.#owner.parkedState(this) : this.tcb.state;
  }

  /** Null while all is well, and after an orderly end. @rfc 9293 3.6 MUST-12 */
  get error(): ConnectionError | null {
    const { error } = this.tcb;
    return error === null ? null : { code: error, message: SENTENCES[error] };
  }

  /** What the network says of the latest segments: they may pass yet, and TCP goes on. @rfc 9293 3.9.2.2 SHLD-25 */
  get softError(): ConnectionError | null {
    const { softError, unanswered } = this.tcb;
    if (softError !== null) return { code: softError, message: SENTENCES[softError] };
    return unanswered ? { code: 'ETIMEDOUT', message: 'the peer has not answered for a while' } : null;
  }

  /** What a router has said of them, told once, as SO_ERROR does. */
  takeSoftError(): ConnectionError | null {
    const told = this.tcb.softError === null ? null : this.softError;
    this.tcb.softError = null;
    return told;
  }

  get localAddress(): string {
    return formatAddress(this.tcb.tuple.localAddress);
  }

  get localPort(): number {
    return this.tcb.tuple.localPort;
  }

  get remoteAddress(): string {
    return formatAddress(this.tcb.tuple.remoteAddress);
  }

  get remotePort(): number {
    return this.tcb.tuple.remotePort;
  }

  /** Octets that wait to be received. */
  get readable(): Octets {
    const { state, reassembler } = this.tcb;
    // Text that came on a SYN is held until the connection is open. RFC 9293 §3.4.
    return state === 'SYN-SENT' || state === 'SYN-RECEIVED' ? 0 : reassembler.available;
  }

  /** Free room in the send buffer. */
  get writable(): Octets {
    return this.tcb.sendBuffer.free;
  }

  /** Octets sent or queued that are not acknowledged yet. */
  get unacknowledged(): Octets {
    return this.tcb.sendBuffer.length;
  }

  /** The timer that will fire first; null = none is set. */
  get timer(): RunningTimer | null {
    const { timers, recovery } = this.tcb;
    const at = timers.next();
    const name = TIMER_NAMES.find((one) => timers.deadline(one) === at);
    if (name === undefined || at === Infinity) return null;
    const retransmissions = recovery.queue.length > 0 ? recovery.queue.at(0).transmissions - 1 : 0;
    return { name, at, retransmissions };
  }

  /** The peer's FIN came and everything before it has been received by the user. */
  get ended(): boolean {
    return this.tcb.finReceived && this.tcb.reassembler.available === 0;
  }

  /**
   * SEND: queue bytes[from, to).
   *
   * @returns octets accepted; 0 = the buffer is full (wait for WRITABLE), or the connection has an `error`
   * @throws MisuseError after CLOSE, or where no connection is
   * @rfc 9293 3.10.2
   */
  send(now: Micros, bytes: Uint8Array, from = 0, to = bytes.length): Octets {
    if (this.tcb.error !== null) return 0;
    const taken = this.#queue(now, bytes, from, to);
    this.#told(now, 'SEND', `${taken}`);
    this.#owner.settle(now, this);
    return taken;
  }

  /**
   * RECEIVE: move octets in order to into[from, to).
   *
   * @returns octets moved; 0 = nothing now: `ended` and `error` tell whether more may come
   * @rfc 9293 3.10.3
   */
  receive(now: Micros, into: Uint8Array, from = 0, to = into.length): Octets {
    const { tcb } = this;
    if (this.readable === 0 || tcb.parts.connection.receive(now, tcb) !== null) return 0;
    const length = tcb.reassembler.read(into, from, to);
    const narrow = isNarrow(tcb);
    // A peer that has most of the window before it learns of the rest by the next ACK.
    if (openWindow(tcb) && narrow && !tcb.finReceived) tcb.ackNow = true;
    this.#told(now, 'RECEIVE', `${length}`);
    this.#owner.settle(now, this);
    return length;
  }

  /**
   * CLOSE: nothing more will be sent; receiving goes on. What was queued still goes out first.
   *
   * @throws MisuseError when it was closed already, or where no connection is
   * @rfc 9293 3.10.4
   */
  close(now: Micros): void {
    const { tcb } = this;
    if (tcb.error !== null) return;
    begin(now, tcb, 'close', '3.10.4');
    const refused = tcb.parts.connection.close(now, tcb);
    this.#refuse('CLOSE', refused);
    this.#told(now, 'CLOSE', 'ok');
    this.#owner.settle(now, this);
  }

  /**
   * The application is gone, as after close(2): CLOSE, and nothing will be received either. Octets that were not read,
   * and any that still come, are answered with a reset, so that the peer does not take them for delivered.
   *
   * @rfc 1122 4.2.2.13; 9293 3.6.1 SHLD-3, MAY-1
   */
  release(now: Micros): void {
    this.released = true;
    if (this.tcb.reassembler.available > 0) return this.abort(now);
    if (this.tcb.parts.connection.send(now, this.tcb) === null) return this.close(now);
    this.#owner.settle(now, this);
  }

  /** ABORT: the peer is told by a reset. @rfc 9293 3.10.5 */
  abort(now: Micros): void {
    begin(now, this.tcb, 'abort', '3.10.5');
    this.tcb.parts.connection.abort(now, this.tcb);
    this.#told(now, 'ABORT', 'ok');
    this.#owner.settle(now, this);
  }

  /**
   * Ask a silent peer whether it is there, with whatever is given in place of the settings' numbers; null = ask no more.
   * When nobody answers, the connection ends with ETIMEDOUT.
   *
   * @throws MisuseError `bad-timeout` for a number that is not positive
   * @rfc 9293 3.8.4 MUST-24, MUST-27
   */
  setKeepAlive(now: Micros, how: Partial<KeepAlive> | null): void {
    for (const value of Object.values(how ?? {})) positive(value);
    const { tcb } = this;
    keepAlive(now, tcb, how === null ? null : { ...keepAliveOf(tcb.settings), ...tcb.keepAlive, ...how });
    this.#owner.settle(now, this);
  }

  /**
   * How long data may wait for its acknowledgement before the connection ends with ETIMEDOUT. Infinity = for ever; 0 = as
   * the settings' limits on retransmission have it.
   *
   * @throws MisuseError `bad-timeout` when it is negative
   * @rfc 9293 3.8.3 MUST-21
   */
  setUserTimeout(now: Micros, timeout: Micros): void {
    if (timeout !== 0) positive(timeout);
    setUserTimeout(now, this.tcb, timeout);
    this.#owner.settle(now, this);
  }

  /**
   * Tell the peer how long we wait, by the user timeout option, and from now on heed what it tells.
   *
   * @throws MisuseError `bad-timeout` when it is not positive and finite
   * @rfc 5482 3.1
   */
  advertiseUserTimeout(now: Micros, timeout: Micros): void {
    positive(timeout === Infinity ? 0 : timeout);
    advertiseUserTimeout(this.tcb, timeout);
    this.#owner.settle(now, this);
  }

  /**
   * Choose what packets ask of IP from here on; what is left out stays as it is.
   *
   * @throws MisuseError `bad-diffserv` or `bad-hop-limit` where a number is out of its range
   * @rfc 9293 3.9.1.9 MUST-48, SHLD-21, 3.9.2 MUST-49
   */
  setService(service: Partial<IpService>): void {
    const { diffserv = this.tcb.diffserv, hopLimit = this.tcb.hopLimit } = service;
    checkService({ diffserv, hopLimit });
    this.tcb.diffserv = diffserv;
    this.tcb.hopLimit = hopLimit;
  }

  /** Octets that are yet to be received until urgent data ends; 0 = none is known. @rfc 9293 3.8.5 MUST-33 */
  get urgent(): Octets {
    return urgentLeft(this.tcb);
  }

  /** SEND with the urgent flag: what waits, these octets included, is urgent. @see send @rfc 9293 3.10.2, 3.8.5 */
  sendUrgent(now: Micros, bytes: Uint8Array): Octets {
    if (this.tcb.error !== null) return 0;
    const taken = this.#queue(now, bytes, 0, bytes.length);
    if (taken > 0) markUrgent(this.tcb);
    this.#told(now, 'SEND', `${taken}, urgent`);
    this.#owner.settle(now, this);
    return taken;
  }

  /**
   * Look at octets that wait to be received, and leave them.
   *
   * @param offset how many to pass over
   * @returns octets copied to the begin of `into`
   * @throws MisuseError `cannot-peek` when the reassembler is one that cannot
   */
  peek(into: Uint8Array, offset = 0): Octets {
    const { reassembler } = this.tcb;
    if (this.readable <= offset) return 0;
    if (reassembler.peek === undefined) throw new MisuseError('cannot-peek', 'this reassembler cannot peek');
    return reassembler.peek(offset, into, 0, into.length);
  }

  /** Change settings for this connection alone. Those that a handshake settles are settled. */
  configure(now: Micros, changed: Partial<Settings>): void {
    const { tcb } = this;
    tcb.settings = { ...tcb.settings, ...changed };
    if (changed.sendBuffer !== undefined) tcb.sendBuffer.capacity = changed.sendBuffer;
    if (changed.receiveBuffer !== undefined) openWindow(tcb);
    if (changed.maxSegmentSize !== undefined && changed.maxSegmentSize > 0)
      tcb.snd.mss = Math.min(tcb.snd.mss, changed.maxSegmentSize);
    this.#owner.settle(now, this);
  }

  /** STATUS. @rfc 9293 3.10.6 */
  snapshot(): TcbSnapshot {
    return { ...snapshot(this.tcb), state: this.state };
  }

  #queue(now: Micros, bytes: Uint8Array, from: number, to: number): Octets {
    const { tcb } = this;
    this.#refuse('SEND', tcb.parts.connection.send(now, tcb));
    const waited = isWaiting(tcb);
    const taken = tcb.sendBuffer.append(bytes, from, to);
    waitBegins(now, tcb, waited);
    if (taken < to - from) this.seen |= Seen.FULL;
    return taken;
  }

  #refuse(call: string, error: CallError | null): void {
    if (error !== null)
      throw new MisuseError(error, `${call} in ${this.state}: ${error.replaceAll('-', ' ')}`);
  }

  #told(now: Micros, call: AppCall['call'], result: string): void {
    this.tcb.trace?.push({ name: 'app_call', time: now, connection: this.id, call, result });
  }
}

function positive(value: number): void {
  if (!(value > 0)) throw new MisuseError('bad-timeout', `${value} is not a positive number`);
}

/** From here on, changes of state are recorded under this step. */
export function begin(now: Micros, tcb: Tcb, trigger: string, rfc: string): void {
  tcb.stepTime = now;
  tcb.step = { trigger, rfc };
}

const SENTENCES: Record<ConnectionErrorCode, string> = {
  ECONNREFUSED: 'the peer answered the SYN with a reset: nothing listens there',
  ECONNRESET: 'the peer reset the connection',
  ETIMEDOUT: 'the peer did not answer in time',
  ECONNABORTED: 'the connection was aborted on this side',
  EHOSTUNREACH: 'no host answers at that address',
  ENETUNREACH: 'a router knows no way to that network',
  EHOSTDOWN: 'a router does not know that host',
  ENONET: 'a router says that the host is cut off',
  EACCES: 'a router is not allowed to let this pass',
  ENOPROTOOPT: 'the host speaks no TCP',
  EOPNOTSUPP: 'the route that the sender asked for does not work',
  EPROTO: 'a router or the host could not read the IP header',
  EMSGSIZE: 'a packet was too large for the path',
};
