import { expect, test } from 'vitest';
import { nearest } from './nearest.ts';

const verbs = ['run', 'start', 'doctor', 'clean'];

test.each([
  ['rnu', 'run'],
  ['docter', 'doctor'],
  ['CLEAN', 'clean'],
  ['strat', 'start'],
])('%s is taken for %s', (word, meant) => {
  expect(nearest(word, verbs)).toBe(meant);
});

test.each(['xyz', 'handshake', 'r', ''])('%j is near to nothing', (word) => {
  expect(nearest(word, verbs)).toBeUndefined();
});
