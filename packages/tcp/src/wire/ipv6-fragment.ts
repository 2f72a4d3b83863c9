/** The fragment header of IPv6, and the packet that its fragments make. @rfc 8200 4.5 */
import type { Octets } from '../units.ts';
import { viewOf } from './byte-view.ts';
import { IPV6_HEADER_LENGTH, type Ipv6Header } from './ipv6.ts';

export const IPV6_FRAGMENT_HEADER_LENGTH: Octets = 8;

/** What a fragment says of itself. */
export interface Ipv6Fragment {
  /** What the whole packet carries; only the first fragment's word counts. */
  readonly protocol: number;
  /** Where its payload belongs in the packet's. */
  readonly offset: Octets;
  /** More fragments follow. */
  readonly more: boolean;
  readonly id: number;
}

/** Read the fragment header that a packet carries. `parseIpv6` has made sure that it is there. */
export function readIpv6Fragment(bytes: Uint8Array, { payloadStart }: Ipv6Header): Ipv6Fragment {
  const view = viewOf(bytes);
  const bits = view.getUint16(payloadStart + 2);
  return {
    protocol: view.getUint8(payloadStart),
    offset: bits & 0xfff8,
    more: (bits & 1) !== 0,
    id: view.getUint32(payloadStart + 4),
  };
}

/**
 * The header of the packet that the fragment at `start` is the first of: extension headers before the fragments have had
 * their say when this one was read, and are left out.
 */
export function wholeIpv6Header(bytes: Uint8Array, start: number, protocol: number): Uint8Array {
  const header = bytes.slice(start, start + IPV6_HEADER_LENGTH);
  header[NEXT_HEADER] = protocol;
  return header;
}

/** Put the length into the header of a packet that is whole now; at most 65,535 octets lie behind it. */
export function restoreIpv6(packet: Uint8Array): void {
  viewOf(packet).setUint16(PAYLOAD_LENGTH, packet.length - IPV6_HEADER_LENGTH);
}

const PAYLOAD_LENGTH = 4;
const NEXT_HEADER = 6;
