/** One host of the playground: the reference TCP, and a small program that accepts and reads. */
import { INBOUND, OUTBOUND, type CapturedPacket, type TraceRecord } from '@tcblab/capture';
import {
  createStack,
  MisuseError,
  SYN_COOKIES,
  type Connection,
  type Listener,
  type Micros,
  type Stack,
} from '@tcblab/tcp';
import { createRandom } from '@tcblab/tcp/sim';
import type { State, TraceEvent } from '@tcblab/tcp/trace';
import { packetOf, type Side } from './flight.ts';

/** Which segments of a host stay on the wire until a hand lets them go. */
export type Hold = 'nothing' | 'third-ack' | 'everything';

/** A change of state as the host told of it. */
export interface Edge {
  readonly old: State;
  readonly new: State;
  /** The step of RFC 9293 that made it, such as `check-ack`. */
  readonly trigger: string;
}

export interface HostOptions {
  readonly seed: number;
  /** The listener answers by cookies once its queue is full. */
  readonly cookies: boolean;
}

export class Host {
  readonly side: Side;
  readonly number: number;
  readonly stack: Stack;
  readonly frames: CapturedPacket[] = [];
  readonly records: TraceRecord[] = [];
  readonly connections: Connection[] = [];
  listener: Listener | null = null;
  hold: Hold = 'nothing';
  /** Whether the program takes what arrives. */
  reads = true;
  /** The newest of what was received, as text. */
  received = '';
  receivedOctets = 0;
  /** Why the last call was refused; null when it was not. */
  refusal: string | null = null;
  /** The newest change of state. */
  edge: Edge | null = null;
  readonly #buffer = new Uint8Array(65_536);

  constructor(side: Side, { seed, cookies }: HostOptions) {
    this.side = side;
    this.number = side + 1;
    const random = createRandom(seed, this.number);
    this.stack = createStack({
      mac: macOf(side),
      address: addressOf(side),
      prefixLength: 24,
      // Answers to addresses that nobody has go to the other host, which drops them.
      gateway: addressOf(side === 0 ? 1 : 0),
      random,
      isnSecret: Uint8Array.from({ length: 16 }, () => random() & 0xff),
      trace: true,
      settings: {
        msl: 30_000_000,
        synCookies: cookies ? SYN_COOKIES.whenFull : SYN_COOKIES.off,
        receiveBuffer: 65_535,
      },
    });
  }

  /** The connection that calls are about: the newest that lives; null = none does. */
  get current(): Connection | null {
    return this.connections.findLast(({ state }) => state !== 'CLOSED') ?? null;
  }

  /** How many of this host's listeners and connections are in each state. */
  states(): ReadonlyMap<State, number> {
    const counts = new Map<State, number>();
    for (const { state } of this.stack.connections()) counts.set(state, (counts.get(state) ?? 0) + 1);
    if (counts.size === 0) counts.set('CLOSED', 1);
    return counts;
  }

  /** A frame passes this host's end of the wire. @returns its index */
  tap(now: Micros, bytes: Uint8Array, direction: 'in' | 'out'): number {
    const frame = this.frames.length + 1;
    const flags = direction === 'in' ? INBOUND : OUTBOUND;
    this.frames.push(packetOf(bytes, now, this.number, frame, flags));
    return frame;
  }

  /** Keep what the stack told since the last time, as told of this frame. */
  collect(frame?: number): void {
    for (const event of this.stack.takeTrace()) {
      this.records.push({ host: this.number, ...(frame === undefined ? {} : { frame }), event });
      if (event.name === 'state_updated')
        this.edge = { old: event.old, new: event.new, trigger: event.trigger };
    }
  }

  /** Note what a hand did to a frame that this host sent. */
  note(now: Micros, frame: number, event: string, detail: string): void {
    const told: TraceEvent = { name: 'bench_event', time: now, connection: 0, event, detail };
    this.records.push({ host: this.number, frame, event: told });
  }

  listen(now: Micros, port: number, backlog: number): void {
    this.#call(() => {
      this.listener = this.stack.listen(now, { port, backlog });
      this.edge = { old: 'CLOSED', new: 'LISTEN', trigger: 'listen' };
    });
  }

  stopListening(now: Micros): void {
    this.listener?.close(now);
    this.listener = null;
  }

  /** @param localPort 0 = any */
  open(now: Micros, port: number, localPort: number): void {
    const address = addressOf(this.side === 0 ? 1 : 0);
    this.#call(() =>
      this.connections.push(
        this.stack.open(now, { address, port, ...(localPort === 0 ? {} : { localPort }) }),
      ),
    );
  }

  send(now: Micros, bytes: Uint8Array): void {
    this.#call(() => this.#connection().send(now, bytes));
  }

  close(now: Micros): void {
    this.#call(() => this.#connection().close(now));
  }

  abort(now: Micros): void {
    this.#call(() => this.#connection().abort(now));
  }

  /** The program's turn: accept what waits, read what came. */
  serve(now: Micros): void {
    this.stack.takeEvents();
    for (let one = this.listener?.accept() ?? null; one !== null; one = this.listener?.accept() ?? null)
      this.connections.push(one);
    if (!this.reads) return;
    for (const connection of this.connections) {
      while (connection.readable > 0) {
        const length = connection.receive(now, this.#buffer);
        if (length === 0) break;
        this.receivedOctets += length;
        this.received = (this.received + DECODER.decode(this.#buffer.subarray(0, length))).slice(-KEPT);
      }
    }
  }

  #connection(): Connection {
    const { current } = this;
    if (current === null) throw new MisuseError('connection-does-not-exist', 'there is no connection');
    return current;
  }

  #call(call: () => unknown): void {
    this.refusal = null;
    try {
      call();
    } catch (error) {
      if (!(error instanceof MisuseError)) throw error;
      this.refusal = error.message;
    }
  }
}

export function addressOf(side: Side): string {
  return `10.77.0.${side + 1}`;
}

export function macOf(side: Side): string {
  return `02:74:63:62:00:0${side + 1}`;
}

const DECODER = new TextDecoder();
/** Characters of received text that are shown. */
const KEPT = 400;
