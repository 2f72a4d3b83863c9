/** IPv4 packets in pieces, as a router makes them of one that is too long. */
import { checksum } from '../src/wire/index.ts';

const HEADER = 20;

export interface PieceFields {
  readonly from: number;
  readonly to: number;
  /** Unless told, all but the last piece have it. */
  readonly more?: boolean;
  /** Octets in place of the packet's own. */
  readonly bytes?: Uint8Array;
  readonly id?: number;
}

/** The part [from, to) of the packet's payload; `from` is a multiple of 8. */
export function piece(packet: Uint8Array, { from, to, more, bytes, id }: PieceFields): Uint8Array {
  const payload = bytes ?? packet.subarray(HEADER + from, HEADER + to);
  const fragment = new Uint8Array(HEADER + payload.length);
  fragment.set(packet.subarray(0, HEADER));
  fragment.set(payload, HEADER);
  const view = new DataView(fragment.buffer);
  view.setUint16(2, fragment.length);
  if (id !== undefined) view.setUint16(4, id);
  view.setUint16(6, ((more ?? HEADER + to < packet.length) ? 0x2000 : 0) | (from / 8));
  view.setUint16(10, 0);
  view.setUint16(10, ~checksum(fragment, 0, HEADER, 0) & 0xffff);
  return fragment;
}

/** The whole packet, cut at these places of its payload. */
export function cutAt(packet: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const ends = [...cuts, packet.length - HEADER];
  return ends.map((to, i) => piece(packet, { from: i === 0 ? 0 : ends[i - 1], to }));
}
