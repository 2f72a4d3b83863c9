/** ARP for IPv4 over Ethernet: who has this address, and the answer. @rfc 826 */
import type { Octets } from '../units.ts';
import { Address } from './address.ts';
import { viewOf } from './byte-view.ts';
import { readMac, writeMac } from './ethernet.ts';
import { MacAddress } from './mac-address.ts';
import { malformed } from './malformed.ts';
import type { Malformed } from './malformed.ts';

export const ARP_LENGTH: Octets = 28;

export const ARP_REQUEST = 1;
export const ARP_REPLY = 2;

const PROTOCOL_SPACE = 2;
const ADDRESS_LENGTHS = 4;
const OPERATION = 6;
const SENDER_MAC = 8;
const SENDER_IP = 14;
const TARGET_MAC = 18;
const TARGET_IP = 24;

const ETHERNET = 1;
const IPV4 = 0x0800;
/** Six octets of Ethernet address, four of IPv4. */
const SIX_AND_FOUR = 0x0604;

const TRUNCATED = malformed('arp', 'truncated', 0);
const UNSUPPORTED_HARDWARE = malformed('arp', 'unsupported', 0);
const UNSUPPORTED_PROTOCOL = malformed('arp', 'unsupported', PROTOCOL_SPACE);
const BAD_ADDRESS_LENGTHS = malformed('arp', 'bad-length', ADDRESS_LENGTHS);
const UNSUPPORTED_OPERATION = malformed('arp', 'unsupported', OPERATION);

/** One request or reply. Records are reused: copy what must outlive the call. */
export class ArpPacket {
  /** `ARP_REQUEST` or `ARP_REPLY`. */
  operation = ARP_REQUEST;
  readonly senderMac = new MacAddress();
  readonly senderIp = new Address();
  /** Means nothing in a request. */
  readonly targetMac = new MacAddress();
  readonly targetIp = new Address();
}

/**
 * Read the packet bytes[start, end); what follows its 28 octets is padding.
 *
 * @returns null when it is good; other address families and operations are `unsupported`
 * @rfc 826
 */
export function parseArp(bytes: Uint8Array, start: number, end: number, into: ArpPacket): Malformed | null {
  if (end - start < ARP_LENGTH) return TRUNCATED;
  const view = viewOf(bytes);
  if (view.getUint16(start) !== ETHERNET) return UNSUPPORTED_HARDWARE;
  if (view.getUint16(start + PROTOCOL_SPACE) !== IPV4) return UNSUPPORTED_PROTOCOL;
  if (view.getUint16(start + ADDRESS_LENGTHS) !== SIX_AND_FOUR) return BAD_ADDRESS_LENGTHS;
  const operation = view.getUint16(start + OPERATION);
  if (operation !== ARP_REQUEST && operation !== ARP_REPLY) return UNSUPPORTED_OPERATION;
  into.operation = operation;
  readMac(view, start + SENDER_MAC, into.senderMac);
  into.senderIp.setIpv4(view.getInt32(start + SENDER_IP));
  readMac(view, start + TARGET_MAC, into.targetMac);
  into.targetIp.setIpv4(view.getInt32(start + TARGET_IP));
  return null;
}

/** Write the packet at `start`. @returns octets written, always 28 */
export function writeArp(packet: ArpPacket, into: Uint8Array, start: number): Octets {
  const view = viewOf(into);
  view.setUint16(start, ETHERNET);
  view.setUint16(start + PROTOCOL_SPACE, IPV4);
  view.setUint16(start + ADDRESS_LENGTHS, SIX_AND_FOUR);
  view.setUint16(start + OPERATION, packet.operation);
  writeMac(packet.senderMac, view, start + SENDER_MAC);
  view.setInt32(start + SENDER_IP, packet.senderIp.w3);
  writeMac(packet.targetMac, view, start + TARGET_MAC);
  view.setInt32(start + TARGET_IP, packet.targetIp.w3);
  return ARP_LENGTH;
}
