/** Strings as UTF-8 and back, for packages that have neither TextEncoder nor Buffer. Never throws, never emits invalid UTF-8. */

const REPLACEMENT = 0xfffd;

/**
 * Write `text` at `offset`; a lone surrogate becomes U+FFFD. Stops before the first character that would pass `end`,
 * so that what was written is whole characters.
 *
 * @returns the offset after the last octet written
 */
export function writeUtf8(text: string, bytes: Uint8Array, offset: number, end: number): number {
  let at = offset;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code < 0x80) {
      if (at >= end) break;
      bytes[at++] = code;
      continue;
    }
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = i + 1 < text.length ? text.charCodeAt(i + 1) : 0;
      if (code < 0xdc00 && low >= 0xdc00 && low <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        i++;
      } else {
        code = REPLACEMENT;
      }
    }
    const length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (at + length > end) break;
    if (length === 2) {
      bytes[at++] = 0xc0 | (code >> 6);
    } else {
      if (length === 3) {
        bytes[at++] = 0xe0 | (code >> 12);
      } else {
        bytes[at++] = 0xf0 | (code >> 18);
        bytes[at++] = 0x80 | ((code >> 12) & 0x3f);
      }
      bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
    }
    bytes[at++] = 0x80 | (code & 0x3f);
  }
  return at;
}

/** `text` as UTF-8 in an array of its own. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length * 3);
  return bytes.slice(0, writeUtf8(text, bytes, 0, bytes.length));
}

/** The octets [start, end) as text. Each octet that is not part of a well-formed character becomes U+FFFD. */
export function decodeUtf8(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const pieces: string[] = [];
  let codes: number[] = [];
  for (let at = start; at < end;) {
    const length = sequenceLength(bytes, at, end);
    codes.push(length === 0 ? REPLACEMENT : codePoint(bytes, at, length));
    at += length === 0 ? 1 : length;
    // fromCodePoint takes its characters as arguments, and an engine bounds those.
    if (codes.length === 4096) {
      pieces.push(String.fromCodePoint(...codes));
      codes = [];
    }
  }
  pieces.push(String.fromCodePoint(...codes));
  return pieces.join('');
}

/** Octets of the well-formed character at `at`; 0 when there is none (RFC 3629 §4: no overlong form, no surrogate). */
function sequenceLength(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at];
  if (lead < 0x80) return 1;
  const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > end) return 0;
  for (let i = 1; i < length; i++) if ((bytes[at + i] & 0xc0) !== 0x80) return 0;
  const second = bytes[at + 1];
  if (lead === 0xe0 && second < 0xa0) return 0;
  if (lead === 0xed && second >= 0xa0) return 0;
  if (lead === 0xf0 && second < 0x90) return 0;
  if (lead === 0xf4 && second >= 0x90) return 0;
  return length;
}

function codePoint(bytes: Uint8Array, at: number, length: number): number {
  if (length === 1) return bytes[at];
  let code = bytes[at] & (0x7f >> length);
  for (let i = 1; i < length; i++) code = (code << 6) | (bytes[at + i] & 0x3f);
  return code;
}
