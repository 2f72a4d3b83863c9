/** Two stacks, a bad wire and two programs that do as a plan says: the same plan gives the same frames. */
import {
  type CodecPart,
  type Connection,
  Events,
  type Listener,
  type PartialParts,
  type Seq,
  type Settings,
  type Stack,
  createStack,
} from '../src/index.ts';
import { type FrameEndpoint, type ImpairmentSpec, createNetwork, createRandom } from '../src/sim/index.ts';
import { referenceParts } from '../src/tcb/reference.ts';
import { Segment, parseSegment, seqDistance } from '../src/wire/index.ts';
import { Watch } from './invariants.ts';

/** What one end does. Times in µs, sizes in octets. */
export interface EndPlan {
  readonly iss: number;
  /** The segment size that the peer is told. */
  readonly mss: number;
  readonly settings: Partial<Settings>;
  readonly impairment: ImpairmentSpec;
  /** How long frames gather before they are taken all at once, as from a ring; 0 = each is taken as it comes. */
  readonly gather: number;
  /** Octets to send, and how many a call. */
  readonly total: number;
  readonly chunk: number;
  /** Octets a read, and the pause after it; without a pause it reads when an event says so. */
  readonly read: number;
  readonly pause: number;
  /** `close` after the last octet; `wait` for the peer’s FIN before; `abort` or `release` at `at`, whatever is left. */
  readonly end: 'close' | 'wait' | 'abort' | 'release';
  readonly at: number;
}

export interface WorldPlan {
  readonly seed: number;
  /** Both ends open at once. */
  readonly crossing: boolean;
  readonly ends: readonly [EndPlan, EndPlan];
}

export interface WorldOutcome {
  /** What went wrong; empty = nothing. */
  readonly broken: readonly string[];
  /** A number that every frame, its time and its order have a part in. */
  readonly fingerprint: number;
  readonly frames: number;
  readonly ended: string;
}

/** A program whose peer was to leave at any moment, and may have left in silence, leaves as late as this. */
const PATIENCE = 10_000_000_000;
const LIMIT = 20_000_000_000;

/** Let the plan happen. */
export function runWorld(plan: WorldPlan): WorldOutcome {
  const broken: string[] = [];
  let fingerprint = 0;
  let frames = 0;
  const wires = [new Wire(), new Wire()];
  const network = createNetwork({
    seed: plan.seed,
    latency: 1000,
    tap: {
      frame(host, _index, now, direction, bytes, start, end) {
        fingerprint = Math.imul(fingerprint ^ now ^ host, 0x9e3779b1) >>> 0;
        for (let i = start; i < end; i++) fingerprint = Math.imul(fingerprint ^ bytes[i], 0x01000193) >>> 0;
        if (direction === 'in') return;
        frames++;
        const program = programs[host - 1];
        if (program.connection === null) return;
        wires[host - 1].sent(program.connection, bytes, start, end, wires[2 - host], broken);
      },
    },
  });
  const programs = plan.ends.map(
    (end, i) => new Program(end, plan.crossing, i, isOrderly(plan) ? Infinity : PATIENCE),
  );
  for (const program of programs) {
    const { stack, plan: end } = program;
    const endpoint = end.gather > 0 ? new Gathering(stack, end.gather) : stack;
    network.add({ stack: endpoint, application: program, impairment: end.impairment });
  }
  const finish = network.run({
    limit: LIMIT,
    steps: 2_000_000,
    until() {
      for (const program of programs) program.look(broken);
      return broken.length > 0;
    },
  });
  if (broken.length === 0) judge(plan, programs, finish.ended, broken);
  return { broken, fingerprint, frames, ended: `${finish.ended} at ${network.now}` };
}

function judge(plan: WorldPlan, programs: readonly Program[], ended: string, broken: string[]): void {
  if (ended !== 'quiet') broken.push(`the network never rests: ${ended}`);
  const orderly = isOrderly(plan);
  for (const [i, program] of programs.entries()) {
    const { connection } = program;
    if (connection === null) {
      if (orderly) broken.push(`end ${i} was never opened`);
      continue;
    }
    if (connection.state !== 'CLOSED') broken.push(`end ${i} hangs in ${connection.state}`);
    if (!orderly) continue;
    const expected = programs[1 - i].plan.total;
    if (connection.error !== null) broken.push(`end ${i} failed: ${connection.error.code}`);
    if (program.received !== expected) broken.push(`end ${i} has ${program.received} of ${expected} octets`);
  }
}

/** Whether both ends close after their last octet. */
function isOrderly({ ends }: WorldPlan): boolean {
  return ends.every(({ end }) => end === 'close' || end === 'wait');
}

/** A stack that is given frames in batches, and asked for its own only after each. */
class Gathering implements FrameEndpoint {
  readonly #stack: Stack;
  readonly #time: number;
  readonly #frames: Uint8Array[] = [];
  #due = Infinity;

  constructor(stack: Stack, time: number) {
    this.#stack = stack;
    this.#time = time;
  }

  get maxFrame(): number {
    return this.#stack.maxFrame;
  }

  onFrame(now: number, bytes: Uint8Array, start: number, end: number): void {
    this.#frames.push(bytes.slice(start, end));
    this.#due = Math.min(this.#due, now + this.#time);
  }

  pollTransmit(now: number, into: Uint8Array, start: number): number {
    return this.#stack.pollTransmit(now, into, start);
  }

  pollTimeout(): number {
    return Math.min(this.#due, this.#stack.pollTimeout());
  }

  onTimeout(now: number): void {
    if (this.#due <= now) {
      this.#due = Infinity;
      for (const frame of this.#frames.splice(0)) this.#stack.onFrame(now, frame, 0, frame.length);
    }
    this.#stack.onTimeout(now);
  }
}

/** The program of one end. */
class Program {
  readonly plan: EndPlan;
  readonly stack: Stack;
  connection: Connection | null = null;
  received = 0;
  readonly #number: number;
  readonly #crossing: boolean;
  readonly #patience: number;
  readonly #into: Uint8Array;
  readonly #from: Uint8Array;
  #listener: Listener | null = null;
  #watch: Watch | null = null;
  #sent = 0;
  #readable = true;
  #writable = true;
  #nextRead = 0;
  #finished = false;
  #closed = false;
  #gone = false;
  #wrong: string | null = null;

  constructor(plan: EndPlan, crossing: boolean, number: number, patience: number) {
    this.plan = plan;
    this.#number = number;
    this.#crossing = crossing;
    this.#patience = patience;
    this.#into = new Uint8Array(plan.read);
    this.#from = new Uint8Array(plan.chunk);
    this.stack = createStack({
      mac: `02:00:00:00:00:0${number + 1}`,
      address: `10.0.0.${number + 1}`,
      prefixLength: 24,
      random: createRandom(plan.iss, number),
      isnSecret: new Uint8Array(16),
      settings: plan.settings,
      parts: partsOf(plan),
    });
  }

  step(now: number): number {
    this.#open(now);
    for (const { target, bits } of this.stack.takeEvents()) {
      if (target !== this.connection) continue;
      if ((bits & Events.READABLE) !== 0) this.#readable = true;
      if ((bits & (Events.WRITABLE | Events.CONNECTED)) !== 0) this.#writable = true;
      if ((bits & Events.PEER_FINISHED) !== 0) this.#finished = true;
      if ((bits & Events.CLOSED) !== 0) this.#gone = true;
    }
    const { connection, plan } = this;
    if (connection === null || connection.error !== null) return Infinity;
    this.#read(now, connection);
    if (!this.#gone) this.#act(now, connection);
    const waits = this.#readable && plan.pause > 0 ? Math.max(this.#nextRead, now + 1) : Infinity;
    const leaves = plan.end === 'abort' || plan.end === 'release' ? plan.at : this.#patience;
    return Math.min(waits, leaves > now && !this.#gone ? leaves : Infinity);
  }

  /** Add to `broken` what is wrong by now. */
  look(broken: string[]): void {
    if (this.#wrong !== null) broken.push(this.#wrong);
    if (this.#watch === null || this.connection === null) return;
    for (const what of this.#watch.check()) broken.push(`end ${this.#number}: ${what}`);
    if (this.connection.tcb.timers.next() < this.stack.pollTimeout()) broken.push('a timer is not scheduled');
  }

  #open(now: number): void {
    if (this.connection === null) {
      const to = { address: `10.0.0.${2 - this.#number}`, port: 80 };
      if (this.#crossing) this.connection = this.stack.open(now, { ...to, localPort: 80 });
      else if (this.#number === 0) this.connection = this.stack.open(now, to);
      else {
        this.#listener ??= this.stack.listen(now, { port: 80 });
        this.connection = this.#listener.accept();
      }
    }
    if (this.connection !== null) this.#watch ??= new Watch(this.connection.tcb);
  }

  #read(now: number, connection: Connection): void {
    while (this.#readable && now >= this.#nextRead) {
      const length = connection.receive(now, this.#into);
      for (let i = 0; i < length; i++) {
        if (this.#into[i] !== octet(1 - this.#number, this.received + i))
          this.#wrong = `end ${this.#number} was given a wrong octet`;
      }
      this.received += length;
      if (length === 0) this.#readable = false;
      else if (this.plan.pause > 0) this.#nextRead = now + this.plan.pause;
    }
  }

  #act(now: number, connection: Connection): void {
    const { plan } = this;
    if (plan.end === 'abort' && now >= plan.at) return connection.abort(now);
    if ((plan.end === 'release' && now >= plan.at) || now >= this.#patience) {
      if (!connection.released) connection.release(now);
      return;
    }
    while (this.#writable && !this.#closed && this.#sent < plan.total) {
      const length = Math.min(plan.chunk, plan.total - this.#sent);
      for (let i = 0; i < length; i++) this.#from[i] = octet(this.#number, this.#sent + i);
      const taken = connection.send(now, this.#from, 0, length);
      this.#sent += taken;
      if (taken < length) this.#writable = false;
    }
    // Before the connection is open, CLOSE would forget it.
    if (this.#closed || connection.state === 'SYN-SENT' || this.#sent < plan.total) return;
    if (plan.end === 'wait' && !this.#finished) return;
    this.#closed = true;
    connection.close(now);
  }
}

function octet(end: number, at: number): number {
  return (at * 31 + (at >> 8) * 7 + end * 101) & 0xff;
}

/** Our own codec where the segment size may be ours, so that packets are handled in one pass there. */
function partsOf({ iss, mss }: EndPlan): PartialParts {
  const isn = { initialSequence: () => (iss >>> 0) as Seq };
  if (mss === 1460) return { isn };
  const codec: CodecPart = {
    ...referenceParts.codec,
    parseSegment(bytes, start, end, into) {
      const bad = parseSegment(bytes, start, end, into);
      if (into.mss > 0) into.mss = mss;
      return bad;
    },
  };
  return { isn, codec };
}

const IP = 14;
const HEADERS = IP + 20;

/** What one end has offered on the wire. */
class Wire {
  readonly #segment = new Segment();
  #edge: number | null = null;

  /** The furthest octet that the peer may send, counted from its ISS; null = no window offered yet. */
  get edge(): number | null {
    return this.#edge;
  }

  sent(
    connection: Connection,
    bytes: Uint8Array,
    start: number,
    end: number,
    peer: Wire,
    broken: string[],
  ): void {
    if (bytes[start + 12] !== 0x08 || bytes[start + 13] !== 0) return;
    const segment = this.#segment;
    const length = (bytes[start + IP + 2] << 8) | bytes[start + IP + 3];
    if (end < start + HEADERS || parseSegment(bytes, start + HEADERS, start + IP + length, segment) !== null)
      return;
    const { tcb } = connection;
    if (segment.rst) return;
    const last = seqDistance(tcb.iss, segment.seq) + segment.len;
    // A probe may lie one octet beyond the window, and a FIN one more.
    if (peer.edge !== null && segment.len > 0 && !segment.syn && last > peer.edge + 2) {
      broken.push(`sends up to ${last}, beyond the window that ends at ${peer.edge}`);
    }
    if (!segment.hasAck) return;
    const unit = 1 << tcb.rcv.scale;
    const edge = seqDistance(tcb.irs, segment.ack) + (segment.syn ? segment.wnd : segment.wnd * unit);
    // Only a buffer that is promised away already lets the scale round the edge down.
    const full = tcb.reassembler.available + tcb.rcv.wnd + unit > (tcb.settings.receiveBuffer * 17) / 16;
    if (this.#edge !== null && !segment.syn && edge < this.#edge - (full ? unit - 1 : 0)) {
      broken.push(`the right edge goes back from ${this.#edge} to ${edge}`);
    }
    this.#edge = Math.max(this.#edge ?? 0, edge);
  }
}
