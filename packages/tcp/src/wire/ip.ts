/** A packet of either version of IP, for readers that want what it carries. */
import type { Octets } from '../units.ts';
import { Ipv4Header, PROTOCOL_ICMP, parseIpv4 } from './ipv4.ts';
import { Ipv6Header, PROTOCOL_ICMPV6, parseIpv6 } from './ipv6.ts';
import { malformed } from './malformed.ts';
import type { Malformed } from './malformed.ts';

const TRUNCATED = malformed('ipv4', 'truncated', 0);

/** Records for both versions, and which of them holds the packet that was read last. */
export class IpPacket {
  readonly ipv4 = new Ipv4Header();
  readonly ipv6 = new Ipv6Header();
  /** The header that was read. */
  header: Ipv4Header | Ipv6Header = this.ipv4;

  /** Octets behind the header or headers. */
  get payloadLength(): Octets {
    return this.header.payloadEnd - this.header.payloadStart;
  }

  /** Whether it carries the ICMP of its version. */
  get isIcmp(): boolean {
    return this.header.protocol === (this.header === this.ipv4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6);
  }
}

/** Read the packet bytes[start, end) by the version that it says. @returns null when it is good */
export function parseIp(bytes: Uint8Array, start: number, end: number, into: IpPacket): Malformed | null {
  if (start >= end) return TRUNCATED;
  if (ipVersion(bytes, start) === 6) {
    into.header = into.ipv6;
    return parseIpv6(bytes, start, end, into.ipv6);
  }
  into.header = into.ipv4;
  return parseIpv4(bytes, start, end, into.ipv4);
}

/** What the packet at `start` says of itself: 4, 6, or something that is no version. */
export function ipVersion(bytes: Uint8Array, start: number): number {
  return bytes[start] >>> 4;
}
