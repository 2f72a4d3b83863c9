// Writes docs/kernel-differences.md. `--run`: play the scripts to this machine's kernel first. `--check`: only compare.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseScripts, countScripts } from './choose.ts';
import {
  claims,
  explain,
  isOpen,
  readExplanations,
  readOpen,
  readRun,
  runAgainstKernel,
  summarise,
} from './differences.ts';
import { renderPage } from './page.ts';

const root = join(import.meta.dirname, '..', '..');
const JOBS = 8;
const page = join(root, 'docs', 'kernel-differences.md');

if (process.argv.includes('--run')) {
  const { files, tooLong } = chooseScripts(root);
  const run = summarise(runAgainstKernel(root, files, JOBS), tooLong);
  writeFileSync(join(import.meta.dirname, 'run.json'), `${JSON.stringify(run, null, 2)}\n`);
}
const explanations = readExplanations();
const open = readOpen();
const run = readRun();
const differing = run.others.filter(({ verdict }) => verdict === 'fail');
const complain = (what: string) => {
  console.log(what);
  process.exitCode = 1;
};
const there = countScripts(root);
if (there !== run.scripts) complain(`${run.scripts} scripts were played, and there are ${there}: --run`);
for (const seen of differing) {
  const { file, line, expected, actual } = seen;
  if (explain(seen, explanations) !== null || isOpen(seen, open)) continue;
  complain(`unexplained: ${file}:${line} expected ${expected}; seen ${actual}`);
}
for (const one of open) {
  const seen = differing.find((other) => isOpen(other, [one]));
  if (seen === undefined) complain(`in open.json, and not seen: ${one.file}`);
  else if (explain(seen, explanations) !== null) complain(`in open.json, and explained: ${one.file}`);
}
for (const { title, cases, sometimes = false } of explanations) {
  for (const one of cases) {
    if (one.line === undefined && one.expected === undefined && one.actual === undefined) {
      complain(
        `${title}: ${one.file} would excuse any failure; say which line, what was expected, or what came`,
      );
    }
    if (sometimes || differing.some((seen) => claims(one, seen))) continue;
    complain(`explains nothing: ${title}: ${one.file}`);
  }
}
const text = renderPage(run, explanations, open);
if (!process.argv.includes('--check')) writeFileSync(page, text);
else if (readFileSync(page, 'utf8') !== text) {
  console.log('docs/kernel-differences.md is old: node --conditions=source tools/kernel-differences/main.ts');
  process.exitCode = 1;
}
