/**
 * The name of one frame on one host. On disk it is an unsigned 64-bit number: the host in the top 8 bits, the frame's
 * index below. In JavaScript the two stay apart, so that neither loses a bit and no BigInt is made per packet.
 */

/** A frame as one host saw it. */
export interface PacketId {
  /** Number of the host, 0 to 255. Lab hosts count from 1. */
  readonly host: number;
  /** Index of the frame in the host's capture, from 1: the frame number that Wireshark shows for that host's file. */
  readonly frame: number;
}

const FRAME_BITS = 56n;

/** The 64-bit number in decimal, as Wireshark's `frame.packet_id` shows it and as a trace carries it. */
export function formatPacketId(id: PacketId): string {
  return ((BigInt(id.host) << FRAME_BITS) | BigInt(id.frame)).toString();
}

/** @returns null when `text` is not an unsigned 64-bit number, or its frame index is beyond 2^53 - 1 */
export function parsePacketId(text: string): PacketId | null {
  if (!/^\d{1,20}$/.test(text)) return null;
  const value = BigInt(text);
  const host = value >> FRAME_BITS;
  const frame = value & ((1n << FRAME_BITS) - 1n);
  if (host > 0xffn || frame > BigInt(Number.MAX_SAFE_INTEGER)) return null;
  return { host: Number(host), frame: Number(frame) };
}
