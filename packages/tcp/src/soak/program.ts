/** The program of one end of a random world: it opens, sends, reads and closes as its plan says. */
import type { Connection } from '../stack/connection.ts';
import { Events } from '../stack/events.ts';
import type { Listener } from '../stack/listener.ts';
import { type Stack, createStack } from '../stack/stack.ts';
import { createRandom } from '../sim/index.ts';
import type { CodecPart, PartialParts } from '../tcb/parts.ts';
import { referenceParts } from '../tcb/reference.ts';
import type { Seq } from '../units.ts';
import { parseSegment } from '../wire/tcp.ts';
import { Watch } from './invariants.ts';
import type { EndPlan } from './plan.ts';

export interface ProgramOptions {
  readonly parts: PartialParts;
  readonly crossing: boolean;
  readonly ipv6: boolean;
  /** 0 or 1. */
  readonly number: number;
  /** When it leaves, whatever is left. */
  readonly patience: number;
}

export class Program {
  readonly plan: EndPlan;
  readonly stack: Stack;
  connection: Connection | null = null;
  received = 0;
  readonly #number: number;
  readonly #crossing: boolean;
  readonly #peer: string;
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

  constructor(plan: EndPlan, { parts, crossing, ipv6, number, patience }: ProgramOptions) {
    this.plan = plan;
    this.#number = number;
    this.#crossing = crossing;
    this.#peer = ipv6 ? `fd00::${2 - number}` : `10.0.0.${2 - number}`;
    this.#patience = patience;
    this.#into = new Uint8Array(plan.read);
    this.#from = new Uint8Array(plan.chunk);
    this.stack = createStack({
      mac: `02:00:00:00:00:0${number + 1}`,
      address: `10.0.0.${number + 1}`,
      prefixLength: 24,
      ...(ipv6 ? { ipv6: { address: `fd00::${number + 1}`, prefixLength: 64 } } : {}),
      random: createRandom(plan.iss, number),
      isnSecret: new Uint8Array(16),
      settings: plan.settings,
      parts: { ...parts, ...partsOf(plan) },
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
    const { tcb, parked } = this.connection;
    if (!parked && tcb.timers.next() < this.stack.pollTimeout()) broken.push('a timer is not scheduled');
  }

  #open(now: number): void {
    if (this.connection === null) {
      const to = { address: this.#peer, port: 80 };
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
