import { ACK, FIN, PSH, RST, SYN } from '@tcblab/tcp/wire';
import { describe, expect, test } from 'vitest';
import { differences, matchInOrder } from './match.ts';
import type { Expectation } from './scenario.ts';
import type { SightedSegment } from './sighted-segment.ts';

const roles = new Map([
  ['client', '10.0.0.1'],
  ['server', '10.0.0.2'],
]);

function segment(
  from: 'client' | 'server',
  flags: number,
  fields: Partial<SightedSegment> = {},
): SightedSegment {
  const { seq = 0, length = 0 } = fields;
  const to = seq + length + ((flags & SYN) === 0 ? 0 : 1) + ((flags & FIN) === 0 ? 0 : 1);
  const address = roles.get(from) ?? '';
  return {
    frame: 1,
    direction: 'out',
    from: address,
    flags,
    seq,
    ack: 0,
    length,
    to,
    again: false,
    ...fields,
  };
}

function pattern(fields: Partial<Expectation>): Expectation {
  return {
    line: 1,
    set: 0,
    clear: 0,
    carriesData: false,
    again: false,
    text: 'x',
    rfc: { number: 9293, section: '3.5' },
    proves: [],
    group: 0,
    ...fields,
  };
}

describe('one segment', () => {
  const data = segment('client', ACK | PSH, { seq: 1, length: 10, ack: 5 });
  const fin = segment('client', ACK | FIN, { seq: 1, length: 10, ack: 5 });

  test.each([
    ['bits that are not named are free', { set: ACK }, data, []],
    ['a bit that is named must be set', { set: SYN | ACK }, data, ['SYN is not set']],
    ['a bit that must not be set', { set: ACK, clear: FIN | RST }, fin, ['FIN is set']],
    ['data', { carriesData: true }, segment('client', ACK), ['it carries no data']],
    ['what was sent before', { again: true }, data, ['it was not sent before']],
    ['an acknowledgement of as much', { acks: 5 }, data, []],
    ['an acknowledgement of more than was asked', { acks: 4 }, data, []],
    ['an acknowledgement of less', { acks: 6 }, data, ['it acknowledges 5']],
    ['an exact acknowledgement', { ack: 4 }, data, ['it acknowledges 5']],
    ['a number', { seq: 2 }, data, ['seq is 1']],
    ['a length', { length: 9 }, data, ['length is 10']],
    ['data up to its end', { to: 11 }, data, []],
    ['data up to its middle', { to: 6 }, data, []],
    ['data beyond its end', { to: 12 }, data, ['it carries 1 up to 11']],
    ['data before its beginning', { to: 1 }, data, ['it carries 1 up to 11']],
    ['a FIN in its place', { set: FIN, to: 12 }, fin, []],
    ['a FIN beyond its place', { set: FIN, to: 11 }, fin, ['it carries 1 up to 12']],
  ] as [string, Partial<Expectation>, SightedSegment, string[]][])('%s', (_, fields, seen, expected) => {
    expect(differences(pattern(fields), seen)).toEqual(expected);
  });
});

describe('a run of segments', () => {
  const syn = segment('client', SYN);
  const synAck = segment('server', SYN | ACK, { ack: 1 });
  const ack = segment('client', ACK, { seq: 1, ack: 1 });
  const synAgain = { ...syn, again: true };
  const found = (patterns: Partial<Expectation>[], segments: SightedSegment[]) =>
    matchInOrder(patterns.map(pattern), segments, roles).map(({ at }) => at);
  const asked = [{ set: SYN, clear: ACK }, { set: SYN | ACK }, { set: ACK, clear: SYN }];

  test('is found in order, whatever lies between', () => {
    expect(found(asked, [syn, ack, synAck, synAck, ack])).toEqual([0, 2, 4]);
  });
  test('is not found in another order; what follows the missing one still is', () => {
    expect(found(asked, [synAck, syn, ack])).toEqual([1, -1, 2]);
  });
  test('may be answered by one segment that does two things', () => {
    const both = segment('server', ACK | FIN, { ack: 2 });
    expect(found([{ set: ACK, acks: 2 }, { set: FIN }], [both])).toEqual([0, 0]);
  });
  test('is asked of the sender that is named', () => {
    expect(found([{ from: 'server', set: ACK, clear: SYN }], [ack])).toEqual([-1]);
    expect(found([{ set: ACK, clear: SYN }], [ack])).toEqual([0]);
  });
  test('of a segment and its repetition needs both', () => {
    const twice = [
      { set: SYN, clear: ACK },
      { set: SYN, clear: ACK, again: true },
    ];
    expect(found(twice, [syn])).toEqual([0, -1]);
    expect(found(twice, [syn, synAgain])).toEqual([0, 1]);
    expect(found(twice, [synAgain])).toEqual([0, -1]);
  });
  test('in a group has any order, and the group has its place', () => {
    const group = [
      { set: SYN, clear: ACK },
      { set: ACK, clear: SYN, group: 1 },
      { set: SYN | ACK, group: 1 },
      { set: FIN },
    ];
    const fin = segment('client', FIN | ACK);
    expect(found(group, [syn, synAck, ack, fin])).toEqual([0, 2, 1, 3]);
    expect(found(group, [syn, ack, synAck, fin])).toEqual([0, 1, 2, 3]);
    expect(found(group, [synAck, syn, ack, fin])).toEqual([1, 2, -1, 3]);
    expect(found(group, [syn, fin, synAck, ack])).toEqual([0, 1, 2, -1]);
  });
  test('two groups side by side do not mix', () => {
    const groups = [
      { set: SYN, clear: ACK, group: 1 },
      { set: SYN | ACK, group: 2 },
      { set: ACK, clear: SYN, group: 2 },
    ];
    expect(found(groups, [ack, syn, synAck])).toEqual([1, 2, -1]);
  });
});
