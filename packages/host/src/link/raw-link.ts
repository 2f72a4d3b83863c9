/** A wire that is a network interface of this machine. */
import { openRawSocket, type MachineError, type RawSocket } from '@tcblab/raw-socket';
import { parseMac, type MacAddress } from '@tcblab/tcp/wire';
import type { FramesToSend, Link, LinkFacts, LinkStatistics, ReceivedFrames } from './link.ts';
import { quietOffloads, type QuietOffloads } from './quiet-offloads.ts';

export interface RawLinkOptions {
  readonly interface: string;
  /** An open packet socket, from a parent that has the privilege we lack. */
  readonly fd?: number;
  /**
   * What is received, besides broadcasts: frames for one MAC, a host's own, and for groups that the host is in; or
   * everything, whether only what comes in, as a box between two wires needs, or also what this machine's kernel sends,
   * as a capture of its traffic does.
   */
  readonly hear: { readonly mac: string; readonly groups?: readonly string[] } | 'incoming' | 'everything';
  /** Leave the interface's offloads as they are. Frames seen may then be longer than the MTU and lack checksums. */
  readonly keepOffloads?: boolean;
}

/**
 * @throws MachineError EPERM without the right to open packet sockets, ENODEV without such an interface, ENETDOWN
 */
export function openRawLink(options: RawLinkOptions): RawLink {
  const { hear } = options;
  const socket = openRawSocket({
    interface: options.interface,
    ...(options.fd === undefined ? {} : { fd: options.fd }),
    ignoreOutgoing: hear !== 'everything',
    // A capture may be some milliseconds late, and must not lose what the kernel does at full speed beside it.
    ...(hear === 'everything' ? { driver: 'ring' } : {}),
  });
  try {
    const offloads = options.keepOffloads === true ? null : quietOffloads(options.interface);
    return new RawLink(
      socket,
      offloads,
      typeof hear === 'string' ? null : [hear.mac, ...(hear.groups ?? [])],
    );
  } catch (error) {
    socket.close();
    throw error;
  }
}

export class RawLink implements Link {
  readonly facts: LinkFacts;
  readonly socket: RawSocket;
  /** Offloads that would not go off. */
  readonly refused: readonly MachineError[];
  readonly #offloads: QuietOffloads | null;
  readonly #filter: MacFilter | null;
  #received = 0;
  #sent = 0;
  #foreign = 0;
  #counted = { received: 0, dropped: 0 };

  /** Use `openRawLink`. */
  constructor(socket: RawSocket, offloads: QuietOffloads | null, macs: readonly string[] | null) {
    const { name, mtu } = socket.interface;
    this.socket = socket;
    this.facts = { kind: 'raw', name, mtu };
    this.refused = offloads?.refused ?? [];
    this.#offloads = offloads;
    this.#filter = macs === null ? null : new MacFilter(macs);
  }

  receive(): ReceivedFrames {
    const filter = this.#filter;
    for (;;) {
      const batch = this.socket.receive();
      if (filter === null) {
        this.#received += batch.count;
        return batch;
      }
      const kept = filter.keep(batch);
      this.#received += kept;
      this.#foreign += batch.count - kept;
      // An empty batch means that nothing waits.
      if (kept > 0 || batch.count === 0) return filter;
    }
  }

  onReadable(callback: (() => void) | null): void {
    this.socket.onReadable(callback);
  }

  send({ bytes, offsets, lengths }: FramesToSend, first: number, count: number): number {
    const sent = this.socket.sendBatch(bytes, offsets, lengths, first, count);
    this.#sent += sent;
    return sent;
  }

  onWritable(callback: (() => void) | null): void {
    this.socket.onWritable(callback);
  }

  statistics(): LinkStatistics {
    if (!this.socket.closed) this.#counted = this.socket.statistics();
    return {
      received: this.#received,
      sent: this.#sent,
      foreign: this.#foreign,
      dropped: this.#counted.dropped,
    };
  }

  close(): void {
    if (!this.socket.closed) this.#counted = this.socket.statistics();
    this.socket.close();
    this.#offloads?.restore();
  }
}

/** What is left of a batch when frames for other stations are taken out: its columns, with rows moved up in place. */
class MacFilter implements ReceivedFrames {
  count = 0;
  #batch: ReceivedFrames = NOTHING;
  readonly #macs: readonly MacAddress[];

  constructor(macs: readonly string[]) {
    this.#macs = macs.map(parseMac);
  }

  get bytes(): Uint8Array {
    return this.#batch.bytes;
  }
  get offsets(): Uint32Array {
    return this.#batch.offsets;
  }
  get lengths(): Uint32Array {
    return this.#batch.lengths;
  }
  get wireLengths(): Uint32Array {
    return this.#batch.wireLengths;
  }
  get micros(): Float64Array {
    return this.#batch.micros;
  }
  get nanos(): Uint32Array {
    return this.#batch.nanos;
  }
  get flags(): Uint32Array {
    return this.#batch.flags;
  }

  /** @returns how many were kept */
  keep(batch: ReceivedFrames): number {
    this.#batch = batch;
    let kept = 0;
    for (let i = 0; i < batch.count; i++) {
      if (!this.#isOurs(batch.bytes, batch.offsets[i])) continue;
      if (kept !== i) {
        batch.offsets[kept] = batch.offsets[i];
        batch.lengths[kept] = batch.lengths[i];
        batch.wireLengths[kept] = batch.wireLengths[i];
        batch.micros[kept] = batch.micros[i];
        batch.nanos[kept] = batch.nanos[i];
        batch.flags[kept] = batch.flags[i];
      }
      kept++;
    }
    this.count = kept;
    return kept;
  }

  #isOurs(bytes: Uint8Array, at: number): boolean {
    const high = (bytes[at] << 8) | bytes[at + 1];
    const low = (bytes[at + 2] << 24) | (bytes[at + 3] << 16) | (bytes[at + 4] << 8) | bytes[at + 5];
    for (const mac of this.#macs) if (mac.low === low && mac.high === high) return true;
    return high === 0xffff && low === -1;
  }
}

const NOTHING: ReceivedFrames = {
  count: 0,
  bytes: new Uint8Array(0),
  offsets: new Uint32Array(0),
  lengths: new Uint32Array(0),
  wireLengths: new Uint32Array(0),
  micros: new Float64Array(0),
  nanos: new Uint32Array(0),
  flags: new Uint32Array(0),
};
