/**
 * One connection as a script sees it, and as it is: ports, and numbers that a script counts from each side's initial
 * sequence number.
 */
import type { Octets } from '@tcblab/tcp';
import type { Ports, TcpOption, TcpPacket } from './syntax.ts';
import type { LiveTcp } from './wire-packet.ts';

export class Flow {
  /** As the script writes them on a packet that it injects; null when it writes none. */
  readonly script: Ports | null;
  readonly remotePort: number;
  /** The stack's port; null until its first SYN shows which one it took. */
  localPort: number | null;
  /** Ours, for the script's 0. */
  readonly remoteIsn: number;
  /** The stack's, for the script's 0; null until it is seen. */
  localIsn: number | null = null;
  /** The next SYN may bring another ISS: something ended what the last one began. */
  mayRestart = false;
  /** The script closed its descriptor. */
  closed = false;
  /** The script's number of our SYN. */
  synSeq = 0;
  /** The script's number of the octet that its urgent pointer makes urgent; null = none. @rfc 6093 2.2 */
  urgentOctet: number | null = null;
  /** What the script's application wrote: what the stack is to send, from number 1 on. */
  readonly written = new OctetStream();
  /** Timestamps of the stack count from its clock, those of the script from its own. */
  timestampOffset: number | null = null;

  constructor(fields: {
    script: Ports | null;
    remotePort: number;
    localPort: number | null;
    remoteIsn: number;
  }) {
    this.script = fields.script;
    this.remotePort = fields.remotePort;
    this.localPort = fields.localPort;
    this.remoteIsn = fields.remoteIsn;
  }

  owns({ source, destination }: Ports): boolean {
    return this.remotePort === destination && (this.localPort === null || this.localPort === source);
  }

  /** A packet of the script as it goes over the wire. */
  toLive(packet: TcpPacket): Pick<LiveTcp, 'ports' | 'seq' | 'ack' | 'options' | 'payload'> {
    const isn = this.localIsn ?? 0;
    const first = packet.seq + (packet.flags.includes('S') ? 1 : 0);
    return {
      ports: { source: this.remotePort, destination: this.localPort ?? 0 },
      seq: (this.remoteIsn + packet.seq) >>> 0,
      ack: packet.flags.includes('.') ? (isn + (packet.ack ?? 0)) >>> 0 : 0,
      options: (packet.options ?? []).map((option) => this.#liveOption(option, isn)),
      payload: pattern(first, packet.length),
    };
  }

  #liveOption(option: TcpOption, isn: number): TcpOption {
    if (option.kind === 'sack') {
      return { ...option, blocks: option.blocks.map(([l, r]) => [(isn + l) >>> 0, (isn + r) >>> 0]) };
    }
    if (option.kind !== 'TS' || option.ecr === null || option.ecr === 0) return option;
    return { ...option, ecr: (option.ecr + (this.timestampOffset ?? 0)) >>> 0 };
  }

  /** Learn the stack's numbers from its SYN, unless they are known. @param seq what the script calls its number */
  learn(live: LiveTcp, seq: number): void {
    this.localPort ??= live.ports.source;
    if (!live.flags.includes('S') || (this.localIsn !== null && !this.mayRestart)) return;
    this.localIsn = (live.seq - seq) >>> 0;
    this.mayRestart = false;
  }

  /** A packet of the stack as a script would write it. */
  toScript(live: LiveTcp): TcpPacket {
    const isn = this.localIsn ?? (live.flags.includes('S') ? live.seq : 0);
    return {
      kind: 'tcp',
      ports:
        this.script === null ? null : { source: this.script.destination, destination: this.script.source },
      flags: live.flags,
      // A reset for a segment without ACK counts from nobody's number: it is 0 whatever the ISS. RFC 9293 §3.5.2.
      seq: live.flags === 'R.' && live.seq === 0 ? 0 : (live.seq - isn) >>> 0,
      length: live.payload.length,
      ack: live.flags.includes('.') ? (live.ack - this.remoteIsn) >>> 0 : null,
      win: live.win,
      urg: live.urg === 0 ? null : live.urg,
      options: live.options.map((option) => this.#scriptOption(option)),
    };
  }

  #scriptOption(option: TcpOption): TcpOption {
    if (option.kind === 'sack') {
      const from = this.remoteIsn;
      return { ...option, blocks: option.blocks.map(([l, r]) => [(l - from) >>> 0, (r - from) >>> 0]) };
    }
    if (option.kind !== 'TS' || option.val === null || this.timestampOffset === null) return option;
    return { ...option, val: (option.val - this.timestampOffset) >>> 0 };
  }
}

/** Octets that tell their place in the stream: number 1 is `a`. */
export function pattern(first: number, length: Octets): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => 97 + ((((first + i - 1) % 26) + 26) % 26));
}

/** What was written, all of it. */
export class OctetStream {
  #bytes = new Uint8Array(1024);
  #length = 0;

  get length(): Octets {
    return this.#length;
  }

  append(bytes: Uint8Array): void {
    const end = this.#length + bytes.length;
    if (end > this.#bytes.length) {
      const room = new Uint8Array(2 * end);
      room.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = room;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = end;
  }

  /** Forget what lies beyond. */
  truncate(length: Octets): void {
    this.#length = Math.min(this.#length, length);
  }

  /** @returns the place of the first octet that is not the same; -1 = none */
  differsAt(offset: Octets, bytes: Uint8Array): Octets {
    return bytes.findIndex((octet, i) => offset + i >= this.#length || this.#bytes[offset + i] !== octet);
  }
}
