/** Reads a capture file of either format, told apart by how it begins. */
import type { Capture } from './captured.ts';
import { isPcap, readPcap } from './pcap.ts';
import { readPcapng } from './pcapng/reader.ts';

/**
 * Read a whole file. What cannot be read is a `fault` in the result, beside the packets that came before it.
 * Packets' bytes are views of `bytes`.
 */
export function readCapture(bytes: Uint8Array): Capture {
  return isPcap(bytes) ? readPcap(bytes) : readPcapng(bytes);
}
