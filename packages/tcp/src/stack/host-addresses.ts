/** The addresses that one host answers to, and which of them it speaks from. */
import { MisuseError } from '../misuse-error.ts';
import { type Address, isHostAddress, sameAddress } from '../wire/address.ts';
import { formatAddress, parseAddress } from '../wire/address-text.ts';
import { isLinkLocal } from '../wire/ipv6-address.ts';

/** A host's place in IPv6. */
export interface Ipv6Options {
  /** Ours, such as `fd00::1`. */
  readonly address: string;
  /** The address that the interface has of itself, such as `fe80::1`. */
  readonly linkLocal?: string;
}

export class HostAddresses {
  readonly ipv4: Address;
  /** Null for a host that has no IPv6. */
  readonly ipv6: Address | null;
  readonly linkLocal: Address | null;

  /** @throws MisuseError `bad-address` */
  constructor(ipv4: string, ipv6?: Ipv6Options) {
    this.ipv4 = parseOwn(ipv4, 4);
    this.ipv6 = ipv6 === undefined ? null : parseOwn(ipv6.address, 6);
    this.linkLocal = ipv6?.linkLocal === undefined ? null : parseOwn(ipv6.linkLocal, 6);
  }

  /** Our own record of an address; null when it is not ours. */
  find(address: Address): Address | null {
    const { ipv4, ipv6, linkLocal } = this;
    if (address.version === 4) return sameAddress(address, ipv4) ? ipv4 : null;
    if (ipv6 !== null && sameAddress(address, ipv6)) return ipv6;
    return linkLocal !== null && sameAddress(address, linkLocal) ? linkLocal : null;
  }

  /** The address of ours with the scope of `remote`; null when there is none of its version. @rfc 6724 5 */
  sourceFor(remote: Address): Address | null {
    if (remote.version === 4) return this.ipv4;
    return isLinkLocal(remote) ? (this.linkLocal ?? this.ipv6) : this.ipv6;
  }
}

function parseOwn(text: string, version: 4 | 6): Address {
  const address = parseAddress(text);
  if (address.version === version && isHostAddress(address)) return address;
  throw new MisuseError(
    'bad-address',
    `${formatAddress(address)} is not an IPv${version} address of one host`,
  );
}
