/** Socket addresses: text and port on our side, `struct sockaddr_in` and `sockaddr_in6` on the kernel's. */
import { isIPv4, SocketAddress as NodeSocketAddress } from 'node:net';
import { MisuseError } from '@tcblab/tcp';
import { AF } from './constants.ts';

export interface SocketAddress {
  readonly family: 'ipv4' | 'ipv6';
  /** In the usual text form; `0.0.0.0` and `::` stand for any. */
  readonly address: string;
  readonly port: number;
  /** The interface index of a link-local IPv6 address. */
  readonly scope?: number;
}

// Offsets in struct sockaddr_in and struct sockaddr_in6. Family and scope are in the machine's order, little-endian
// on both architectures we build for; ports and addresses in the network's.
const PORT = 2;
const IPV4_ADDRESS = 4;
const IPV4_LENGTH = 16;
const IPV6_ADDRESS = 8;
const IPV6_SCOPE = 24;
const IPV6_LENGTH = 28;

/** Room for any address the kernel may write. */
export const SOCKADDR_ROOM = 128;

/** @throws MisuseError when the address is not of its family or the port is no port */
export function writeSocketAddress(address: SocketAddress): Uint8Array {
  if (!Number.isInteger(address.port) || address.port < 0 || address.port > 65_535) {
    throw new MisuseError('bad-port', `a port is 0 to 65535, not ${address.port}`);
  }
  const ipv4 = address.family === 'ipv4';
  const bytes = new Uint8Array(ipv4 ? IPV4_LENGTH : IPV6_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, ipv4 ? AF.INET : AF.INET6, true);
  view.setUint16(PORT, address.port);
  bytes.set(addressBytes(address.family, address.address), ipv4 ? IPV4_ADDRESS : IPV6_ADDRESS);
  if (!ipv4) view.setUint32(IPV6_SCOPE, address.scope ?? 0, true);
  return bytes;
}

/** @returns null when the kernel wrote no IPv4 or IPv6 address */
export function readSocketAddress(bytes: Uint8Array): SocketAddress | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const family = view.getUint16(0, true);
  if (family === AF.INET) {
    const address = addressText(bytes.subarray(IPV4_ADDRESS, IPV4_ADDRESS + 4));
    return { family: 'ipv4', address, port: view.getUint16(PORT) };
  }
  if (family === AF.INET6) {
    const address = addressText(bytes.subarray(IPV6_ADDRESS, IPV6_ADDRESS + 16));
    const scope = view.getUint32(IPV6_SCOPE, true);
    return { family: 'ipv6', address, port: view.getUint16(PORT), ...(scope === 0 ? {} : { scope }) };
  }
  return null;
}

/** The octets of an address in network order: 4 or 16. */
export function addressBytes(family: 'ipv4' | 'ipv6', text: string): Uint8Array {
  let canonical: string;
  try {
    canonical = new NodeSocketAddress({ family, address: text }).address;
  } catch {
    throw new MisuseError(
      'bad-address',
      `'${text}' is not an ${family === 'ipv4' ? 'IPv4' : 'IPv6'} address`,
    );
  }
  if (family === 'ipv4') return Uint8Array.from(canonical.split('.'), Number);
  const [head = '', tail] = canonical.split('::');
  const front = hextets(head);
  const back = tail === undefined ? [] : hextets(tail);
  const bytes = new Uint8Array(16);
  bytes.set(front);
  bytes.set(back, 16 - back.length);
  return bytes;
}

/** The usual text of 4 or 16 octets. */
export function addressText(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((octets[i] << 8) | octets[i + 1]).toString(16));
  return new NodeSocketAddress({ family: 'ipv6', address: groups.join(':') }).address;
}

/** `10.77.0.1:80` or `[fd00::1]:80`. */
export function socketAddressText(address: SocketAddress): string {
  return address.family === 'ipv4'
    ? `${address.address}:${address.port}`
    : `[${address.address}]:${address.port}`;
}

function hextets(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (isIPv4(group)) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
