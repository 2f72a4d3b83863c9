/**
 * Breaks what answers a requirement, and shows that what proves it fails: `npm run break -- [--count N] [--seed N] [ID…]`.
 * Without ids, so many of them at random. Ends with 1 when something broken went unnoticed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { mutants } from '../../packages/drill/src/mutants/mutants.ts';
import { runScript } from '../../packages/drill/src/script/run-script.ts';
import { createRandom } from '../../packages/tcp/src/sim/random.ts';
import { root, tool } from '../suite/check.ts';
import { breaks, type Break } from './breaks.ts';
import { readCoverage, type Covered } from './coverage.ts';
import type { Proof } from './proofs.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string', default: '30' }, seed: { type: 'string', default: '1' } },
});
const scratch = mkdtempSync(join(tmpdir(), 'tcblab-break-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const SCRIPTS = 'packages/drill/src/script/labs.test.ts';

const owed = readCoverage(root).covered.filter(({ exempt, pending }) => exempt === null && pending === null);
const chosen = positionals.length > 0 ? named(positionals) : drawn(Number(values.count), Number(values.seed));
if (positionals.length === 0)
  console.log(`${chosen.length} of ${owed.length} requirements, by seed ${values.seed}\n`);
const unnoticed = chosen.filter((one) => !tell(one));
console.log(`\n${chosen.length - unnoticed.length} noticed, ${unnoticed.length} not`);
process.exitCode = unnoticed.length > 0 ? 1 : 0;

function named(ids: readonly string[]): Covered[] {
  return ids.map((id) => {
    const found = owed.find(({ requirement }) => requirement.id === id);
    if (found === undefined)
      throw new RangeError(`${id} is not a requirement that is implemented and proven`);
    return found;
  });
}

/** So many, without repetition. */
function drawn(count: number, seed: number): Covered[] {
  const random = createRandom(seed);
  const left = [...owed];
  return Array.from(
    { length: Math.min(count, left.length) },
    () => left.splice(random() % left.length, 1)[0],
  );
}

/** @returns whether what proves it failed */
function tell(one: Covered): boolean {
  const { requirement, implementers } = one;
  const noticed = byMutant(one) ?? bySource(one);
  const functions = implementers.slice(0, 2).map(({ name }) => name);
  console.log(
    `${noticed === null ? '✗' : '✓'} ${requirement.id} (${functions.join(', ')}): ${requirement.text}`,
  );
  console.log(noticed === null ? '    nothing that was broken was noticed' : `    ${noticed}`);
  return noticed !== null;
}

/** How a script that names the id fails on a mutant that violates it. */
function byMutant({ requirement, proofs }: Covered): string | null {
  for (const { breaks: breaking, ids, parts, settings } of mutants) {
    if (!ids.includes(requirement.id)) continue;
    for (const { path } of proofs.filter(({ kind }) => kind === 'script')) {
      const text = readFileSync(join(root, path), 'utf8');
      const { verdict, at, reason } = runScript({ text, parts, settings });
      if (verdict === 'fail') return `a TCP that ${breaking}: ${path}:${at?.line}: ${reason}`;
    }
  }
  return null;
}

/** How a test that names the id fails on an edit of the source. */
function bySource({ requirement, proofs }: Covered): string | null {
  const edit = breaks.find(({ ids }) => ids.includes(requirement.id));
  if (edit === undefined) return null;
  const proof = proofs.find((one) => failsOn(edit, one));
  if (proof === undefined) return null;
  const what = proof.kind === 'script' ? proof.path : `${proof.path}: “${proof.title}”`;
  return `${edit.file} with \`${edit.replace.trim() || 'nothing'}\` for \`${edit.find.split('\n')[0]}\`: ${what}`;
}

function failsOn({ file, find, replace }: Break, { kind, path, title }: Proof): boolean {
  const [test, name] = kind === 'script' ? [SCRIPTS, path.replace('labs/scripts/', '')] : [path, title ?? ''];
  // A title of a table has a place for each row's words.
  const pattern = name.split(/%\w|\$\w+/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const args = [tool('vitest/vitest.mjs'), 'run', '--config', 'tools/rfc-coverage/broken.config.ts', test];
  const BROKEN = JSON.stringify([`packages/tcp/src/${file}`, find, replace]);
  const report = join(scratch, 'report.json');
  rmSync(report, { force: true });
  spawnSync(
    process.execPath,
    [...args, '-t', pattern.join('.*'), '--reporter=json', `--outputFile=${report}`],
    { cwd: root, env: { ...process.env, BROKEN }, stdio: 'ignore' },
  );
  // A test that could not even begin tells nothing.
  return (
    existsSync(report) &&
    (JSON.parse(readFileSync(report, 'utf8')) as { numFailedTests: number }).numFailedTests > 0
  );
}
