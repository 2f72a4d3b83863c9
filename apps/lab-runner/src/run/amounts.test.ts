import { expect, test } from 'vitest';
import { parseDuration, parseSeed, parseShare } from './amounts.ts';

test.each([
  ['0', 0],
  ['0.02', 0.02],
  ['2%', 0.02],
  ['.5%', 0.005],
  ['100%', 1],
  ['1', 1],
])('the share %s is %d', (text, share) => {
  expect(parseShare('--loss', text)).toBeCloseTo(share, 12);
});

test.each(['-1', '2', '101%', 'much', '', '1e-2', '5 %%', 'NaN'])(
  '%j is no share, and the message names the option',
  (text) => {
    expect(() => parseShare('--loss', text)).toThrow(/--loss/);
  },
);

test.each([
  ['0', 0],
  ['250us', 250],
  ['20ms', 20_000],
  ['1.5s', 1_500_000],
  ['60 s', 60_000_000],
])('the time %s is %d µs', (text, micros) => {
  expect(parseDuration('--delay', text)).toBe(micros);
});

test.each(['20', '61s', '-1ms', '5m', 'soon'])('%j is no time for a wire', (text) => {
  expect(() => parseDuration('--delay', text)).toThrow(/--delay|"soon"/);
});

test.each([
  ['0', 0],
  ['4294967295', 0xffff_ffff],
  ['0xBEEF', 0xbeef],
])('the seed %s is %d', (text, seed) => {
  expect(parseSeed(text)).toBe(seed);
});

test.each(['4294967296', '-1', '1.5', '0x', 'abc', ''])('%j is no seed', (text) => {
  expect(() => parseSeed(text)).toThrow(/--seed/);
});
