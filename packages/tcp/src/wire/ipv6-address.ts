/** IPv6 addresses that follow from others, and the Ethernet addresses that groups have. */
import { Address } from './address.ts';
import { MacAddress } from './mac-address.ts';

/** Bits of every network on an Ethernet that makes its own interface identifiers. @rfc 4291 2.5.1 */
export const LINK_LOCAL_PREFIX = 64;

/** The address that every interface has without being told: fe80::/64 and the interface's own bits. @rfc 2464 4, 5; 4291 2.5.6 */
export function linkLocalAddress({ high, low }: Readonly<MacAddress>): Address {
  const address = new Address();
  // The "universal/local" bit is turned over, and ff:fe stands in the middle.
  const first = ((high ^ 0x0200) << 16) | ((low >>> 16) & 0xff00) | 0xff;
  address.setIpv6(0xfe800000, 0, first, 0xfe000000 | (low & 0xffffff));
  return address;
}

/** fe80::/10 @rfc 4291 2.5.6 */
export function isLinkLocal({ version, w0 }: Address): boolean {
  return version === 6 && w0 >>> 22 === 0xfe80 >>> 6;
}

/** ::, which stands for an address that its sender does not have yet. @rfc 4291 2.5.2 */
export function isUnspecified({ w0, w1, w2, w3 }: Address): boolean {
  return (w0 | w1 | w2 | w3) === 0;
}

/** ff02::1, every IPv6 host of the link. @rfc 4291 2.7.1 */
export const ALL_NODES: Readonly<Address> = Object.freeze(group(0, 1));

/** The group that a host with `address` is asked for in: ff02::1:ff00:0/104 and its last 24 bits. @rfc 4291 2.7.1 */
export function solicitedNode(address: Address): Address {
  return group(1, 0xff000000 | (address.w3 & 0xffffff));
}

/** Whether it is some host's such group. */
export function isSolicitedNode({ w0, w1, w2, w3 }: Address): boolean {
  return w0 === (0xff020000 | 0) && w1 === 0 && w2 === 1 && w3 >>> 24 === 0xff;
}

/** Where an Ethernet carries packets to a group: 33:33 and the last 32 bits. @rfc 2464 7 */
export function groupMac({ w3 }: Readonly<Address>): MacAddress {
  const mac = new MacAddress();
  mac.high = 0x3333;
  mac.low = w3;
  return mac;
}

/** A group of the link: ff02:: and two words. */
function group(w2: number, w3: number): Address {
  const address = new Address();
  address.setIpv6(0xff020000, 0, w2, w3);
  return address;
}
