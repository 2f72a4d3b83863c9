/**
 * A lab host: a stack, its wire, and the loop that carries frames between them. It holds the clock and the alarms that
 * the stack does not have, works in batches, and never waits for anything.
 */
import { frameFlags } from '@tcblab/raw-socket';
import type { Connection, Listener, Micros, Octets, Stack } from '@tcblab/tcp';
import type { TraceEvent } from '@tcblab/tcp/trace';
import { formatAddress } from '@tcblab/tcp/wire';
import type { Alarm, Clock } from '../clock.ts';
import type { ImpairedDirection } from '../impair/impaired-direction.ts';
import { completeChecksum } from '../link/complete-checksum.ts';
import type { Link, ReceivedFrames } from '../link/link.ts';
import { Outbox } from '../link/outbox.ts';
import type { Tap } from '../tap/tap.ts';
import { TimeQueue } from '../time-queue.ts';
import { TcpCrash } from './blame-tcp.ts';
import { Departures, NOTHING_TO_TELL, type Departure } from './departure.ts';

export interface HostOptions {
  readonly clock: Clock;
  readonly link: Link;
  readonly stack: Stack;
  readonly tap?: Tap;
  /** What the wire does to the frames that we send, and to those that we receive. */
  readonly impairment?: { readonly out?: ImpairedDirection; readonly in?: ImpairedDirection };
  /**
   * The link is broken: the interface has gone down, or away. Frames are lost until it is back.
   * Without this the error is thrown into the event loop.
   */
  readonly onFault?: (error: unknown) => void;
  /**
   * Something threw: the stack, or what is ours (the tap, the bad wire, a watcher or program). The host does nothing
   * more: what the wire sees from then on is silence. Without this the error is thrown into the event loop, and the host
   * goes on.
   */
  readonly onCrash?: (error: unknown, whose: 'tcp' | 'ours') => void;
}

/** Work to be done whenever something may have happened: an application that drives the stack itself. */
export interface Program {
  /** @returns when to be called again even if nothing happens; Infinity for never */
  step(now: Micros): Micros;
}

export class Host {
  readonly clock: Clock;
  readonly stack: Stack;
  readonly link: Link;
  readonly tap: Tap | null;
  readonly #out: ImpairedDirection | null;
  readonly #in: ImpairedDirection | null;
  readonly #onFault: ((error: unknown) => void) | null;
  readonly #onCrash: NonNullable<HostOptions['onCrash']> | null;
  readonly #outbox: Outbox;
  readonly #held = new TimeQueue<HeldFrame>();
  readonly #watchers = new Map<Connection | Listener, (bits: number) => void>();
  readonly #programs = new Set<Program>();
  readonly #departures = new Departures();
  readonly #tracing: boolean;
  /** What `receive` gave last. */
  #batch: ReceivedFrames | null = null;
  /** When a program wants to be called again. */
  #programsDue: Micros = Infinity;
  /** The link takes nothing at the moment. */
  #blocked = false;
  #turning = false;
  #awake = false;
  #alarm: Alarm | null = null;
  #alarmTime: Micros = Infinity;
  #closed = false;
  #crashed = false;
  /** The stack has been called and has not returned: what is thrown now is its own. */
  #inTcp = false;

  constructor(options: HostOptions) {
    this.clock = options.clock;
    this.stack = options.stack;
    this.link = options.link;
    this.tap = options.tap ?? null;
    this.#out = options.impairment?.out ?? null;
    this.#in = options.impairment?.in ?? null;
    this.#onFault = options.onFault ?? null;
    this.#onCrash = options.onCrash ?? null;
    this.#outbox = new Outbox(options.link, options.stack.maxFrame);
    this.#tracing = this.tap?.wantsTrace ?? false;
    options.link.onReadable(() => this.#turn());
  }

  now(): Micros {
    return this.clock.now();
  }

  /** The stack's own, dotted. */
  get address(): string {
    return formatAddress(this.stack.ip.address);
  }

  /** Tell of the events of a connection or listener; null to stop. Called within a turn of the loop. */
  watch(target: Connection | Listener, watcher: ((bits: number) => void) | null): void {
    if (watcher === null) this.#watchers.delete(target);
    else this.#watchers.set(target, watcher);
  }

  /** Let a program take part until it is removed. */
  add(program: Program): void {
    this.#programs.add(program);
    this.wake();
  }

  remove(program: Program): void {
    this.#programs.delete(program);
  }

  /** Whoever calls the stack (OPEN, SEND, RECEIVE, CLOSE …) says so here: there may be segments to send. */
  wake(): void {
    if (this.#awake || this.#turning || this.#closed) return;
    this.#awake = true;
    this.clock.soon(() => {
      this.#awake = false;
      this.#turn();
    });
  }

  /** Stop at once: nothing more is sent or received. Finishes the capture. */
  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#alarm?.cancel();
      this.link.onReadable(null);
      this.link.onWritable(null);
      this.attempt(() => this.#drainTrace());
      this.link.close();
    }
    await this.tap?.close(this.link.statistics().dropped);
  }

  #turn(): void {
    if (this.#closed || this.#crashed || this.#turning) return;
    this.#turning = true;
    // An application's error is the application's. What is left to do here is done in the next turn.
    let more = true;
    try {
      this.attempt(() => {
        for (let round = 0; more && round <= ROUNDS; round++) more = this.#round();
        this.#setAlarm();
      });
    } finally {
      this.#turning = false;
      // Let others have the event loop.
      if (more && !this.#crashed) this.wake();
    }
  }

  /** Call the stack, or what calls it, outside of a turn: what is thrown ends the host as it does within one. */
  attempt(work: () => void): void {
    if (this.#crashed) return;
    try {
      work();
    } catch (error) {
      const whose = this.#inTcp || error instanceof TcpCrash ? 'tcp' : 'ours';
      this.#inTcp = false;
      const cause = error instanceof TcpCrash ? error.cause : error;
      if (this.#onCrash === null) throw cause;
      this.#crashed = true;
      this.#alarm?.cancel();
      this.link.onReadable(null);
      this.#onCrash(cause, whose);
    }
  }

  /** @returns whether there may be more to do at once */
  #round(): boolean {
    const { stack } = this;
    let now = this.clock.now();
    const frames = this.#receive();
    // What was told so far has nothing to do with these frames.
    if (frames > 0) this.#drainTrace();
    for (let i = 0; i < frames; i++) this.#arrive(now, i);
    this.#releaseHeld(now);
    this.#inTcp = true;
    if (stack.pollTimeout() <= now) stack.onTimeout(now);
    const events = stack.takeEvents();
    this.#inTcp = false;
    for (const { target, bits } of events) this.#watchers.get(target)?.(bits);
    if (this.#programs.size > 0) {
      now = this.clock.now();
      this.#programsDue = Infinity;
      for (const program of this.#programs) {
        this.#programsDue = Math.min(this.#programsDue, program.step(now));
      }
    }
    const sent = this.#transmit();
    return !this.#closed && (frames > 0 || events.length > 0 || sent);
  }

  #receive(): number {
    try {
      this.#batch = this.link.receive();
      return this.#batch.count;
    } catch (error) {
      this.#fault(error);
      return 0;
    }
  }

  #arrive(now: Micros, index: number): void {
    const frames = this.#batch;
    if (frames === null) return;
    const { bytes } = frames;
    const start = frames.offsets[index];
    const end = start + frames.lengths[index];
    this.tap?.received(frames, index);
    // The frame never saw a wire that could have hurt it: trust it, as the kernel does.
    if ((frames.flags[index] & frameFlags.checksumNotReady) !== 0) completeChecksum(bytes, start, end);
    const verdict = this.#in?.decide(bytes, start, end);
    if (verdict === undefined || verdict.note === '') {
      this.#deliver(now, bytes, start, end);
      this.tap?.end();
      return;
    }
    this.#tellImpairment(now, verdict.note);
    this.tap?.comment(`wire, behind this tap: ${verdict.note}`);
    for (let copy = 0; copy < verdict.copies; copy++) {
      if (verdict.delay === 0) this.#deliver(now, bytes, start, end);
      else this.#held.push(now + verdict.delay, { ...HELD_IN, bytes: bytes.slice(start, end) });
    }
    this.tap?.end();
  }

  /** Hand a frame to the stack, and tell what came of it while it is open in the tap. */
  #deliver(now: Micros, bytes: Uint8Array, start: number, end: number): void {
    this.#inTcp = true;
    this.stack.onFrame(now, bytes, start, end);
    this.#inTcp = false;
    this.#drainTrace();
  }

  /** @returns whether anything was sent */
  #transmit(): boolean {
    const { stack } = this;
    const outbox = this.#outbox;
    let any = false;
    for (let batch = 0; batch < BATCHES && !this.#blocked; batch++) {
      while (!outbox.full) {
        const now = this.clock.now();
        this.#inTcp = true;
        const length = stack.pollTransmit(now, outbox.bytes, outbox.at);
        this.#inTcp = false;
        if (length === 0) break;
        this.#depart(now, length);
      }
      if (outbox.empty) return any;
      any = true;
      this.#flush();
    }
    return any && !this.#blocked;
  }

  /** The stack has made the frame at the outbox's `at`. */
  #depart(now: Micros, length: Octets): void {
    const { bytes, at } = this.#outbox;
    let departure = NOTHING_TO_TELL;
    if (this.#tracing) {
      departure = this.#departures.match(this.#takeTrace(), bytes, at, length);
      this.tap?.explain(departure.others);
    }
    const verdict = this.#out?.decide(bytes, at, at + length);
    if (verdict === undefined || verdict.note === '') {
      this.#send(now, length, departure, '');
      return;
    }
    const { copies, delay, note } = verdict;
    this.#tellImpairment(now, note);
    const copy = { direction: 'out' as const, note };
    if (copies === 0) {
      this.tap?.explain(departure.records);
    } else if (delay === 0) {
      // The copy follows after whatever is due by now: it must not overtake.
      if (copies > 1)
        this.#held.push(now, { ...copy, bytes: bytes.slice(at, at + length), departure: NOTHING_TO_TELL });
      this.#send(now, length, departure, note);
    } else {
      // What the TCB did is told now; that a segment was sent, when it is.
      const sent = departure.records.filter((event) => event.name === 'segment_sent');
      this.tap?.explain(departure.records.filter((event) => event.name !== 'segment_sent'));
      const first = { ...departure, records: sent };
      for (let count = 0; count < copies; count++) {
        const told = count === 0 ? first : NOTHING_TO_TELL;
        this.#held.push(now + delay, { ...copy, bytes: bytes.slice(at, at + length), departure: told });
      }
    }
  }

  /** The frame at the outbox's `at` goes onto the wire. */
  #send(now: Micros, length: Octets, { records, notes }: Departure, note: string): void {
    const { tap } = this;
    if (tap !== null) {
      tap.sent(now, this.#outbox.bytes, this.#outbox.at, length);
      if (records.length > 0) tap.explain(records, notes);
      if (note !== '') tap.comment(`wire, before this tap: ${note}`);
      tap.end();
    }
    this.#outbox.commit(length);
  }

  #releaseHeld(now: Micros): void {
    while (this.#held.next <= now) {
      if (this.#blocked || (this.#outbox.full && !this.#flush())) return;
      const frame = this.#held.pop();
      if (frame === undefined) return;
      const { bytes } = frame;
      if (frame.direction === 'in') {
        this.#deliver(now, bytes, 0, bytes.length);
      } else {
        this.#outbox.bytes.set(bytes, this.#outbox.at);
        this.#send(now, bytes.length, frame.departure, frame.note);
      }
    }
  }

  #flush(): boolean {
    try {
      if (this.#outbox.flush()) return true;
      this.#blocked = true;
      this.link.onWritable(() => {
        this.#blocked = false;
        if (this.#flush()) this.#turn();
      });
    } catch (error) {
      this.#outbox.clear();
      this.#fault(error);
    }
    return false;
  }

  /** What the stack did of its own accord, or because an application called. */
  #drainTrace(): void {
    if (this.#tracing) this.tap?.explain(this.#takeTrace());
  }

  #takeTrace(): readonly TraceEvent[] {
    this.#inTcp = true;
    const events = this.stack.takeTrace();
    this.#inTcp = false;
    return events;
  }

  #tellImpairment(now: Micros, note: string): void {
    this.tap?.explain(
      [{ name: 'bench_event', time: now, connection: 0, event: 'impairment', detail: note }],
      [],
    );
  }

  #fault(error: unknown): void {
    if (this.#onFault === null) throw error;
    this.#onFault(error);
  }

  /**
   * Be woken for what is due next. An alarm that rings too early does no harm, so one is set anew only when something
   * is due sooner.
   */
  #setAlarm(): void {
    if (this.#closed || this.#crashed) return;
    this.#inTcp = true;
    let due = Math.min(this.stack.pollTimeout(), this.#programsDue);
    this.#inTcp = false;
    if (!this.#blocked) due = Math.min(due, this.#held.next);
    if (due >= this.#alarmTime) return;
    this.#alarm?.cancel();
    this.#alarmTime = due;
    this.#alarm = this.clock.at(due, () => {
      this.#alarm = null;
      this.#alarmTime = Infinity;
      this.#turn();
    });
  }
}

/** A frame that a bad wire keeps for a while. */
interface HeldFrame {
  readonly direction: 'in' | 'out';
  readonly bytes: Uint8Array;
  readonly departure: Departure;
  readonly note: string;
}

const HELD_IN = { direction: 'in', departure: NOTHING_TO_TELL, note: '' } as const;

/** Rounds of receive and send before the event loop goes on to other things. */
const ROUNDS = 16;
/** Batches sent before looking for acknowledgements. */
const BATCHES = 2;
