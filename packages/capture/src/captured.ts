/** What a capture file holds, whatever its format. */
import type { Micros, Octets } from '@tcblab/tcp';
import type { PacketId } from './packet-id.ts';
import type { CaptureTime, TimeScale } from './pcapng/timestamp.ts';

/** One frame as it stood on an interface. */
export interface CapturedPacket {
  /** Index in `Capture.interfaces`. */
  readonly interface: number;
  /** When, on the clock of the host: whole microseconds, and nanoseconds 0 to 999 beyond them. */
  readonly micros: Micros;
  readonly nanos: number;
  /** The captured octets: a view of the file's. */
  readonly bytes: Uint8Array;
  /** Length on the wire; more than `bytes.length` where the capture cut it. */
  readonly originalLength: Octets;
  /** Direction and checksum bits as pcapng has them: see `INBOUND`, `CHECKSUM_NOT_READY`. */
  readonly flags: number;
  readonly id: PacketId | null;
  /** What was noted about it; the same empty list for most. */
  readonly comments: readonly string[];
  /** Where in the file its block begins. */
  readonly at: number;
}

export interface CapturedSection {
  readonly hardware?: string;
  readonly os?: string;
  readonly application?: string;
  readonly comments: readonly string[];
}

export interface InterfaceCounters {
  readonly start?: CaptureTime;
  readonly end?: CaptureTime;
  readonly received?: number;
  readonly dropped?: number;
  readonly osDropped?: number;
}

export interface CapturedInterface extends TimeScale {
  /** Index in `Capture.sections`. */
  readonly section: number;
  /** 1 is Ethernet. */
  readonly linkType: number;
  readonly snapLength: Octets;
  readonly name?: string;
  readonly description?: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly mac?: string;
  readonly speed?: number;
  readonly os?: string;
  readonly filter?: string;
  readonly statistics?: InterfaceCounters;
}

/** Where and why reading stopped. */
export interface CaptureFault {
  /** Offset in the file of the octet that is wrong, or of the block that was cut short. */
  readonly at: number;
  readonly reason:
    | 'not-a-capture'
    | 'truncated'
    | 'bad-magic'
    | 'bad-length'
    | 'bad-option'
    | 'unknown-interface'
    | 'unsupported';
  /** A phrase for people. */
  readonly detail: string;
}

export interface Capture {
  readonly format: 'pcapng' | 'pcap';
  readonly sections: readonly CapturedSection[];
  readonly interfaces: readonly CapturedInterface[];
  /** Names by address. */
  readonly names: ReadonlyMap<string, readonly string[]>;
  readonly packets: readonly CapturedPacket[];
  /** null when the whole file was read. */
  readonly fault: CaptureFault | null;
}
