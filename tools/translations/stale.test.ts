import { expect, test } from 'vitest';
import { staleness } from './stale.ts';

test('a translation is stale once its source changes, is gone, or was never noted', () => {
  const now = new Map([
    ['same.mdx', 'aa'],
    ['changed.mdx', 'bb'],
    ['new.mdx', 'cc'],
    ['orphan.mdx', null],
  ]);
  expect(
    staleness(now, { 'same.mdx': 'aa', 'changed.mdx': 'old', 'orphan.mdx': 'dd', 'gone.mdx': 'ee' }),
  ).toEqual([
    'changed.mdx: its source has changed since it was translated',
    'new.mdx has no source noted',
    'orphan.mdx translates a page that is gone',
    'gone.mdx is noted, and not there',
  ]);
});
