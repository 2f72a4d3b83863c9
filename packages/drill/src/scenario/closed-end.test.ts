import { ACK, FIN, PSH, RST } from '@tcblab/tcp/wire';
import { expect, test } from 'vitest';
import { isResetFromClosed } from './closed-end.ts';
import type { SightedSegment } from './sighted-segment.ts';

/** Segments of one host, written `in FIN 5-6 ack 9`: direction, flags, from and up to, acknowledgement. */
function segments(...lines: string[]): SightedSegment[] {
  const bits: Record<string, number> = { FIN, RST, ACK, PSH };
  return lines.map((line, index) => {
    const [direction, flags, places, , ack] = line.split(' ');
    const [seq, to] = places.split('-').map(Number);
    return {
      frame: index + 1,
      direction: direction as 'in' | 'out',
      from: '',
      flags: flags.split(',').reduce((sum, name) => sum | bits[name], 0),
      seq,
      ack: Number(ack ?? 0),
      length: 0,
      to: to ?? seq,
      again: false,
    };
  });
}

function lastIsExcused(...lines: string[]): boolean {
  const all = segments(...lines);
  return isResetFromClosed(all, all[all.length - 1]);
}

test('a reset for an old copy after LAST-ACK is the answer of CLOSED', () => {
  expect(
    lastIsExcused('in FIN,ACK 5-6 ack 9', 'out FIN,ACK 9-10 ack 6', 'in ACK 6-6 ack 10', 'out RST 10-10'),
  ).toBe(true);
});

test('a reset while our FIN is not acknowledged is not', () => {
  expect(lastIsExcused('in FIN,ACK 5-6 ack 9', 'out FIN,ACK 9-10 ack 6', 'out RST 10-10')).toBe(false);
});

test('a reset from the end that closed first is not: that end is in TIME-WAIT', () => {
  expect(
    lastIsExcused('out FIN,ACK 9-10 ack 5', 'in FIN,ACK 5-6 ack 10', 'out ACK 10-10 ack 6', 'out RST 10-10'),
  ).toBe(false);
});

test('a reset in the middle is not', () => {
  expect(lastIsExcused('in ACK 1-5 ack 9', 'out RST,ACK 9-9 ack 5')).toBe(false);
});
