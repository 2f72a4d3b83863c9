/** Reads the page of requirements that the repository keeps, for the course's own page to draw. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadContext, Plugin } from '@docusaurus/types';
import type { CoveredRfc } from '../src/reference/covered-rfc.ts';

export function rfcCoverage({ siteDir }: LoadContext): Plugin {
  const file = join(siteDir, '..', '..', 'docs', 'rfc-coverage.md');
  return {
    name: 'tcblab-rfc-coverage',
    getPathsToWatch: () => [file],
    loadContent: () => readCoverage(readFileSync(file, 'utf8')),
    async contentLoaded({ content, actions }) {
      await actions.createData('coverage.json', JSON.stringify(content));
    },
  };
}

/** @throws TypeError when the page has no table where one is expected */
export function readCoverage(page: string): CoveredRfc[] {
  const [, ...parts] = page.split(/^## /m);
  const rfcs = parts.map((part) => {
    const rows = [...part.matchAll(/^\| (?!id |- )(.*) \|$/gm)].map(([, row]) => {
      const [id, level, section, asked, implemented, proven] = row.split(' | ').map(plain);
      return { id, level, section, asked, implemented, proven };
    });
    return { title: part.slice(0, part.indexOf('\n')).trim(), rows };
  });
  const empty = rfcs.find(({ rows }) => rows.length === 0 || rows.some(({ proven }) => proven === undefined));
  if (rfcs.length === 0 || empty !== undefined)
    throw new TypeError(
      `docs/rfc-coverage.md reads otherwise than expected near ${empty?.title ?? 'its begin'}`,
    );
  return rfcs;
}

/** Without links and code marks. */
function plain(cell: string): string {
  return cell
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll('`', '')
    .trim();
}
