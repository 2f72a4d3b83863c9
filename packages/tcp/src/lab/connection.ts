/**
 * A connection that is written in plain values, put into the place of ours. Before each call the TCB is copied into a
 * plain object; afterwards, what the call changed is carried out here: queues, timers and buffers are not its business.
 */
import type { Micros, Seq } from '../units.ts';
import { RST, SYN } from '../wire/segment.ts';
import type { Segment as Record } from '../wire/segment.ts';
import { seq } from '../wire/seq.ts';
import type { ConnectionPart, Outgoing as CoreOutgoing } from '../tcb/parts.ts';
import { established, takeSynOptions } from '../tcb/opening.ts';
import { insertText, take } from '../tcb/receive-window.ts';
import { challenge, noteDuplicate } from '../tcb/segment-arrives.ts';
import { sequence as plainSequence } from '../tcb/sequence.ts';
import type { Tcb as Core } from '../tcb/tcb.ts';
import { startTimeWait } from '../tcb/time-wait.ts';
import { controlSeq } from '../tcb/transmit.ts';
import { end } from '../tcb/user-calls.ts';
import type { Connection, ConnectionError, Outgoing, Segment, State, Tcb, Tcp } from './api.ts';

/** The functions that are given, as the core calls them. */
export function adaptConnection(given: Partial<Connection>): Partial<ConnectionPart> {
  const call = new Call();
  return { ...userCalls(given, call), ...opening(given, call), ...checks(given, call) };
}

function userCalls(given: Partial<Connection>, call: Call): Partial<ConnectionPart> {
  const adapted: Partial<ConnectionPart> = {};
  const { openActive, openPassive, close, finSent, abort, timeWaitTimeout } = given;
  if (openActive) adapted.openActive = (now, core) => call.on(now, core, null, openActive);
  if (openPassive) {
    adapted.openPassive = (now, core) => {
      core.passive = true;
      call.on(now, core, null, openPassive);
    };
  }
  if (close) adapted.close = (now, core) => call.on(now, core, null, close) ?? null;
  if (finSent) {
    adapted.finSent = (now, core) => {
      core.stepTime = now;
      core.step = { trigger: 'close', rfc: '3.10.4' };
      call.on(now, core, null, finSent);
    };
  }
  if (abort) adapted.abort = (now, core) => call.on(now, core, null, abort);
  if (timeWaitTimeout) adapted.timeWaitTimeout = (now, core) => call.on(now, core, null, timeWaitTimeout);
  return adapted;
}

function opening(given: Partial<Connection>, call: Call): Partial<ConnectionPart> {
  const adapted: Partial<ConnectionPart> = {};
  const { closedArrives, listenArrives, synSentArrives } = given;
  if (closedArrives) adapted.closedArrives = (segment) => call.nowhere(segment, closedArrives);
  if (listenArrives)
    adapted.listenArrives = (now, core, segment) => call.with(now, core, segment, listenArrives);
  if (synSentArrives) {
    adapted.synSentArrives = (now, core, segment) => {
      call.with(now, core, segment, synSentArrives);
      if (core.state !== 'ESTABLISHED') return;
      // The text of a SYN,ACK is in; its FIN may end the connection.
      segment.flags &= ~SYN;
      segment.seq = core.parts.sequence.add(segment.seq, 1);
      core.parts.connection.checkFin(now, core, segment);
    };
  }
  return adapted;
}

function checks(given: Partial<Connection>, call: Call): Partial<ConnectionPart> {
  const adapted: Partial<ConnectionPart> = {};
  const { isAcceptable, unacceptable, checkReset, checkSyn, ackOfSyn, ackOfFin, finArrives, repeatedFin } =
    given;
  if (isAcceptable) {
    adapted.isAcceptable = (core, segment) => call.with(core.stepTime, core, segment, isAcceptable);
  }
  if (unacceptable) {
    adapted.unacceptable = (now, core, segment) => {
      // Answers to what takes no numbers are few, or two ends that refuse each other's would go on for ever.
      call.sparing = segment.len === 0 || segment.syn;
      if (!segment.rst) noteDuplicate(core, segment);
      call.with(now, core, segment, unacceptable);
      call.sparing = false;
    };
  }
  if (checkReset) {
    adapted.checkReset = (now, core, segment) => {
      // A setting of the host's owner, and no matter of the lab. RFC 1337 §3.
      const ignored = core.state === 'TIME-WAIT' && core.settings.timeWaitIgnoresResets;
      if (ignored && segment.rst && segment.seq === core.rcv.nxt) return false;
      return call.with(now, core, segment, checkReset);
    };
  }
  if (checkSyn) adapted.checkSyn = (now, core, segment) => call.with(now, core, segment, checkSyn);
  if (ackOfSyn) adapted.ackOfSyn = (now, core, segment) => call.with(now, core, segment, ackOfSyn);
  if (ackOfFin) adapted.ackOfFin = (now, core) => call.on(now, core, null, ackOfFin);
  if (finArrives) {
    adapted.finArrives = (now, core) => {
      const at = core.rcv.nxt;
      call.on(now, core, null, finArrives);
      if (core.rcv.nxt !== at) core.finReceived = true;
    };
  }
  if (repeatedFin) adapted.repeatedFin = (now, core) => call.on(now, core, null, repeatedFin);
  return adapted;
}

/** What a call may write to; to the student some of it is read-only. */
interface PlainTcb extends Tcb {
  passive: boolean;
  iss: number;
  readonly snd: { una: number; nxt: number; wnd: number };
  readonly rcv: { nxt: number; wnd: number };
  queued: number;
  finSent: boolean;
}

/** One call into a student's code: what it sees, what it asks for, and what becomes of that. */
class Call {
  /** Answers to this segment are to be few. */
  sparing = false;
  readonly #tcp = this.#createTcp();
  /** Each connection has an object of its own, which its student may keep things beside. */
  readonly #plain = new WeakMap<Core, PlainTcb>();
  #now: Micros = 0;
  #core: Core | null = null;
  #tcb: PlainTcb = emptyTcb();
  #segment: Record | null = null;
  #sent: CoreOutgoing[] = [];
  #acknowledges = false;
  #challenges = false;
  #timeWait: Micros | null = null;
  #synTaken = false;

  /** Call `code` for a segment of a connection. */
  with<T>(now: Micros, core: Core, segment: Record, code: (tcb: Tcb, segment: Segment, tcp: Tcp) => T): T {
    return this.on(now, core, segment, (tcb, tcp) => code(tcb, plain(segment), tcp));
  }

  /** Call `code` on a connection. */
  on<T>(now: Micros, core: Core, segment: Record | null, code: (tcb: Tcb, tcp: Tcp) => T): T {
    this.#begin(now, core, segment);
    this.#copyIn(core);
    const result = code(this.#tcb, this.#tcp);
    this.#carryOut(now, core);
    return result;
  }

  /** Call `code` where there is no connection. */
  nowhere(segment: Record, code: Connection['closedArrives']): CoreOutgoing | null {
    this.#begin(0, null, segment);
    code(plain(segment), this.#tcp);
    return this.#sent[0] ?? null;
  }

  #begin(now: Micros, core: Core | null, segment: Record | null): void {
    this.#now = now;
    this.#core = core;
    this.#segment = segment;
    this.#sent = [];
    this.#acknowledges = false;
    this.#challenges = false;
    this.#timeWait = null;
    this.#synTaken = false;
  }

  #copyIn(core: Core): void {
    const tcb = this.#plain.get(core) ?? emptyTcb();
    this.#plain.set(core, tcb);
    this.#tcb = tcb;
    tcb.state = core.state;
    tcb.passive = core.passive;
    tcb.iss = core.iss;
    tcb.irs = core.irs;
    tcb.snd.una = core.snd.una;
    tcb.snd.nxt = core.snd.nxt;
    tcb.snd.wnd = core.snd.wnd;
    tcb.rcv.nxt = core.rcv.nxt;
    tcb.rcv.wnd = core.rcv.wnd;
    tcb.closing = core.closing;
    tcb.queued = core.sendBuffer.length;
    tcb.finSent = core.finSent;
    tcb.error = null;
  }

  #carryOut(now: Micros, core: Core): void {
    const tcb = this.#tcb;
    core.irs = seq(tcb.irs);
    core.closing = tcb.closing;
    const opens = core.state === 'CLOSED' || core.state === 'LISTEN' || core.state === 'SYN-SENT';
    this.#moveReceived(core, opens);
    if (opens && (tcb.state === 'SYN-RECEIVED' || tcb.state === 'ESTABLISHED')) this.#takeSyn(core);
    this.#moveSent(now, core, opens);
    this.#enter(core, tcb.state, tcb.error);
    core.output.push(...this.#sent);
    if (this.#acknowledges) core.ackNow = true;
    if (this.#challenges) challenge(now, core);
    if (this.#timeWait !== null) core.timers.set('time-wait', this.#timeWait);
  }

  #moveReceived(core: Core, opens: boolean): void {
    const { nxt } = this.#tcb.rcv;
    if (nxt === core.rcv.nxt) return;
    if (opens) core.rcv.nxt = seq(nxt);
    else take(core, core.parts.sequence.distance(core.rcv.nxt, seq(nxt)));
  }

  #moveSent(now: Micros, core: Core, opens: boolean): void {
    const { snd, parts } = core;
    const una = seq(this.#tcb.snd.una);
    const moved = parts.sequence.distance(snd.una, una);
    if (core.state !== 'SYN-SENT') {
      // A SYN is about to go: its numbers begin the sequence.
      if (opens) snd.una = una;
      snd.nxt = seq(this.#tcb.snd.nxt);
      return;
    }
    if (moved <= 0) return;
    parts.retransmission.acknowledged(now, core, una, moved);
    snd.una = una;
    established(now, core);
  }

  #enter(core: Core, state: State, error: ConnectionError | null): void {
    if (state === core.state) return;
    if (state === 'CLOSED') end(core, error);
    else if (state === 'LISTEN' && core.state !== 'CLOSED') end(core, null, 'LISTEN');
    else if (state === 'TIME-WAIT') {
      startTimeWait(this.#now, core);
      // It is the student's to set.
      core.timers.cancel('time-wait');
    } else core.state = state;
  }

  /** The window and the options of a SYN, once. */
  #takeSyn(core: Core): void {
    if (this.#synTaken || this.#segment === null) return;
    this.#synTaken = true;
    takeSynOptions(this.#now, core, this.#segment);
  }

  #takeText(): void {
    const core = this.#core;
    if (core === null || this.#segment === null) return;
    core.rcv.nxt = seq(this.#tcb.rcv.nxt);
    this.#takeSyn(core);
    insertText(core, 0, this.#segment, this.#segment.payloadStart);
    this.#tcb.rcv.nxt = core.rcv.nxt;
    this.#tcb.rcv.wnd = core.rcv.wnd;
  }

  #send({ seq: number, ack, syn, rst }: Outgoing): void {
    const core = this.#core;
    const at = seq(number);
    this.#sent.push({
      // A segment without numbers of its own stands where the peer's window still takes it.
      seq: core !== null && syn !== true && at === core.snd.nxt ? controlSeq(core) : at,
      ...(ack === undefined ? {} : { ack: seq(ack) }),
      flags: (syn === true ? SYN : 0) | (rst === true ? RST : 0),
    });
  }

  #createTcp(): Tcp {
    const sequence = () => this.#core?.parts.sequence ?? plainSequence;
    const now = () => this.#now;
    const msl = () => this.#core?.settings.msl ?? 0;
    return {
      get now() {
        return now();
      },
      get msl() {
        return msl();
      },
      add: (number, octets) => sequence().add(number as Seq, octets),
      less: (a, b) => sequence().less(a as Seq, b as Seq),
      lessOrEqual: (a, b) => sequence().lessOrEqual(a as Seq, b as Seq),
      inWindow: (number, left, size) => sequence().inWindow(number as Seq, left as Seq, size),
      send: (segment) => this.#send(segment),
      acknowledge: () => {
        if (this.sparing) this.#challenges = true;
        else this.#acknowledges = true;
      },
      challenge: () => {
        this.#challenges = true;
      },
      takeText: () => this.#takeText(),
      startTimeWaitTimer: (after) => {
        this.#timeWait = this.#now + after;
      },
    };
  }
}

function emptyTcb(): PlainTcb {
  const tcb: PlainTcb = {
    state: 'CLOSED',
    passive: false,
    iss: 0,
    irs: 0,
    snd: { una: 0, nxt: 0, wnd: 0 },
    rcv: { nxt: 0, wnd: 0 },
    closing: false,
    queued: 0,
    finSent: false,
    error: null,
  };
  // Told where it is written, so that the line is the student's.
  return new Proxy(tcb, {
    set(target, name, value) {
      if (name === 'state' && !STATES.includes(value))
        throw new RangeError(`'${String(value)}' is no state of RFC 9293: those are ${STATES.join(', ')}`);
      return Reflect.set(target, name, value);
    },
  });
}

const STATES: readonly State[] = [
  'CLOSED',
  'LISTEN',
  'SYN-SENT',
  'SYN-RECEIVED',
  'ESTABLISHED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'CLOSE-WAIT',
  'CLOSING',
  'LAST-ACK',
  'TIME-WAIT',
];

/** A segment as a student sees it: a copy, which may be kept. */
export function plain(segment: Record): Segment {
  const { hasAck, syn, fin, rst, psh, urg, len, wnd, payloadLength } = segment;
  return {
    seq: segment.seq,
    ack: segment.ack,
    len,
    wnd,
    hasAck,
    syn,
    fin,
    rst,
    psh,
    urg,
    textLength: payloadLength,
  };
}
