// Frames that arrived together: their bytes in one block of memory, and a table of facts about each.

/**
 * Some received frames. Row `i` of each column tells of frame `i`; rows from `count` on are stale.
 *
 * The same object is filled again by the next `receive()` of its socket: copy what must live longer.
 */
export interface FrameBatch {
  readonly count: number;
  /** Memory that holds the frames; frame `i` is at `offsets[i]`, its IP header 4-aligned behind 14 bytes of Ethernet. */
  readonly bytes: Uint8Array;
  readonly offsets: Uint32Array;
  /** Octets kept of each frame. */
  readonly lengths: Uint32Array;
  /** Octets that each frame had on the wire, without a VLAN tag that the kernel has taken out. */
  readonly wireLengths: Uint32Array;
  /** When the kernel took each frame from its driver: whole µs since 1970 by the system's clock. */
  readonly micros: Float64Array;
  /** The nanoseconds (0 to 999) beyond `micros`. */
  readonly nanos: Uint32Array;
  /** Bits of `frameFlags`. */
  readonly flags: Uint32Array;
  /** A VLAN tag that the kernel took out of the frame: TPID × 65,536 + TCI; 0 for none. */
  readonly vlans: Uint32Array;
  /** View of one frame's bytes; a new object at each call. */
  frame(index: number): Uint8Array;
}

/** What is known of a frame beside its bytes. */
export const frameFlags = {
  /** The sender left the checksum to hardware that was not there: trust the frame, its checksum is not filled in. */
  checksumNotReady: 1 << 3,
  /** The `vlans` column has this frame's tag. */
  vlanTagged: 1 << 4,
  /** The network card has verified the transport checksum. */
  checksumValid: 1 << 7,
  /** Only the first `lengths[i]` of `wireLengths[i]` octets were kept. */
  truncated: 1 << 16,
  /** This host's own transmission, seen on its way out. */
  outgoing: 1 << 17,
} as const;

/** A batch and the memory that the addon fills it through. */
export class FrameTable implements FrameBatch {
  count = 0;
  bytes: Uint8Array;
  /** One column behind the other, in the order of the C file's `frame_table`. */
  readonly columns: ArrayBuffer;
  readonly micros: Float64Array;
  readonly nanos: Uint32Array;
  readonly offsets: Uint32Array;
  readonly lengths: Uint32Array;
  readonly wireLengths: Uint32Array;
  readonly flags: Uint32Array;
  readonly vlans: Uint32Array;

  constructor(bytes: Uint8Array, capacity: number) {
    this.bytes = bytes;
    this.columns = new ArrayBuffer(capacity * ROW_BYTES);
    this.micros = new Float64Array(this.columns, 0, capacity);
    const column = (index: number) => new Uint32Array(this.columns, capacity * (8 + 4 * index), capacity);
    this.nanos = column(0);
    this.offsets = column(1);
    this.lengths = column(2);
    this.wireLengths = column(3);
    this.flags = column(4);
    this.vlans = column(5);
  }

  frame(index: number): Uint8Array {
    const at = this.offsets[index];
    return this.bytes.subarray(at, at + this.lengths[index]);
  }
}

const ROW_BYTES = 8 + 6 * 4;
