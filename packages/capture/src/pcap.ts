/** Reads classic pcap, the format before pcapng: either byte order, microseconds or nanoseconds. Read only. */
import type { Capture, CapturedPacket, CaptureFault } from './captured.ts';

const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;

/** Whether `bytes` begin as a classic capture does. */
export function isPcap(bytes: Uint8Array): boolean {
  return byteOrder(bytes) !== null;
}

/** Read a whole file. Packets' bytes are views of `bytes`. */
export function readPcap(bytes: Uint8Array): Capture {
  const order = byteOrder(bytes);
  if (order === null)
    return capture([], 0, 0, 6, { at: 0, reason: 'not-a-capture', detail: 'no pcap magic' });
  const { little, nanoseconds } = order;
  const resolution = nanoseconds ? 9 : 6;
  if (bytes.length < FILE_HEADER) {
    return capture([], 0, 0, resolution, {
      at: 0,
      reason: 'truncated',
      detail: `${bytes.length} octets, and the file's header has ${FILE_HEADER}`,
    });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const major = view.getUint16(4, little);
  const snapLength = view.getUint32(16, little);
  // The upper half tells of frame check sequences.
  const linkType = view.getUint32(20, little) & 0xffff;
  if (major !== 2) {
    return capture([], snapLength, linkType, resolution, {
      at: 4,
      reason: 'unsupported',
      detail: `version ${major} of pcap; this reader knows 2`,
    });
  }
  const packets: CapturedPacket[] = [];
  let fault: CaptureFault | null = null;
  for (let at = FILE_HEADER; at < bytes.length;) {
    const left = bytes.length - at;
    if (left < RECORD_HEADER) {
      fault = {
        at,
        reason: 'truncated',
        detail: `${left} octets are left, a record has at least ${RECORD_HEADER}`,
      };
      break;
    }
    const fraction = view.getUint32(at + 4, little);
    const captured = view.getUint32(at + 8, little);
    if (captured > left - RECORD_HEADER) {
      fault = {
        at,
        reason: 'truncated',
        detail: `${captured} captured octets, and ${left - RECORD_HEADER} are left`,
      };
      break;
    }
    packets.push({
      interface: 0,
      micros: view.getUint32(at, little) * 1_000_000 + (nanoseconds ? Math.floor(fraction / 1000) : fraction),
      nanos: nanoseconds ? fraction % 1000 : 0,
      bytes: bytes.subarray(at + RECORD_HEADER, at + RECORD_HEADER + captured),
      originalLength: view.getUint32(at + 12, little),
      flags: 0,
      id: null,
      comments: NO_COMMENTS,
      at,
    });
    at += RECORD_HEADER + captured;
  }
  return capture(packets, snapLength, linkType, resolution, fault);
}

const NO_COMMENTS: readonly string[] = [];

function byteOrder(bytes: Uint8Array): { little: boolean; nanoseconds: boolean } | null {
  if (bytes.length < 4) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const little of [true, false]) {
    const magic = view.getUint32(0, little);
    if (magic === MICROSECONDS || magic === NANOSECONDS)
      return { little, nanoseconds: magic === NANOSECONDS };
  }
  return null;
}

function capture(
  packets: readonly CapturedPacket[],
  snapLength: number,
  linkType: number,
  timeResolution: number,
  fault: CaptureFault | null,
): Capture {
  return {
    format: 'pcap',
    sections: [{ comments: [] }],
    interfaces: [{ section: 0, linkType, snapLength, timeResolution, timeOffset: 0 }],
    names: new Map(),
    packets,
    fault,
  };
}
