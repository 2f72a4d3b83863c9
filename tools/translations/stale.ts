/**
 * Finds translated pages whose source has changed since they were translated. Each locale's `sources.json` holds the
 * SHA-256 of every source as its translator saw it.
 *
 *     node tools/translations/stale.ts           fails and names each stale page
 *     node tools/translations/stale.ts --accept  all pages have been brought up to date: note their sources
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where Docusaurus looks for a locale's pages, below its folder. */
const PAGES = join('docusaurus-plugin-content-docs', 'current');

/**
 * @param course folder of the site
 * @param locale name of a folder below `i18n`
 * @returns for each translated page the hash of its source as it is now; null where the source is gone
 */
export function sourcesOf(course: string, locale: string): Map<string, string | null> {
  const folder = join(course, 'i18n', locale, PAGES);
  const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.mdx?$/.test(file),
  );
  return new Map(
    pages.toSorted().map((page) => {
      const source = join(course, 'docs', page);
      return [page, existsSync(source) ? hash(readFileSync(source)) : null];
    }),
  );
}

/** @returns a sentence for each page that does not match what was noted */
export function staleness(
  now: ReadonlyMap<string, string | null>,
  noted: Readonly<Record<string, string>>,
): string[] {
  const stale = [...now].flatMap(([page, source]) => {
    if (source === null) return [`${page} translates a page that is gone`];
    if (noted[page] === undefined) return [`${page} has no source noted`];
    return noted[page] === source ? [] : [`${page}: its source has changed since it was translated`];
  });
  const gone = Object.keys(noted).filter((page) => !now.has(page));
  return [...stale, ...gone.map((page) => `${page} is noted, and not there`)];
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function main(accept: boolean): void {
  const course = join(import.meta.dirname, '..', '..', 'apps', 'course');
  for (const locale of readdirSync(join(course, 'i18n'))) {
    const file = join(course, 'i18n', locale, 'sources.json');
    const now = sourcesOf(course, locale);
    if (accept) {
      writeFileSync(file, `${JSON.stringify(Object.fromEntries(now), null, 2)}\n`);
      continue;
    }
    const noted = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    const problems = staleness(now, noted);
    if (problems.length === 0) continue;
    process.exitCode = 1;
    for (const problem of problems) console.log(`${locale}: ${problem}`);
  }
}

if (import.meta.main) main(process.argv.includes('--accept'));
