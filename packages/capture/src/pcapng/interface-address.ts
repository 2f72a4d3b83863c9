/** Addresses of an interface as its description holds them: text to octets, and octets to text. */
import { MisuseError } from '@tcblab/tcp';
import { parseAddress, parseMac } from '@tcblab/tcp/wire';

/** @throws MisuseError `bad-address` */
export function ipv4Octets(text: string): number[] {
  const { w3 } = parseAddress(text);
  return [w3 >>> 24, (w3 >>> 16) & 255, (w3 >>> 8) & 255, w3 & 255];
}

/**
 * @param text such as `10.0.0.1/24`
 * @throws MisuseError `bad-interface` or `bad-address`
 */
export function addressAndMask(text: string): number[] {
  const [address, prefix = '32'] = text.split('/');
  const length = Number(prefix);
  if (!/^\d{1,2}$/.test(prefix) || length > 32) {
    throw new MisuseError('bad-interface', `'${text}' is not an IPv4 address and prefix such as 10.0.0.1/24`);
  }
  const mask = length === 0 ? 0 : (-1 << (32 - length)) >>> 0;
  return [...ipv4Octets(address), mask >>> 24, (mask >>> 16) & 255, (mask >>> 8) & 255, mask & 255];
}

/** @throws MisuseError `bad-mac-address` */
export function macOctets(text: string): number[] {
  const { high, low } = parseMac(text);
  return [high >>> 8, high, low >>> 24, low >>> 16, low >>> 8, low];
}

export function formatIpv4(octets: Uint8Array): string {
  return octets.join('.');
}

/** @param octets four of an address, four of its mask */
export function formatAddressAndMask(octets: Uint8Array): string {
  const mask = octets.subarray(4).reduce((bits, octet) => (bits << 8) | octet, 0);
  return `${formatIpv4(octets.subarray(0, 4))}/${Math.clz32(~mask)}`;
}

export function formatMacOctets(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join(':');
}
