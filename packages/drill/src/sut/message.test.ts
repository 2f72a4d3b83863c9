import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createReplyReader, createRequestReader, writeReply, writeRequest } from './message.ts';
import type { Reply, Request } from './message.ts';
import { MAX_PAYLOAD } from './payload.ts';
import type { Value } from './sut.ts';

const { value: values } = fc.letrec<{ value: Value; list: readonly Value[] }>((tie) => ({
  list: fc.array(tie('value'), { maxLength: 4 }),
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constant(null),
    fc.maxSafeInteger(),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Uint8Array.from(bytes)),
    tie('list'),
  ),
}));
const names = fc.string({ maxLength: 30 });
const times = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const bytes = fc.uint8Array({ maxLength: 1500 }).map((all) => Uint8Array.from(all));
const u32 = fc.nat({ max: 0xffff_ffff });

const requests: fc.Arbitrary<Request> = fc.oneof(
  fc.record({
    type: fc.constant('hello' as const),
    version: fc.nat({ max: 0xffff }),
    configuration: fc.record({
      address: fc.ipV4(),
      mtu: fc.nat({ max: 0xffff }),
      isnSecret: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((all) => Uint8Array.from(all)),
      seed: u32,
      settings: fc.dictionary(fc.stringMatching(/^[a-z]{1,12}$/), times, { noNullPrototype: true }),
    }),
  }),
  fc.record({ type: fc.constant('packet' as const), now: times, bytes }),
  fc.record({
    type: fc.constant('call' as const),
    now: times,
    id: u32,
    name: names,
    args: fc.array(values, { maxLength: 6 }),
  }),
  fc.record({ type: fc.constant('advance' as const), now: times }),
);

const replies: fc.Arbitrary<Reply> = fc.oneof(
  fc.record({ type: fc.constant('welcome' as const), version: fc.nat({ max: 0xffff }), name: names }),
  fc.record({ type: fc.constant('sent' as const), bytes }),
  fc.record({
    type: fc.constant('result' as const),
    result: fc.oneof(fc.record({ id: u32, value: values }), fc.record({ id: u32, errno: names })),
  }),
  fc.record({ type: fc.constant('done' as const), deadline: fc.oneof(times, fc.constant(Infinity)) }),
);

function join(messages: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(messages.flatMap((message) => [...message]));
}

/** What a reader makes of bytes that come in pieces of the given sizes. */
function read<M>(
  reader: { push(bytes: Uint8Array): void; next(): M | null },
  all: Uint8Array,
  sizes: readonly number[],
): M[] {
  const messages: M[] = [];
  let at = 0;
  for (let piece = 0; at < all.length; piece++) {
    const size = sizes[piece % sizes.length];
    reader.push(all.subarray(at, at + size));
    at += size;
    for (let message = reader.next(); message !== null; message = reader.next()) messages.push(message);
  }
  return messages;
}

const pieces = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 });

describe('what is written is what is read', () => {
  test('requests, in whatever pieces they come', () => {
    fc.assert(
      fc.property(fc.array(requests, { maxLength: 8 }), pieces, (list, sizes) => {
        expect(read(createRequestReader(), join(list.map(writeRequest)), sizes)).toEqual(list);
      }),
      { seed: 1 },
    );
  });

  test('replies, in whatever pieces they come', () => {
    fc.assert(
      fc.property(fc.array(replies, { maxLength: 8 }), pieces, (list, sizes) => {
        expect(read(createReplyReader(), join(list.map(writeReply)), sizes)).toEqual(list);
      }),
      { seed: 1 },
    );
  });

  test('a message of the greatest length', () => {
    const sent = { type: 'sent', bytes: new Uint8Array(MAX_PAYLOAD).fill(7) } as const;
    expect(read(createReplyReader(), writeReply(sent), [4096])).toEqual([sent]);
    expect(() => writeReply({ type: 'sent', bytes: new Uint8Array(MAX_PAYLOAD + 1) })).toThrow(
      /at most 70000 fit/,
    );
  });
});

describe('what cannot be read is a value that says why', () => {
  function fault(message: Uint8Array): string {
    const reader = createReplyReader();
    reader.push(message);
    const first = reader.next();
    if (first?.type !== 'fault') throw new Error(`read ${JSON.stringify(first)}`);
    // There is no way back into step.
    reader.push(writeReply({ type: 'done', deadline: 1 }));
    expect(reader.next()).toEqual(first);
    return first.reason;
  }

  test('a length beyond the limit', () => {
    expect(fault(Uint8Array.of(0xff, 0, 0, 0, 0x82))).toBe(
      'a message claims 4278190080 octets; at most 70000 are allowed',
    );
  });

  test('a print to standard output, the mistake of everyone', () => {
    expect(fault(Uint8Array.from('hello, world\n', (letter) => letter.charCodeAt(0)))).toBe(
      "standard output begins a message with 'hello': it belongs to the protocol; print to standard error instead",
    );
  });

  test('a type that is not known', () => {
    expect(fault(Uint8Array.of(0, 0, 0, 0, 0x42))).toBe('message type 0x42 is not known here');
  });

  test('a payload that ends early', () => {
    expect(fault(Uint8Array.of(0, 0, 0, 2, 0x84, 1, 2))).toBe(
      "a message of type 'done' ends early, after 2 octets",
    );
  });

  test('a payload with something after it', () => {
    expect(fault(Uint8Array.of(0, 0, 0, 9, 0x84, 0, 0, 0, 0, 0, 0, 0, 1, 9))).toBe(
      "a message of type 'done' is longer than what it holds, 9 octets",
    );
  });

  test('lists nested without end', () => {
    const payload = [0, 0, 0, 1, 0, ...Array.from({ length: 20 }, () => [4, 0, 0, 0, 1]).flat(), 0];
    expect(fault(Uint8Array.of(0, 0, 0, payload.length, 0x83, ...payload))).toMatch(
      /^a message of type 'result' ends early/,
    );
  });

  test('any bytes at all: never an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), pieces, (junk, sizes) => {
        for (const reader of [createReplyReader(), createRequestReader()]) {
          for (let at = 0, piece = 0; at < junk.length; piece++) {
            const size = sizes[piece % sizes.length];
            reader.push(junk.subarray(at, at + size));
            at += size;
            for (
              let message = reader.next();
              message !== null && message.type !== 'fault';
              message = reader.next()
            );
          }
        }
      }),
      { seed: 1, numRuns: 2_000 },
    );
  });
});
