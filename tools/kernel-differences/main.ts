// Writes docs/kernel-differences.md. `--run`: play the scripts to this machine's kernel first. `--check`: only compare.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseScripts } from './choose.ts';
import { explain, readExplanations, readRun, runAgainstKernel, summarise } from './differences.ts';
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
const run = readRun();
for (const seen of run.others) {
  if (seen.verdict === 'unsupported' || explain(seen, explanations) !== null) continue;
  console.log(`unexplained: ${seen.file}:${seen.line} expected ${seen.expected}; seen ${seen.actual}`);
  process.exitCode = 1;
}
for (const one of explanations) {
  if (run.others.some((seen) => explain(seen, explanations) === one)) continue;
  console.log(`explains nothing: ${one.title}`);
  process.exitCode = 1;
}
const text = renderPage(run, explanations);
if (!process.argv.includes('--check')) writeFileSync(page, text);
else if (readFileSync(page, 'utf8') !== text) {
  console.log('docs/kernel-differences.md is old: node --conditions=source tools/kernel-differences/main.ts');
  process.exitCode = 1;
}
