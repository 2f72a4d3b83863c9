import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeUtf8, encodeUtf8, writeUtf8 } from './utf8.ts';

test('any text is encoded as TextEncoder encodes it, lone surrogates included', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 0xd800, max: 0xdfff }), (text, lone) => {
      const odd = `${text}${String.fromCharCode(lone)}!`;
      expect(encodeUtf8(odd)).toEqual(new TextEncoder().encode(odd));
    }),
  );
});

test('well-formed octets are decoded as TextDecoder decodes them', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(decodeUtf8(new TextEncoder().encode(text))).toBe(text);
    }),
  );
});

test('malformed octets become U+FFFD and never throw', () => {
  expect(decodeUtf8(Uint8Array.of(0x41, 0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0xe4, 0xb8))).toBe(
    'A' + '\ufffd'.repeat(8),
  );
  fc.assert(fc.property(fc.uint8Array(), (bytes) => typeof decodeUtf8(bytes) === 'string'));
});

test('a long text is decoded whole', () => {
  const text = '握手'.repeat(100_000);
  expect(decodeUtf8(encodeUtf8(text))).toBe(text);
});

test('where room ends, the last character written is whole', () => {
  const bytes = new Uint8Array(8);
  expect(writeUtf8('aé漢😀', bytes, 0, 8)).toBe(6);
  expect(decodeUtf8(bytes, 0, 6)).toBe('aé漢');
});
