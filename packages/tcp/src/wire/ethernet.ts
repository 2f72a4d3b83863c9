/** Ethernet II frames: addresses, type, payload. No preamble and no frame check sequence: a driver gives neither. */
import type { Octets } from '../units.ts';
import { viewOf } from './byte-view.ts';
import { MacAddress } from './mac-address.ts';
import { malformed } from './malformed.ts';
import type { Malformed } from './malformed.ts';

const HEADER_LENGTH = 14;
export const ETHERNET_HEADER_LENGTH: Octets = HEADER_LENGTH;

export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_ARP = 0x0806;
export const ETHERTYPE_IPV6 = 0x86dd;

const SOURCE = 6;
const TYPE = 12;

const ETHERTYPE_VLAN = 0x8100;
const ETHERTYPE_SERVICE_VLAN = 0x88a8;
/** Below this the field is an IEEE 802.3 length. */
const FIRST_TYPE = 0x0600;

const TRUNCATED = malformed('ethernet', 'truncated', 0);
const UNSUPPORTED_TYPE = malformed('ethernet', 'unsupported', TYPE);

/** A frame's header, and where its payload lies. Records are reused: copy what must outlive the call. */
export class EthernetHeader {
  readonly destination = new MacAddress();
  readonly source = new MacAddress();
  etherType = 0;
  /** The payload is bytes[payloadStart, payloadEnd), with any padding to the least frame size still at its end. */
  payloadStart = 0;
  payloadEnd = 0;
}

/**
 * Read the frame bytes[start, end).
 *
 * @param into filled; holds nothing of use when the frame is malformed
 * @returns null when it is good; 802.1Q tags and IEEE 802.3 lengths are `unsupported`
 * @rfc 894
 */
export function parseEthernet(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: EthernetHeader,
): Malformed | null {
  if (end - start < HEADER_LENGTH) return TRUNCATED;
  const view = viewOf(bytes);
  const destinationHigh = view.getUint16(start);
  const destinationLow = view.getInt32(start + 2);
  const sourceHigh = view.getUint16(start + SOURCE);
  const sourceLow = view.getInt32(start + SOURCE + 2);
  const etherType = view.getUint16(start + TYPE);
  if (etherType < FIRST_TYPE || etherType === ETHERTYPE_VLAN || etherType === ETHERTYPE_SERVICE_VLAN) {
    return UNSUPPORTED_TYPE;
  }
  into.destination.high = destinationHigh;
  into.destination.low = destinationLow;
  into.source.high = sourceHigh;
  into.source.low = sourceLow;
  into.etherType = etherType;
  into.payloadStart = start + HEADER_LENGTH;
  into.payloadEnd = end;
  return null;
}

/** Write the header at `start`; the payload follows by the caller. @returns octets written, always 14 */
export function writeEthernet(header: EthernetHeader, into: Uint8Array, start: number): Octets {
  const view = viewOf(into);
  const { destination, source } = header;
  view.setInt32(start, (destination.high << 16) | (destination.low >>> 16));
  view.setInt32(start + 4, (destination.low << 16) | (source.high & 0xffff));
  view.setInt32(start + 8, source.low);
  view.setUint16(start + TYPE, header.etherType);
  return HEADER_LENGTH;
}

/** Read the six octets at `at`. */
export function readMac(view: DataView, at: number, into: MacAddress): void {
  into.high = view.getUint16(at);
  into.low = view.getInt32(at + 2);
}

/** Write six octets at `at`. */
export function writeMac(mac: MacAddress, view: DataView, at: number): void {
  view.setUint16(at, mac.high);
  view.setInt32(at + 2, mac.low);
}
