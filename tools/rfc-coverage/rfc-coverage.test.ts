import { expect, test } from 'vitest';
import { requirements } from '../../packages/drill/src/catalogue/requirement.ts';
import { implementers, readTags, type Claimant } from './claims.ts';
import type { Covered } from './coverage.ts';
import { renderPage, summary } from './page.ts';
import { titleAt } from './proofs.ts';

const find = (id: string) => requirements.find((one) => one.id === id)!;
const claimant = (name: string, tag: string): Claimant => ({
  path: 'packages/tcp/src/a.ts',
  line: 1,
  name,
  claims: readTags(tag),
});

test('a tag names sections, steps, labels, ranges and the rest of an id', () => {
  expect(
    readTags('@rfc 9293 3.10.7.4 fifth, 3.8.3 MUST-20 to MUST-22; 5681 3.2-s2 step 2; 6298 2.3b'),
  ).toEqual([
    { rfc: 9293, key: '3.10.7.4-5' },
    { rfc: 9293, key: '3.8.3' },
    { rfc: 9293, key: 'MUST-20' },
    { rfc: 9293, key: 'MUST-21' },
    { rfc: 9293, key: 'MUST-22' },
    { rfc: 5681, key: '3.2-s2' },
    { rfc: 6298, key: '2.3b' },
  ]);
});

test('who names an id implements it, and else who names its section most closely', () => {
  const all = [
    claimant('all', '@rfc 9293 3.10.7.4'),
    claimant('fifth', '@rfc 9293 3.10.7.4 fifth'),
    claimant('exactly', '@rfc 9293 3.10.7.4-5ack-new'),
    claimant('label', '@rfc 9293 3.8.3 MUST-20'),
  ];
  const names = (id: string) => implementers(find(id), all).map(({ name }) => name);
  expect(names('9293-3.10.7.4-5ack-new')).toEqual(['exactly']);
  expect(names('9293-3.10.7.4-5wnd')).toEqual(['fifth']);
  expect(names('9293-3.10.7.4-7text')).toEqual(['all']);
  expect(names('MUST-20')).toEqual(['label']);
  expect(names('MUST-2')).toEqual([]);
});

test('the title of a test is found, in a table of tests too', () => {
  expect(titleAt("  test('it works', () => {", 0)).toBe('it works');
  expect(titleAt("test.each([\n  ['a', 1],\n])('%s is (more)', () => {", 0)).toBe('%s is (more)');
  expect(titleAt('const x = 1;', 0)).toBe(null);
});

test('a row links to code and proof, or gives a reason', () => {
  const bare = { implementers: [], proofs: [], exempt: null, pending: null };
  const covered: Covered[] = [
    {
      ...bare,
      requirement: find('MUST-2'),
      implementers: [claimant('fill', '')],
      proofs: [{ kind: 'script', path: 'labs/scripts/a/b.pkt', title: null, ids: ['MUST-2'] }],
    },
    { ...bare, requirement: find('MUST-51'), exempt: 'Not here.' },
    { ...bare, requirement: find('MUST-24'), pending: 'keep-alive' },
  ];
  const page = renderPage(covered, 'docs');
  expect(summary(covered)).toContain(
    '3 requirements: 1 implemented and proven, 1 that ask nothing of this TCP, 1 that wait',
  );
  expect(page).toContain(
    '| `fill` in [a.ts](../packages/tcp/src/a.ts) | [a/b.pkt](../labs/scripts/a/b.pkt) |',
  );
  expect(page).toContain('| – | Not here. |');
  expect(page).toContain('| not yet | waits for keep-alive |');
});
