import { expect, test } from 'vitest';
import { tcblab } from '../command.fixture.ts';

test('worlds that hold are counted, and the code is 0', () => {
  const { code, stdout, stderr } = tcblab(['soak', '--seed', '7', '--worlds', '3']);
  expect(stdout).toMatch(/^clean: 3 worlds from seed 7, \d+ frames, \d+\.\d s, at most \d+ MiB in use\n$/);
  expect(stderr).toContain('random worlds from seed 7');
  expect(code).toBe(0);
});

test('the same seed gives the same worlds, in a form for programs', () => {
  const read = () =>
    JSON.parse(tcblab(['soak', '--seed', '7', '--worlds', '3', '--json']).stdout) as Record<string, unknown>;
  const first = read();
  expect(first).toMatchObject({ version: 1, seed: 7, worlds: 3, failure: null });
  expect(read()['frames']).toBe(first['frames']);
});

test.each([
  [['--seconds', '0'], '--seconds is 1 to 86400, not 0.'],
  [['--seed', 'x'], '--seed is 0 to 4294967295, not x.'],
  [['--worlds', '1.5'], '--worlds is 1 to 4294967295, not 1.5.'],
])('%j is refused with a remedy, and the code is 2', (options, words) => {
  const { code, stderr } = tcblab(['soak', ...options]);
  expect(stderr).toContain(words);
  expect(code).toBe(2);
});
