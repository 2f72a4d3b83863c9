import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeMessage, MAX_PAYLOAD, MessageDecoder, type Message } from './frame-codec.ts';

/** What a decoder makes of bytes that come in pieces of the given sizes. */
function decode(bytes: Uint8Array, sizes: readonly number[] = [bytes.length]) {
  const messages: Message[] = [];
  const noise: number[] = [];
  const decoder = new MessageDecoder(
    ({ type, payload }) => messages.push({ type, payload: Uint8Array.from(payload) }),
    (piece) => noise.push(...piece),
  );
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1);
    decoder.push(bytes.subarray(at, at + size));
    at += size;
  }
  return { messages, noise: Buffer.from(noise).toString('latin1') };
}

const messages = fc.array(
  fc.record({ type: fc.integer({ min: 0, max: 255 }), payload: fc.uint8Array({ maxLength: 300 }) }),
  { maxLength: 5 },
);
const pieces = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });

test('what is sent arrives, however the line cuts it', () => {
  fc.assert(
    fc.property(messages, pieces, (sent, sizes) => {
      const bytes = Buffer.concat(sent.map(({ type, payload }) => encodeMessage(type, payload)));
      expect(decode(bytes, sizes)).toEqual({ messages: sent, noise: '' });
    }),
  );
});

test('a console may print between messages', () => {
  // The noise has no octet that begins a message; its tail is known as noise when something follows.
  const noise = fc.string({ unit: 'grapheme-ascii', maxLength: 60 });
  fc.assert(
    fc.property(messages, noise, pieces, (sent, line, sizes) => {
      const bytes = Buffer.concat(
        sent.flatMap(({ type, payload }) => [Buffer.from(line), encodeMessage(type, payload)]),
      );
      expect(decode(bytes, sizes)).toEqual({ messages: sent, noise: line.repeat(sent.length) });
    }),
  );
});

test('a message that the console printed into is lost, and the next one is found', () => {
  const [first, second] = ['one', 'two'].map((text) => encodeMessage(1, Buffer.from(text)));
  const crashed = Buffer.from('[   12.345678] usb 1-1: new high-speed USB device\r\n');
  for (let at = 0; at <= first.length; at++) {
    const bytes = Buffer.concat([first.subarray(0, at), crashed, first.subarray(at), second, second]);
    const found = decode(bytes, [7]).messages.map(({ payload }) => Buffer.from(payload).toString());
    const whole = at === 0 || at === first.length;
    expect(found).toEqual(whole ? ['one', 'two', 'two'] : ['two', 'two']);
  }
});

test('a flipped bit anywhere loses that message and no other', () => {
  const first = encodeMessage(1, Buffer.from('õTCB is no message'));
  const second = encodeMessage(2, Buffer.from('two'));
  for (let bit = 0; bit < first.length * 8; bit++) {
    const hurt = Buffer.from(first);
    hurt[bit >> 3] ^= 1 << (bit & 7);
    expect(decode(Buffer.concat([hurt, second])).messages.map(({ type }) => type)).toEqual([2]);
  }
});

test('a message beyond the limit is refused where it is made', () => {
  expect(() => encodeMessage(1, new Uint8Array(MAX_PAYLOAD + 1))).toThrow('at most');
});
