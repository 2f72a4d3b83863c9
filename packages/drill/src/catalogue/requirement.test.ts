import { expect, test } from 'vitest';
import { findRequirement, nearestRequirement, requirements } from './requirement.ts';
import { missingSection } from './sections.ts';

test('every requirement has an id of its own, an RFC, a section and a text', () => {
  expect(new Set(requirements.map(({ id }) => id)).size).toBe(requirements.length);
  expect(
    requirements.filter(({ section, text, level }) => section === '' || text === '' || level === ''),
  ).toEqual([]);
});

test('labels, clauses of the procedure and other RFCs are found by id', () => {
  expect(findRequirement('MUST-13')).toMatchObject({ rfc: 9293, section: '3.6.1', level: 'MUST' });
  expect(findRequirement('9293-3.10.7.4-8fin-estab')).toMatchObject({ rfc: 9293, level: 'PROCEDURE' });
  expect(findRequirement('RFC6298-2.2')).toMatchObject({ rfc: 6298, section: '2' });
  expect(findRequirement('MUST-999')).toBe(null);
});

test('every section of RFC 9293 that has a requirement is known', () => {
  const named = requirements.map(({ rfc, section }) => missingSection(rfc, section));
  expect(named.filter((missing) => missing !== null)).toEqual([]);
});

test('a slip of the pen finds what was meant', () => {
  expect(nearestRequirement('must-13')).toBe('MUST-13');
  expect(nearestRequirement('9293-3.10.7.4-8fin-estb')).toBe('9293-3.10.7.4-8fin-estab');
  expect(nearestRequirement('something else')).toBe(null);
});
