/** Everything that the labs say they show has its place in a chapter, and every chapter its test. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const COURSE = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(COURSE, path), 'utf8');

/** Rows of a page's table that begin with an id, and where each links to. */
function places(path: string): Map<string, string[]> {
  const rows = [...read(path).matchAll(/^\| ([SM]\d+) +\|.*$/gm)];
  return new Map(rows.map(([row, id]) => [id, [...row.matchAll(/\]\((\/[^)]+)\)/g)].map(([, to]) => to)]));
}

test('every system and every claim that a lab names has its place in the course', () => {
  const { pages } = JSON.parse(read('../../labs/labs.json')) as { pages: Record<string, string> };
  const shown = new Map([...places('docs/reference/systems.mdx'), ...places('docs/chapters/12-claims.mdx')]);
  expect([...shown.keys()].toSorted()).toEqual(Object.keys(pages).toSorted());
  const homeless = [...shown].filter(([, to]) => !to.some((link) => /^\/chapters\/.+#/.test(link)));
  expect(homeless).toEqual([]);
});

test('every page of the course is held to the site’s tests', () => {
  const pages = read('src/site/site.test.ts');
  const docs = readdirSync(join(COURSE, 'docs'), { recursive: true, encoding: 'utf8' });
  const paths = docs
    .filter((file) => file.endsWith('.mdx') && file !== 'index.mdx')
    .map((file) => `'/${file.replace(/\.mdx$/, '').replace(/(^|\/)\d+-/, '$1')}/'`);
  expect(paths.filter((path) => !pages.includes(path))).toEqual([]);
});
