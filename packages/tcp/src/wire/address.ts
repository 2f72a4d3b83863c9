/** IP addresses as four 32-bit words, so that comparing and hashing cost four integer operations and no allocation. */

/** An IP address. IPv4 uses `w3` alone, the others are 0; words are signed 32-bit (`| 0`) so that they stay small integers. */
export class Address {
  version: 4 | 6 = 4;
  w0 = 0;
  w1 = 0;
  w2 = 0;
  w3 = 0;

  /** Make it the IPv4 address whose 32 bits are `word`. */
  setIpv4(word: number): void {
    if (this.version !== 4) {
      this.version = 4;
      this.w0 = 0;
      this.w1 = 0;
      this.w2 = 0;
    }
    this.w3 = word | 0;
  }

  /** Make it the IPv6 address of these four words, the first one first. */
  setIpv6(w0: number, w1: number, w2: number, w3: number): void {
    this.version = 6;
    this.w0 = w0 | 0;
    this.w1 = w1 | 0;
    this.w2 = w2 | 0;
    this.w3 = w3 | 0;
  }

  copyFrom(other: Address): void {
    this.version = other.version;
    this.w0 = other.w0;
    this.w1 = other.w1;
    this.w2 = other.w2;
    this.w3 = other.w3;
  }

  copy(): Address {
    const copy = new Address();
    copy.copyFrom(this);
    return copy;
  }
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.w3 === b.w3 && a.w2 === b.w2 && a.w1 === b.w1 && a.w0 === b.w0 && a.version === b.version;
}

/** A signed 32-bit mix of all the words, for tables that chain what collides. */
export function hashAddress({ w0, w1, w2, w3 }: Address): number {
  return Math.imul(w0 ^ Math.imul(w1, 3) ^ Math.imul(w2, 5) ^ w3, 0x9e3779b1);
}

/**
 * Whether an address can be one host's on a wire: not unspecified, loopback, multicast or, of IPv4, 0.0.0.0/8, reserved
 * or broadcast. An IPv4 address in IPv6's form is for sockets, not for packets.
 *
 * @rfc 1122 3.2.1.3; 4291 2.5.2, 2.5.3, 2.5.5, 2.7
 */
export function isHostAddress(address: Address): boolean {
  const { version, w0, w1, w2, w3 } = address;
  if (version === 4) {
    const first = w3 >>> 24;
    return first !== 0 && first !== 127 && first < 224;
  }
  if (w0 === 0 && w1 === 0) return w2 !== 0xffff && (w2 !== 0 || w3 >>> 0 > 1);
  return !isMulticastAddress(address);
}

/** @rfc 1112 4; 4291 2.7 */
export function isMulticastAddress({ version, w0, w3 }: Address): boolean {
  return version === 6 ? w0 >>> 24 === 0xff : w3 >>> 28 === 14;
}
