/** A segment between octets and values. */
import type { WireSegment } from 'tcblab';

/** Read a segment. @returns null for octets that are none @rfc 9293 3.1, 3.2 */
export function parseSegment(bytes: Uint8Array): WireSegment | null {
  // TODO: a DataView reads big-endian numbers: new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  throw new Error('parseSegment is not written yet');
}

/** Write a segment, with 0 in its checksum field. @rfc 9293 3.1, 3.2 */
export function writeSegment(segment: WireSegment): Uint8Array {
  // TODO
  throw new Error('writeSegment is not written yet');
}
