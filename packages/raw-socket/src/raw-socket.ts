// A packet socket on one interface: whole Ethernet frames in and out.
import { addon, events, type Handle } from './addon.ts';
import type { FrameBatch, FrameTable } from './frame-batch.ts';
import { MachineError, MisuseError } from './machine-error.ts';
import { interfaceError, interfaceExists, type InterfaceFacts } from './network-interface.ts';
import type { OpenedSocket } from './open.ts';

/** Counted by the kernel since the socket was opened. */
export interface RawSocketStatistics {
  /** Frames that reached this socket's queue. */
  readonly received: number;
  /** Frames lost because the queue was full: what was received is then not all there was. */
  readonly dropped: number;
}

/** Made by `openRawSocket`. Single-threaded like all of Node; any number of them may live side by side. */
export class RawSocket {
  /** The interface as it was when the socket was opened. */
  readonly interface: InterfaceFacts;
  /** Room that the kernel has granted for frames that wait to be received, in octets of its own bookkeeping. */
  readonly receiveBufferBytes: number;
  readonly #handle: Handle;
  readonly #table: FrameTable;
  readonly #slots: OpenedSocket['slots'];
  #closed = false;
  #received = 0;
  #dropped = 0;
  #onReadable: (() => void) | null = null;
  #onWritable: (() => void) | null = null;
  /** The interface's queue was full at the last send, which the socket's own readiness does not tell. */
  #queueFull = false;
  #retry: NodeJS.Timeout | null = null;

  /** Use `openRawSocket`. */
  constructor(opened: OpenedSocket) {
    this.interface = opened.interface;
    this.receiveBufferBytes = opened.receiveBufferBytes;
    this.#handle = opened.handle;
    this.#table = opened.table;
    this.#slots = opened.slots;
  }

  /**
   * Take frames that wait, at most one batch of them; `count` is 0 when none does. Never blocks.
   *
   * What the previous call returned is overwritten, and with a ring its memory goes back to the kernel: go on
   * until `count` is 0 before returning to the event loop.
   *
   * @throws MachineError ENETDOWN once when the interface has gone down (frames come again when it is up again);
   *   ENODEV when it has gone for good
   */
  receive(): FrameBatch {
    const handle = this.#open();
    const table = this.#table;
    const slots = this.#slots;
    let count;
    if (slots === null) {
      addon().releaseBlock(handle);
      count = addon().readRing(handle, table.columns);
    } else {
      count = addon().receive(handle, table.bytes, slots.bytes, slots.snapLength, table.columns);
    }
    if (count < 0 && count !== -EAGAIN) throw this.#error(-count, `receive from ${this.interface.name}`);
    table.count = Math.max(count, 0);
    return table;
  }

  /**
   * Call back in every turn of the event loop in which there is something for `receive()` to return or to throw;
   * null to stop. While set, it keeps the process alive.
   */
  onReadable(callback: (() => void) | null): void {
    this.#open();
    this.#onReadable = callback;
    this.#watch();
  }

  /**
   * Send frames that lie in `bytes`: frame `i` has `lengths[i]` octets from `offsets[i]` on.
   *
   * @param first index of the first frame to send
   * @param count how many; all that follow when left out
   * @returns how many were taken. Fewer than `count` is back-pressure: come back with the rest when `onWritable` says so
   * @throws MachineError EMSGSIZE for a frame beyond the MTU, ENETDOWN, ENODEV. Frames before the offender are sent,
   *   and `sent` of the error counts them
   */
  sendBatch(
    bytes: Uint8Array,
    offsets: Uint32Array,
    lengths: Uint32Array,
    first = 0,
    count = offsets.length - first,
  ): number {
    const handle = this.#open();
    let sent = 0;
    while (sent < count) {
      const result = addon().send(handle, bytes, offsets, lengths, first + sent, count - sent);
      if (result > 0) {
        sent += result;
        continue;
      }
      this.#queueFull = result === -ENOBUFS;
      if (this.#queueFull || result === -EAGAIN) return sent;
      throw this.#sendError(-result, sent, bytes, offsets[first + sent], lengths[first + sent]);
    }
    return sent;
  }

  /** Send one frame. @returns false when it was not taken: see `sendBatch` */
  send(frame: Uint8Array): boolean {
    return this.sendBatch(frame, START, new Uint32Array([frame.length])) === 1;
  }

  /** Call back once, when the interface takes frames again; null to forget it. */
  onWritable(callback: (() => void) | null): void {
    this.#open();
    this.#onWritable = callback;
    this.#watch();
  }

  statistics(): RawSocketStatistics {
    // struct tpacket_stats_v3; without a ring only its first two fields are given. Reading sets them to 0.
    const counters = new Uint32Array(3);
    const result = addon().getOption(
      this.#open(),
      SOL_PACKET,
      PACKET_STATISTICS,
      new Uint8Array(counters.buffer),
    );
    if (result < 0) throw this.#error(-result, `read the counters of the socket on ${this.interface.name}`);
    const [seen, dropped] = counters;
    this.#received += seen - dropped;
    this.#dropped += dropped;
    return { received: this.#received, dropped: this.#dropped };
  }

  /** The descriptor, for a child to inherit. It stays this socket's own. */
  get fd(): number {
    return addon().descriptor(this.#open());
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Give everything back to the kernel, at once; a ring's memory reads as empty from now on. Harmless when repeated. */
  close(): void {
    this.#closed = true;
    this.#onReadable = this.#onWritable = null;
    if (this.#retry !== null) clearTimeout(this.#retry);
    addon().close(this.#handle);
  }

  #open(): Handle {
    if (this.#closed)
      throw new MisuseError('raw-socket-closed', `the socket on ${this.interface.name} is closed`);
    return this.#handle;
  }

  #watch(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    let wanted = this.#onReadable === null ? 0 : events.readable;
    if (this.#onWritable !== null) {
      if (this.#queueFull) this.#retry = setTimeout(() => this.#happened(events.writable), QUEUE_RETRY_MS);
      else wanted |= events.writable;
    }
    const result = addon().watch(this.#handle, wanted, this.#happened);
    if (result < 0) throw this.#error(-result, `wait for frames on ${this.interface.name}`);
  }

  readonly #happened = (happened: number): void => {
    // An error that waits in the socket is for both: their next receive or send throws it.
    if ((happened & (events.writable | events.error)) !== 0 && this.#onWritable !== null) {
      const callback = this.#onWritable;
      this.#onWritable = null;
      this.#queueFull = false;
      this.#watch();
      callback();
    }
    if ((happened & (events.readable | events.error)) !== 0) this.#onReadable?.();
  };

  #error(errno: number, tried: string): MachineError {
    // The kernel says "down" in both cases.
    const gone = errno === ENETDOWN && !interfaceExists(this.interface.index);
    return interfaceError(gone ? ENODEV : errno, this.interface.name, tried);
  }

  #sendError(errno: number, sent: number, bytes: Uint8Array, offset: number, length: number): Error {
    const { name, mtu } = this.interface;
    if (errno === EFAULT || errno === EINVAL) {
      return new MisuseError(
        'frame-outside-slab',
        `frame ${sent} (offset ${offset}, ${length} octets) cannot be sent from a slab of ${bytes.length} octets`,
      );
    }
    const tried = `send a frame of ${length} octets on ${name}`;
    const error =
      errno === EMSGSIZE
        ? new MachineError(errno, tried, `its MTU of ${mtu} allows ${mtu + 14} with the Ethernet header`)
        : this.#error(errno, tried);
    return Object.assign(error, { sent });
  }
}

const START = new Uint32Array([0]);
/** How long an interface's full queue is given to drain; nothing tells when it has. */
const QUEUE_RETRY_MS = 1;

const SOL_PACKET = 263;
const PACKET_STATISTICS = 6;
const EAGAIN = 11;
const EFAULT = 14;
const ENODEV = 19;
const EINVAL = 22;
const EMSGSIZE = 90;
const ENETDOWN = 100;
const ENOBUFS = 105;
