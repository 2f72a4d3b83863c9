/** Lab 01: a segment between octets and values. @rfc 9293 3.1, 3.2 */
import type { WireOption, WireSegment } from 'tcblab';

const HEADER_LENGTH = 20;
const END_OF_LIST = 0;
const NO_OPERATION = 1;

export function parseSegment(bytes: Uint8Array): WireSegment | null {
  if (bytes.length < HEADER_LENGTH) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  // Data Offset counts words of 32 bits.
  const headerLength = (view.getUint8(12) >> 4) * 4;
  if (headerLength < HEADER_LENGTH || headerLength > bytes.length) return null;
  const options = parseOptions(bytes.subarray(HEADER_LENGTH, headerLength));
  if (options === null) return null;
  return {
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    seq: view.getUint32(4),
    ack: view.getUint32(8),
    flags: view.getUint8(13),
    wnd: view.getUint16(14),
    up: view.getUint16(18),
    options,
    text: bytes.subarray(headerLength),
  };
}

function parseOptions(bytes: Uint8Array): WireOption[] | null {
  const options: WireOption[] = [];
  for (let at = 0; at < bytes.length && bytes[at] !== END_OF_LIST;) {
    const kind = bytes[at];
    if (kind === NO_OPERATION) {
      options.push({ kind, data: new Uint8Array(0) });
      at += 1;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    // Lengths count the octets of kind and length too.
    if (length < 2 || at + length > bytes.length) return null;
    options.push({ kind, data: bytes.subarray(at + 2, at + length) });
    at += length;
  }
  return options;
}

export function writeSegment(segment: WireSegment): Uint8Array {
  const options = segment.options.flatMap(({ kind, data }) =>
    kind === NO_OPERATION ? [kind] : [kind, data.length + 2, ...data],
  );
  // The header ends on a word: what is left over is the end of the list.
  const headerLength = Math.ceil((HEADER_LENGTH + options.length) / 4) * 4;
  const bytes = new Uint8Array(headerLength + segment.text.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, segment.sourcePort);
  view.setUint16(2, segment.destinationPort);
  view.setUint32(4, segment.seq);
  view.setUint32(8, segment.ack);
  view.setUint8(12, (headerLength / 4) << 4);
  view.setUint8(13, segment.flags);
  view.setUint16(14, segment.wnd);
  view.setUint16(18, segment.up);
  bytes.set(options, HEADER_LENGTH);
  bytes.set(segment.text, headerLength);
  return bytes;
}
