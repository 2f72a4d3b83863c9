// Two of our stacks on a virtual wire, each with a capture and a trace: the stories that sightings and ladders are made of.
import { createStack } from '@tcblab/tcp';
import type { Connection, Listener, Micros, Octets, Stack } from '@tcblab/tcp';
import { createNetwork, createRandom } from '@tcblab/tcp/sim';
import type { FrameEndpoint, ImpairmentSpec, WireEvent } from '@tcblab/tcp/sim';
import { INBOUND, OUTBOUND, PcapngWriter, readCapture } from '../src/index.ts';
import type { Capture, TraceRecord } from '../src/index.ts';
import { packet } from './frames.ts';

export interface Story {
  /** What each end sends before it closes. */
  readonly fromA?: Octets;
  readonly fromB?: Octets;
  /** What happens to what each host sends. */
  readonly impairA?: ImpairmentSpec;
  readonly impairB?: ImpairmentSpec;
  /** Who closes when: B when A has (the usual), both at once, or A aborts. */
  readonly close?: 'b-after-a' | 'both-at-once' | 'abort';
  /** Nobody listens. */
  readonly closed?: true;
  readonly seed?: number;
  /** How far B's clock is ahead of A's. */
  readonly offset?: Micros;
}

export interface Told {
  readonly captures: readonly [Capture, Capture];
  readonly files: readonly [Uint8Array, Uint8Array];
  readonly records: readonly TraceRecord[];
  /** What the wire did to which frame of which sender, from its own mouth. */
  readonly wire: readonly { readonly host: number; readonly frame: number; readonly event: WireEvent }[];
}

const START: Micros = 1_793_793_600_000_000;

/** A stack with a tap round it. */
class TappedStack implements FrameEndpoint {
  readonly stack: Stack;
  readonly maxFrame: Octets;
  readonly writer: PcapngWriter;
  readonly #number: number;
  readonly #offset: Micros;
  readonly #records: TraceRecord[];
  #frames = 0;

  constructor(number: number, offset: Micros, seed: number, records: TraceRecord[]) {
    this.#number = number;
    this.#offset = offset;
    this.#records = records;
    this.stack = createStack({
      mac: `02:00:00:00:00:0${number}`,
      address: `10.77.0.${number}`,
      prefixLength: 24,
      random: createRandom(seed, number),
      isnSecret: new Uint8Array(16).fill(number),
      trace: true,
    });
    this.maxFrame = this.stack.maxFrame;
    const name = number === 1 ? 'host-a' : 'host-b';
    this.writer = new PcapngWriter({
      interfaces: [{ host: number, name: `${name}:eth0`, ipv4: `10.77.0.${number}/24` }],
      names: [{ address: `10.77.0.${number}`, names: [name] }],
    });
  }

  onFrame(now: Micros, bytes: Uint8Array, start: number, end: number): void {
    this.#tell();
    this.#capture(now, bytes, start, end, INBOUND);
    this.stack.onFrame(now, bytes, start, end);
    this.#tell(this.#frames);
  }

  pollTransmit(now: Micros, into: Uint8Array, start: number): Octets {
    this.#tell();
    const length = this.stack.pollTransmit(now, into, start);
    if (length === 0) return 0;
    this.#capture(now, into, start, start + length, OUTBOUND);
    this.#tell(this.#frames);
    return length;
  }

  pollTimeout(): Micros {
    return this.stack.pollTimeout();
  }

  onTimeout(now: Micros): void {
    this.stack.onTimeout(now);
    this.#tell();
  }

  #capture(now: Micros, bytes: Uint8Array, start: number, end: number, flags: number): void {
    this.#frames++;
    const micros = now + this.#offset;
    this.writer.packet(
      packet(bytes, { micros, start, end, originalLength: end - start, flags, frame: this.#frames }),
    );
  }

  #tell(frame?: number): void {
    for (const event of this.stack.takeTrace()) {
      const told = { ...event, time: event.time + this.#offset };
      this.#records.push({ host: this.#number, ...(frame === undefined ? {} : { frame }), event: told });
    }
  }
}

/** Sends what it has to send, reads what comes, closes when it is to. */
class Program {
  connection: Connection | null = null;
  readonly #octets: Uint8Array;
  readonly #into = new Uint8Array(65_536);
  readonly #close: NonNullable<Story['close']>;
  readonly #first: boolean;
  #sent = 0;
  #closed = false;

  constructor(length: Octets, close: NonNullable<Story['close']>, first: boolean) {
    this.#octets = Uint8Array.from({ length }, (_, at) => at & 0xff);
    this.#close = close;
    this.#first = first;
  }

  step(now: Micros): Micros {
    const { connection } = this;
    if (connection === null || connection.state === 'CLOSED' || this.#closed) return Infinity;
    while (connection.receive(now, this.#into) > 0);
    if (connection.state === 'SYN-SENT' || connection.state === 'SYN-RECEIVED') return Infinity;
    this.#sent += connection.send(now, this.#octets, this.#sent, this.#octets.length);
    if (this.#sent < this.#octets.length) return Infinity;
    if (this.#close === 'both-at-once') {
      if (now < TOGETHER) return TOGETHER;
    } else if (!this.#first && !connection.ended) {
      return Infinity;
    }
    this.#closed = true;
    if (this.#first && this.#close === 'abort') connection.abort(now);
    else connection.close(now);
    return Infinity;
  }
}

const TOGETHER: Micros = START + 5_000_000;

/** Let it happen, until nothing will. */
export function tell(story: Story = {}): Told {
  const records: TraceRecord[] = [];
  const seed = story.seed ?? 7;
  const hosts = [1, 2].map(
    (number) => new TappedStack(number, number === 2 ? (story.offset ?? 0) : 0, seed, records),
  );
  const [a, b] = hosts;
  const close = story.close ?? 'b-after-a';
  const programA = new Program(story.fromA ?? 0, close, true);
  const programB = new Program(story.fromB ?? 0, close, false);
  let listener: Listener | null = null;
  const wire: { host: number; frame: number; event: WireEvent }[] = [];
  const network = createNetwork({
    seed,
    latency: 500,
    start: START,
    tap: {
      frame() {},
      wire: (host, frame, _, event) => wire.push({ host, frame, event }),
    },
  });
  const impair = (impairment?: ImpairmentSpec) => (impairment === undefined ? {} : { impairment });
  network.add({ stack: a, application: programA, ...impair(story.impairA) });
  network.add({
    stack: b,
    application: {
      step(now) {
        programB.connection ??= listener?.accept() ?? null;
        return programB.step(now);
      },
    },
    ...impair(story.impairB),
  });
  if (story.closed === undefined) listener = b.stack.listen(START, { port: 80 });
  programA.connection = a.stack.open(START, { address: '10.77.0.2', port: 80, localPort: 40_000 });
  network.touch(1);
  const end = network.run({ limit: START + 900_000_000, steps: 1_000_000 });
  if (end.ended !== 'quiet') throw new Error(`the story does not end: ${end.reason}`);
  const files = hosts.map(({ writer }) => writer.take()) as [Uint8Array, Uint8Array];
  const captures = files.map(readCapture) as [Capture, Capture];
  return { files, captures, records, wire };
}
