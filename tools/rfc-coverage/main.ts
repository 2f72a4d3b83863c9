/** Writes docs/rfc-coverage.md; `--check` says what is missing, or that the page is old; `--json` prints all of it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../suite/check.ts';
import { readCoverage } from './coverage.ts';
import { unbreakable } from './breaks.ts';
import { renderPage, summary } from './page.ts';

const PAGE = 'docs/rfc-coverage.md';

const { covered, problems: lacking } = readCoverage(root);
const problems = [...lacking, ...unbreakable(covered)];
const page = renderPage(covered, 'docs');
const path = join(root, PAGE);
if (process.argv.includes('--json')) console.log(JSON.stringify({ covered, problems }, null, 2));
else if (process.argv.includes('--check')) {
  const old = !existsSync(path) || readFileSync(path, 'utf8') !== page;
  for (const problem of problems) console.log(problem);
  if (old) console.log(`${PAGE} is old: npm run format writes it anew`);
  if (problems.length > 0 || old) process.exitCode = 1;
} else {
  writeFileSync(path, page);
  console.log(summary(covered).trim());
}
