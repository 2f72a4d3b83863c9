import { expect, test } from 'vitest';
import { runCode } from './code-block.ts';

const names = () =>
  new Map<string, number>([
    ['tcpi_state', 1],
    ['tcpi_snd_cwnd', 10],
    ['TCP_ESTABLISHED', 1],
  ]);

function run(text: string) {
  return runCode(text, names());
}

test.each([
  'assert tcpi_state == TCP_ESTABLISHED, tcpi_state',
  'assert 2 < tcpi_snd_cwnd <= 10',
  'assert tcpi_snd_cwnd == 10 and not tcpi_state == 2 or False',
  "assert (tcpi_state, tcpi_snd_cwnd) == (1, 10), 'both'",
  'assert tcpi_state in [1, 2] and tcpi_state not in (3, 4)',
  'assert tcpi_snd_cwnd // 3 * 3 + tcpi_snd_cwnd % 3 == tcpi_snd_cwnd',
  'assert -7 % 3 == 2; assert abs(-0x10) == 16 and max(1, 2) == 2',
  'assert not not True and - -1 == +1 and not not not False',
  'x = 3 # three\nassert x == 3 \\\n'.replace(' \\', ''),
  'assert (1 if tcpi_state == 1 else 2) == 1',
  'assert (1 +\n 1) == 2',
])('%j holds', (text) => {
  expect(run(text)).toEqual({ kind: 'ok', printed: [] });
});

test('what does not hold is told with its message', () => {
  expect(run('assert tcpi_state == 7, (tcpi_state, tcpi_snd_cwnd)')).toEqual({
    kind: 'failed',
    assertion: 'assert tcpi_state == 7, (tcpi_state, tcpi_snd_cwnd)',
    message: '(1, 10)',
  });
});

test('print writes, and names that were set stay', () => {
  const kept = new Map();
  expect(runCode('a = 1, 2\nprint(a, "x")', kept)).toEqual({ kind: 'ok', printed: ['((1, 2), x)'] });
  expect(runCode('print a', kept)).toEqual({ kind: 'ok', printed: ['(1, 2)'] });
});

test.each([
  ['assert tcpi_pacing == 1', 'nothing is known of tcpi_pacing'],
  ['import os', "'import' is not part of the code that runs here"],
  ['eval("1")', 'there is no function eval here'],
  ['tcpi_state.constructor', "'.constructor' is not understood"],
  ['constructor', 'nothing is known of constructor'],
  ['toString()', 'there is no function toString here'],
  ['assert (1', "')' is missing"],
  [`assert ${'('.repeat(100_000)}`, 'parentheses lie too deep within each other'],
  ['assert 1 1', "'1' is not understood here"],
])('%.20s is not understood, and says why', (text, why) => {
  expect(run(text)).toEqual({ kind: 'unsupported', why });
});
