/** Addresses of an interface as its description holds them: text to octets, and octets to text. */
import { MisuseError } from '@tcblab/tcp';
import { Address, formatAddress, parseAddress, parseMac } from '@tcblab/tcp/wire';

/** Four octets of an IPv4 address, sixteen of an IPv6 address. @throws MisuseError `bad-address` */
export function addressOctets(text: string): number[] {
  const { version, w0, w1, w2, w3 } = parseAddress(text);
  const words = version === 4 ? [w3] : [w0, w1, w2, w3];
  return words.flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);
}

/**
 * @param text such as `10.0.0.1/24`
 * @throws MisuseError `bad-interface` or `bad-address`
 */
export function addressAndMask(text: string): number[] {
  const [address, prefix = '32'] = text.split('/');
  const length = Number(prefix);
  const octets = addressOctets(address);
  if (!/^\d{1,2}$/.test(prefix) || length > 32 || octets.length !== 4) {
    throw new MisuseError('bad-interface', `'${text}' is not an IPv4 address and prefix such as 10.0.0.1/24`);
  }
  const mask = length === 0 ? 0 : (-1 << (32 - length)) >>> 0;
  return [...octets, mask >>> 24, (mask >>> 16) & 255, (mask >>> 8) & 255, mask & 255];
}

/**
 * @param text such as `fd00::1/64`
 * @throws MisuseError `bad-interface` or `bad-address`
 */
export function ipv6AddressAndPrefix(text: string): number[] {
  const [address, prefix = '128'] = text.split('/');
  const octets = addressOctets(address);
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > 128 || octets.length !== 16) {
    throw new MisuseError('bad-interface', `'${text}' is not an IPv6 address and prefix such as fd00::1/64`);
  }
  return [...octets, Number(prefix)];
}

/** @throws MisuseError `bad-mac-address` */
export function macOctets(text: string): number[] {
  const { high, low } = parseMac(text);
  return [high >>> 8, high, low >>> 24, low >>> 16, low >>> 8, low];
}

/** @param octets four or sixteen */
export function formatOctets(octets: Uint8Array): string {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const address = new Address();
  if (octets.length === 4) address.setIpv4(view.getInt32(0));
  else address.setIpv6(view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12));
  return formatAddress(address);
}

/** @param octets sixteen of an address, one of its prefix length */
export function formatIpv6AndPrefix(octets: Uint8Array): string {
  return `${formatOctets(octets.subarray(0, 16))}/${octets[16]}`;
}

/** @param octets four of an address, four of its mask */
export function formatAddressAndMask(octets: Uint8Array): string {
  const mask = octets.subarray(4).reduce((bits, octet) => (bits << 8) | octet, 0);
  return `${formatOctets(octets.subarray(0, 4))}/${Math.clz32(~mask)}`;
}

export function formatMacOctets(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join(':');
}
