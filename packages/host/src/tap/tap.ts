/**
 * The tap of one host: every frame that passes goes into the host's capture, with a number, a time and what the TCB made
 * of it. It changes nothing.
 *
 * Times never go back in a capture. A frame that came in bears the kernel's stamp; where it had to wait so long that
 * frames were sent before the host took notice of it, it bears the time of the last of those, since in this order the
 * TCB saw them.
 */
import {
  annotate,
  CHECKSUM_NOT_READY,
  CHECKSUM_VALID,
  INBOUND,
  OUTBOUND,
  PcapngWriter,
} from '@tcblab/capture';
import type { PacketToWrite } from '@tcblab/capture';
import { frameFlags } from '@tcblab/raw-socket';
import type { TraceEvent } from '@tcblab/tcp/trace';
import type { Micros, Octets } from '@tcblab/tcp';
import type { Alarm, Clock } from '../clock.ts';
import type { ReceivedFrames } from '../link/link.ts';
import { PieceFile } from './piece-file.ts';

export interface TapOptions {
  readonly clock: Clock;
  /** Number of the host in packet ids: 1 for a, 2 for b. */
  readonly host: number;
  /** Such as `host-a:eth0`. */
  readonly name: string;
  readonly description?: string;
  readonly mac?: string;
  /** Address and prefix length, such as `10.77.0.1/24`. */
  readonly ipv4?: string;
  /** Such as `fd00:77::1/64`. */
  readonly ipv6?: string;
  /** Such as the name and version of this program. */
  readonly application?: string;
  /** The capture's path, or the file made for it. Without one frames are only numbered. */
  readonly capture?: string | PieceFile;
  /** Told of each record, in order; `frame` is the frame it belongs to, 0 when it belongs to none. */
  readonly onRecord?: (event: TraceEvent, frame: number) => void;
}

export interface TapCounts {
  /** Frames that passed. */
  readonly frames: number;
  /** Of these, without a checksum, which the sender left to hardware. */
  readonly unchecked: number;
  /** Of these, longer than the MTU, of which the rest was cut off: an offload is on somewhere. */
  readonly cut: number;
  /** Of these, missing in the capture because the disk was too slow. */
  readonly unrecorded: number;
  /** What broke the capture; null while all is well. */
  readonly failure: Error | null;
}

export class Tap {
  readonly #clock: Clock;
  readonly #onRecord: ((event: TraceEvent, frame: number) => void) | null;
  readonly #writer: PcapngWriter | null;
  readonly #file: PieceFile | null;
  readonly #started: Micros;
  /** Filled anew for each frame. */
  readonly #packet: PacketToWrite = {
    interface: 0,
    micros: 0,
    nanos: 0,
    bytes: new Uint8Array(0),
    start: 0,
    end: 0,
    originalLength: 0,
    flags: 0,
    frame: 0,
  };
  readonly #written: Uint8Array<ArrayBuffer>[] = [];
  #frames = 0;
  #received = 0;
  #unchecked = 0;
  #cut = 0;
  #unrecorded = 0;
  #unrecordedBefore = 0;
  /** The frame that notes belong to; 0 between frames. */
  #open = 0;
  /** Whether the open frame is in the capture. */
  #recorded = false;
  #flushing: Alarm | null = null;
  #closing: Promise<void> | null = null;

  /** @throws the system's error when the capture cannot be made */
  constructor(options: TapOptions) {
    this.#clock = options.clock;
    this.#onRecord = options.onRecord ?? null;
    this.#started = options.clock.now();
    const { capture = null } = options;
    this.#file = typeof capture === 'string' ? new PieceFile(capture) : capture;
    this.#writer = this.#file === null ? null : createWriter(options);
  }

  /** Whether anybody wants to know what the stack says of itself. */
  get wantsTrace(): boolean {
    return this.#writer !== null || this.#onRecord !== null;
  }

  get counts(): TapCounts {
    return {
      frames: this.#frames,
      unchecked: this.#unchecked,
      cut: this.#cut,
      unrecorded: this.#unrecorded,
      failure: this.#file?.failure ?? null,
    };
  }

  /** A frame came in, or was seen on its way out where the link listens to a kernel. `end` must follow. */
  received(frames: ReceivedFrames, index: number): void {
    const flags = frames.flags[index];
    let bits = (flags & frameFlags.outgoing) !== 0 ? OUTBOUND : INBOUND;
    if ((flags & frameFlags.checksumNotReady) !== 0) {
      bits |= CHECKSUM_NOT_READY;
      this.#unchecked++;
    }
    if ((flags & frameFlags.truncated) !== 0) this.#cut++;
    if ((flags & frameFlags.checksumValid) !== 0) bits |= CHECKSUM_VALID;
    this.#received++;
    if (!this.#begin()) return;
    const packet = this.#packet;
    this.#stamp(frames.micros[index], frames.nanos[index]);
    packet.bytes = frames.bytes;
    packet.start = frames.offsets[index];
    packet.end = packet.start + frames.lengths[index];
    packet.originalLength = frames.wireLengths[index];
    packet.flags = bits;
    this.#write();
  }

  /** A frame is about to leave. `end` must follow. */
  sent(now: Micros, bytes: Uint8Array, start: number, length: Octets): void {
    if (!this.#begin()) return;
    const packet = this.#packet;
    this.#stamp(now, 0);
    packet.bytes = bytes;
    packet.start = start;
    packet.end = start + length;
    packet.originalLength = length;
    packet.flags = OUTBOUND;
    this.#write();
  }

  /** Something to be read beside the open frame. */
  comment(text: string): void {
    if (this.#recorded) this.#writer?.comment(text);
  }

  /**
   * What the stack tells of itself: because of the open frame, or of none.
   *
   * @param notes what is worth noting beside the frame, where that is not just these records
   */
  explain(records: readonly TraceEvent[], notes = records): void {
    if (this.#onRecord !== null) for (const event of records) this.#onRecord(event, this.#open);
    if (!this.#recorded) return;
    for (const event of notes) {
      const note = annotate(event);
      if (note !== null) this.#writer?.comment(note);
    }
  }

  /** The open frame has had its effect. */
  end(): void {
    this.#open = 0;
    if (this.#recorded) this.#writer?.end();
    this.#recorded = false;
  }

  /**
   * Finish the capture: everything seen is on disk, the interface's statistics last.
   *
   * @param dropped frames lost before they came here
   * @returns when that is done; `counts` tells whether all was well
   */
  close(dropped = 0): Promise<void> {
    this.#closing ??= this.#close(dropped);
    return this.#closing;
  }

  async #close(dropped: number): Promise<void> {
    this.#flushing?.cancel();
    const [file, writer] = [this.#file, this.#writer];
    if (file === null || writer === null) return;
    if (this.#open !== 0) this.end();
    writer.statistics(0, {
      start: { micros: this.#started, nanos: 0 },
      end: { micros: this.#clock.now(), nanos: 0 },
      received: this.#received + dropped,
      dropped: this.#unrecorded,
      osDropped: dropped,
    });
    file.append(writer.take());
    await file.close();
  }

  /** @returns whether the frame can be recorded */
  #begin(): boolean {
    this.#frames++;
    this.#open = this.#frames;
    const writer = this.#writer;
    if (writer === null) return false;
    if (writer.full && !this.#flush()) {
      this.#unrecorded++;
      this.#unrecordedBefore++;
      return false;
    }
    this.#flushing ??= this.#clock.at(this.#clock.now() + FLUSH_AFTER, () => {
      this.#flushing = null;
      if (this.#open === 0) this.#flush();
    });
    this.#recorded = true;
    return true;
  }

  #stamp(micros: Micros, nanos: number): void {
    const packet = this.#packet;
    // `packet` still has the time of the frame before.
    if (micros < packet.micros || (micros === packet.micros && nanos < packet.nanos)) return;
    packet.micros = micros;
    packet.nanos = nanos;
  }

  #write(): void {
    this.#packet.frame = this.#open;
    this.#writer?.begin(this.#packet);
    if (this.#unrecordedBefore === 0) return;
    // A capture that is not complete says so where something is missing.
    this.comment(
      `capture: ${this.#unrecordedBefore} frames before this one are missing, the disk was too slow`,
    );
    this.#unrecordedBefore = 0;
  }

  #flush(): boolean {
    const [file, writer] = [this.#file, this.#writer];
    if (file === null || writer === null || file.congested) return false;
    // Fresh memory costs more than the copy into it: what is written is used again.
    const written = this.#written.pop();
    if (written !== undefined) writer.recycle(written);
    const piece = writer.take();
    file.append(piece, () => this.#written.push(piece));
    return true;
  }
}

/** A reader of the growing file, and whoever kills us, finds it at most this much behind. */
const FLUSH_AFTER: Micros = 200_000;

/** What goes to the disk at once: larger pieces are no longer in the processor's cache when they are written. */
const PIECE: Octets = 256 << 10;

function createWriter(options: TapOptions): PcapngWriter {
  const { host, name, description, mac, ipv4, ipv6, application } = options;
  return new PcapngWriter({
    batch: PIECE,
    section: application === undefined ? {} : { application },
    interfaces: [
      {
        host,
        name,
        ...(description === undefined ? {} : { description }),
        ...(mac === undefined ? {} : { mac }),
        ...(ipv4 === undefined ? {} : { ipv4 }),
        ...(ipv6 === undefined ? {} : { ipv6 }),
      },
    ],
  });
}
