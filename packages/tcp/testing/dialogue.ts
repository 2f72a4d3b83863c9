/**
 * One stack, and a peer that a test plays by hand: segments in the manner of a packetdrill script, with times.
 * Numbers are relative to each side's initial sequence number; the peer's is 1,000,000 unless a test says otherwise.
 */
import { assert, expect } from 'vitest';
import {
  createIpStack,
  type Connection,
  type Listener,
  type PartialParts,
  type Settings,
} from '../src/index.ts';
import type { IpStack } from '../src/stack/ip-stack.ts';
import type { State } from '../src/trace/event.ts';
import {
  Ipv4Header,
  Segment,
  formatFlagLetters,
  parseIpv4,
  parseSegment,
  seq,
  seqAdd,
  seqDistance,
  type SackBlock,
} from '../src/wire/index.ts';
import { packetOf } from './packet.ts';

const LETTERS: Record<string, number> = { F: 1, S: 2, R: 4, P: 8, '.': 16, U: 32, '-': 0 };
const OURS = '10.0.0.1';
const PEERS = '10.0.0.2';
const PORT = 80;
const PEER_PORT = 5000;

export interface DialogueOptions {
  readonly settings?: Partial<Settings>;
  readonly parts?: PartialParts;
  readonly peerIss?: number;
  readonly mtu?: number;
}

export class Dialogue {
  now = 1_000_000;
  readonly stack: IpStack;
  /** The connection under test, once there is one. */
  connection: Connection | null = null;
  listener: Listener | null = null;
  readonly peerIss: number;
  /** Our ISS, learned from our first SYN. */
  iss: number | null = null;
  /** Our first TSval: ours count from it, and so do the peer's echoes of them. */
  tsBase: number | null = null;
  peerAddress = PEERS;
  peerPort = PEER_PORT;
  ourPort = PORT;
  readonly #story: string[] = [];

  constructor(options: DialogueOptions = {}) {
    this.peerIss = options.peerIss ?? 1_000_000;
    let random = 12_345;
    this.stack = createIpStack({
      address: OURS,
      random: () => (random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0),
      isnSecret: new Uint8Array(16).fill(7),
      trace: true,
      ...(options.settings ? { settings: options.settings } : {}),
      ...(options.parts ? { parts: options.parts } : {}),
      ...(options.mtu ? { mtu: options.mtu } : {}),
    });
  }

  listen(backlog?: number): this {
    this.listener = this.stack.listen(this.now, {
      port: PORT,
      ...(backlog === undefined ? {} : { backlog }),
    });
    return this;
  }

  /** Active OPEN to the peer's port 5000. */
  open(): this {
    this.connection = this.stack.open(this.now, { address: this.peerAddress, port: this.peerPort });
    this.ourPort = this.connection.localPort;
    return this;
  }

  /** A server's connection in ESTABLISHED; the peer offers `win` and the given SYN options. */
  established(win = 65_535, options = 'mss 1460'): this {
    this.listen();
    this.peer(`S 0:0(0) win ${win} <${options}>`);
    this.says('S. 0:0(0) ack 1');
    this.peer(`. 1:1(0) ack 1 win ${win}`);
    this.silent();
    this.accept();
    return this;
  }

  accept(): Connection {
    const connection = this.listener?.accept() ?? null;
    assert(connection !== null, `nothing waits for accept()\n${this.story()}`);
    this.connection = connection;
    return connection;
  }

  /** The connection under test; there must be one. */
  get it(): Connection {
    if (this.connection === null) throw new Error('no connection yet');
    return this.connection;
  }

  state(expected: State): this {
    expect(this.it.state, this.story()).toBe(expected);
    return this;
  }

  send(text: string | number): this {
    const bytes = typeof text === 'number' ? pattern(text) : Uint8Array.from(text, (c) => c.charCodeAt(0));
    expect(this.it.send(this.now, bytes), this.story()).toBe(bytes.length);
    return this;
  }

  receive(most = 65_536): string {
    const into = new Uint8Array(most);
    const length = this.it.receive(this.now, into);
    return String.fromCharCode(...into.subarray(0, length));
  }

  /** The peer sends, such as `P. 1:11(10) ack 1 win 1000 <TS val 5 ecr 0>`; the payload is a pattern by position, or 'text'. */
  peer(text: string): this {
    this.#story.push(`${this.#time()} < ${text}`);
    const bytes = packetOf(this.peerAddress, OURS, this.#parse(text));
    this.stack.onPacket(this.now, bytes, 0, bytes.length);
    // The core keeps no view of what it was given: spoil it.
    bytes.fill(0xdd);
    return this;
  }

  /** We send exactly this next; a `win` or options that are not named are not checked. */
  says(...lines: string[]): this {
    for (const line of lines) {
      const heard = this.hear();
      expect(heard === null ? 'nothing' : onlyWhat(line, heard), this.story()).toBe(line);
    }
    return this;
  }

  /** We send nothing now. */
  silent(): this {
    expect(this.hear() ?? 'nothing', this.story()).toBe('nothing');
    return this;
  }

  /** The next segment we send, in full; null = none. */
  hear(): string | null {
    const out = new Uint8Array(10_000);
    const length = this.stack.pollTransmit(this.now, out, 0);
    if (length === 0) return null;
    const ip = new Ipv4Header();
    expect(parseIpv4(out, 0, length, ip)).toBeNull();
    const segment = new Segment();
    expect(parseSegment(out, ip.payloadStart, ip.payloadEnd, segment)).toBeNull();
    const text = this.#print(segment);
    this.#story.push(`${this.#time()} > ${text}`);
    return text;
  }

  /** Everything we have to send now. */
  hearAll(): string[] {
    const all: string[] = [];
    for (let next = this.hear(); next !== null; next = this.hear()) all.push(next);
    return all;
  }

  /** Time passes, timer by timer; nothing may be sent meanwhile. */
  quietFor(micros: number): this {
    const end = this.now + micros;
    for (let at = this.stack.pollTimeout(); at <= end; at = this.stack.pollTimeout()) {
      this.now = at;
      this.stack.onTimeout(at);
      this.silent();
    }
    this.now = end;
    return this;
  }

  /** Time passes to its end; what is sent meanwhile waits to be heard. */
  pass(micros: number): this {
    this.now += micros;
    this.stack.onTimeout(this.now);
    return this;
  }

  story(): string {
    return `\n${this.#story.join('\n')}\n`;
  }

  #time(): string {
    return `${((this.now - 1_000_000) / 1e6).toFixed(6)}`;
  }

  #print(segment: Segment): string {
    if (this.iss === null && (segment.flags & 2) !== 0) this.iss = segment.seq;
    const relative = seqDistance(seq(this.iss ?? 0), segment.seq);
    const { payloadLength } = segment;
    let text = `${formatFlagLetters(segment.flags)} ${relative}:${relative + payloadLength}(${payloadLength})`;
    if (segment.hasAck) text += ` ack ${seqDistance(seq(this.peerIss), segment.ack)}`;
    text += ` win ${segment.wnd}`;
    const options: string[] = [];
    if (segment.mss > 0) options.push(`mss ${segment.mss}`);
    if (segment.sackPermitted) options.push('sackOK');
    if (segment.sack.length > 0) {
      const from = seq(this.peerIss);
      const blocks = segment.sack.map(
        ({ left, right }) => `${seqDistance(from, left)}:${seqDistance(from, right)}`,
      );
      options.push(`sack ${blocks.join(' ')}`);
    }
    if (segment.timestamps) {
      this.tsBase ??= segment.tsVal;
      options.push(`TS val ${seqDistance(seq(this.tsBase), seq(segment.tsVal))} ecr ${segment.tsEcr}`);
    }
    if (segment.windowScale >= 0) options.push(`wscale ${segment.windowScale}`);
    if (segment.userTimeout >= 0) options.push(`uto ${segment.userTimeout}`);
    return options.length > 0 ? `${text} <${options.join(',')}>` : text;
  }

  #blocks(option: string): SackBlock[] {
    const iss = seq(this.iss ?? 0);
    return option
      .split(' ')
      .slice(1)
      .map((block) => {
        const [left, right] = block.split(':');
        return { left: seqAdd(iss, Number(left)), right: seqAdd(iss, Number(right)) };
      });
  }

  #parse(text: string): Segment {
    const found =
      /^(\S+) (-?\d+):(-?\d+)\((\d+)\)(?: ack (-?\d+))?(?: win (\d+))?(?: urg (\d+))?(?: <(.*)>)?(?: '(.*)')?$/.exec(
        text,
      );
    if (found === null) throw new Error(`cannot read the segment '${text}'`);
    const [, flags, from, , length, ack, win, urg, options, content] = found;
    const segment = new Segment();
    segment.sourcePort = this.peerPort;
    segment.destinationPort = this.ourPort;
    for (const letter of flags) segment.flags |= LETTERS[letter];
    segment.seq = seqAdd(seq(this.peerIss), Number(from));
    if (ack !== undefined) segment.ack = seqAdd(seq(this.iss ?? 0), Number(ack));
    segment.wnd = win === undefined ? 65_535 : Number(win);
    segment.up = urg === undefined ? 0 : Number(urg);
    for (const option of options?.split(',') ?? []) {
      const [name, value, stamp, , echo] = option.split(' ');
      if (name === 'TS') {
        segment.timestamps = true;
        segment.tsVal = Number(stamp) >>> 0;
        segment.tsEcr = segment.hasAck ? ((this.tsBase ?? 0) + Number(echo)) >>> 0 : 0;
      }
      if (name === 'mss') segment.mss = Number(value);
      else if (name === 'wscale') segment.windowScale = Number(value);
      else if (name === 'sackOK') segment.sackPermitted = true;
      else if (name === 'sack') segment.sack = this.#blocks(option);
    }
    segment.bytes =
      content === undefined
        ? pattern(Number(length), Number(from))
        : Uint8Array.from(content, (c) => c.charCodeAt(0));
    segment.payloadEnd = segment.bytes.length;
    expect(segment.payloadLength).toBe(Number(length));
    return segment;
  }
}

/** `heard` with only those members that `line` names too. */
function onlyWhat(line: string, heard: string): string {
  const options = line.includes('<') ? heard : heard.replace(/ <.*>$/, '');
  return line.includes(' win ') ? options : options.replace(/ win \d+/, '');
}

/** Octets that tell their place in the stream: position 1 is 'a'. */
export function pattern(length: number, from = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => 97 + ((from + i - 1) % 26));
}
