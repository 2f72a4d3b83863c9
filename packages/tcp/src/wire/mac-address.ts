/** Ethernet addresses as two integers, so that comparing costs two operations and no allocation. */
import { MisuseError } from '../misuse-error.ts';

/** A 48-bit Ethernet address. */
export class MacAddress {
  /** The first two octets, 0 to 0xffff. */
  high = 0;
  /** The last four octets, signed 32-bit (`| 0`) so that they stay a small integer. */
  low = 0;

  copyFrom(other: MacAddress): void {
    this.high = other.high;
    this.low = other.low;
  }
}

/** ff:ff:ff:ff:ff:ff, every host on the link. */
export const BROADCAST_MAC: Readonly<MacAddress> = Object.freeze(parseMac('ff:ff:ff:ff:ff:ff'));

export function sameMac(a: Readonly<MacAddress>, b: Readonly<MacAddress>): boolean {
  return a.low === b.low && a.high === b.high;
}

/** Whether it names a group of hosts: a multicast address or the broadcast address. */
export function isGroupMac(mac: Readonly<MacAddress>): boolean {
  return (mac.high & 0x0100) !== 0;
}

/**
 * Read an Ethernet address in text form.
 *
 * @throws MisuseError `bad-mac-address` when it is not six pairs of hex digits between colons
 */
export function parseMac(text: string): MacAddress {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) {
    throw new MisuseError(
      'bad-mac-address',
      `'${text}' is not an Ethernet address such as 02:00:00:00:00:01`,
    );
  }
  const digits = text.replaceAll(':', '');
  const mac = new MacAddress();
  mac.high = Number.parseInt(digits.slice(0, 4), 16);
  mac.low = Number.parseInt(digits.slice(4), 16) | 0;
  return mac;
}

export function formatMac({ high, low }: Readonly<MacAddress>): string {
  const octets = [high >>> 8, high, low >>> 24, low >>> 16, low >>> 8, low];
  return octets.map((octet) => (octet & 0xff).toString(16).padStart(2, '0')).join(':');
}
