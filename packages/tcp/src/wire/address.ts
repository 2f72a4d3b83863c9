/** IP addresses as four 32-bit words, so that comparing and hashing cost four integer operations and no allocation. */
import { MisuseError } from '../misuse-error.ts';

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

/** Whether an IPv4 address can be one host's: not 0.0.0.0/8, loopback, multicast, reserved or broadcast. @rfc 1122 3.2.1.3 */
export function isHostAddress({ w3 }: Address): boolean {
  const first = w3 >>> 24;
  return first !== 0 && first !== 127 && first < 224;
}

/**
 * Read an address in text form.
 *
 * @throws MisuseError `bad-address` when it is not a dotted quad
 */
export function parseAddress(text: string): Address {
  const parts = text.split('.');
  const address = new Address();
  if (parts.length !== 4) throw notAnAddress(text);
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) throw notAnAddress(text);
    address.w3 = (address.w3 << 8) | Number(part);
  }
  return address;
}

export function formatAddress(address: Address): string {
  const { w3 } = address;
  return `${w3 >>> 24}.${(w3 >>> 16) & 255}.${(w3 >>> 8) & 255}.${w3 & 255}`;
}

function notAnAddress(text: string): MisuseError {
  return new MisuseError('bad-address', `'${text}' is not an IPv4 address such as 10.0.0.1`);
}
