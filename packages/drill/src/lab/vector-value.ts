/** Values of vectors as JSON, also between judge and judged: octets are texts such as "hex:0a0b". */

const HEX = /^hex:((?:[0-9a-f]{2})*)$/;
/** What JSON has no word for. */
const NUMBER = /^number:(NaN|Infinity|-Infinity|-0)$/;
/** Beyond it, a value is not looked into: what is judged may hand out a ring. */
const DEEPEST = 16;

/** Octets and numbers for the texts that stand for them. */
export function decodeValue(value: unknown): unknown {
  if (typeof value === 'string') {
    const number = NUMBER.exec(value);
    if (number !== null) return Number(number[1]);
    const match = HEX.exec(value);
    if (match === null) return value;
    const pairs = match[1].match(/../g) ?? [];
    return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
  }
  if (Array.isArray(value)) return value.map(decodeValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, decodeValue(member)]));
}

/** What `decodeValue` reads back: plain data, whatever was given. */
export function encodeValue(value: unknown, depth = 0): unknown {
  if (value instanceof Uint8Array) return hex(value);
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : `number:${Object.is(value, -0) ? '-0' : value}`;
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (typeof value !== 'object' || depth === DEEPEST) return `a ${typeof value}`;
  if (Array.isArray(value)) return value.map((one) => encodeValue(one, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, encodeValue(member, depth + 1)]),
  );
}

/** For people. */
export function showValue(value: unknown): string {
  if (value instanceof Uint8Array) return hex(value);
  if (Array.isArray(value)) return `[${value.map(showValue).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{ ${Object.entries(value)
      .map(([name, member]) => `${name}: ${showValue(member)}`)
      .join(', ')} }`;
  }
  return typeof value === 'string' ? value : String(value);
}

function hex(bytes: Uint8Array): string {
  return `hex:${Array.from(bytes, (octet) => octet.toString(16).padStart(2, '0')).join('')}`;
}
