/** IP addresses as people write them. */
import { MisuseError } from '../misuse-error.ts';
import { Address } from './address.ts';

/**
 * Read an address in text form.
 *
 * @throws MisuseError `bad-address` when it is neither a dotted quad nor an IPv6 address without zone
 * @rfc 4291 2.2
 */
export function parseAddress(text: string): Address {
  const address = new Address();
  if (!text.includes(':')) {
    const word = parseQuad(text);
    if (word === null) throw notAnAddress(text);
    address.setIpv4(word);
    return address;
  }
  const groups = parseGroups(text);
  if (groups === null) throw notAnAddress(text);
  const [w0, w1, w2, w3] = [0, 2, 4, 6].map((at) => (groups[at] << 16) | groups[at + 1]);
  address.setIpv6(w0, w1, w2, w3);
  return address;
}

/** The one form in which an address is shown. @rfc 5952 4 */
export function formatAddress({ version, w0, w1, w2, w3 }: Address): string {
  if (version === 4) return formatQuad(w3);
  if (w0 === 0 && w1 === 0 && w2 === 0xffff) return `::ffff:${formatQuad(w3)}`;
  const groups = [w0, w1, w2, w3].flatMap((word) => [word >>> 16, word & 0xffff]);
  const [from, to] = longestZeros(groups);
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(':');
  if (to - from < 2) return text(groups);
  return `${text(groups.slice(0, from))}::${text(groups.slice(to))}`;
}

/** An address and a port, such as `10.0.0.1:80` or `[fd00::1]:80`. @rfc 5952 6 */
export function formatAddressAndPort(address: Address, port: number): string {
  return joinAddressAndPort(formatAddress(address), port);
}

/** The same of an address that is text already. */
export function joinAddressAndPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function parseQuad(text: string): number | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  let word = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return null;
    word = (word << 8) | Number(part);
  }
  return word;
}

function formatQuad(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

/** Eight numbers of 16 bits; null when the text is no IPv6 address. */
function parseGroups(text: string): number[] | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head, tail] = halves.map((half, at) => parseHalf(half, at === halves.length - 1));
  if (head === null || tail === null) return null;
  if (tail === undefined) return head.length === 8 ? head : null;
  const missing = 8 - head.length - tail.length;
  return missing < 1 ? null : [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}

/** The groups on one side of `::`. The last may be a dotted quad, which counts as two. */
function parseHalf(text: string, isLast: boolean): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [at, part] of parts.entries()) {
    if (isLast && at === parts.length - 1 && part.includes('.')) {
      const word = parseQuad(part);
      if (word === null) return null;
      groups.push(word >>> 16, word & 0xffff);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return null;
  }
  return groups;
}

/** The longest run of zeros, the first of several: [from, to). */
function longestZeros(groups: readonly number[]): readonly [number, number] {
  let best: readonly [number, number] = [0, 0];
  let from = 0;
  for (const [at, group] of groups.entries()) {
    if (group !== 0) from = at + 1;
    else if (at + 1 - from > best[1] - best[0]) best = [from, at + 1];
  }
  return best;
}

function notAnAddress(text: string): MisuseError {
  return new MisuseError('bad-address', `'${text}' is not an IP address such as 10.0.0.1 or fd00::1`);
}
