import { expect, test } from 'vitest';
import { findRequirement } from '../catalogue/requirement.ts';
import { mutants } from './mutants.ts';

test('every mutant has a name of its own, and breaks what the catalogue knows', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  for (const { name, breaks, ids } of mutants) {
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(breaks).toMatch(/^[a-z].*[^.]$/);
    expect(ids.length, name).toBeGreaterThan(0);
    expect(ids.filter((id) => findRequirement(id) === null)).toEqual([]);
  }
});
