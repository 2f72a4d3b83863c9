/** Which script notices which broken TCP, for people and for programs. */
import { mutants } from '@tcblab/drill/mutants';
import type { Verdict } from '@tcblab/drill/verdict';
import type { Style } from '../terminal/style.ts';
import { table } from '../terminal/table.ts';
import type { ProvenScript } from './prove-scripts.ts';

/** A row per script, with the rarest of what it notices first; then what few scripts notice, or none. */
export function formatProof(proven: readonly ProvenScript[], style: Style): string {
  const noticing = countNoticing(proven);
  const rarest = (names: readonly string[]) =>
    names.toSorted((a, b) => (noticing.get(a) ?? 0) - (noticing.get(b) ?? 0)).join(' ');
  const rows = proven.map(({ file, verdict, notices }) => [
    file,
    verdict === 'pass' ? `${notices.length}` : verdict,
    notices.length > 0 ? rarest(notices) : style.red('nothing'),
  ]);
  const head = ['script', 'mutants', 'those that fewest scripts notice first'].map((cell) =>
    style.bold(cell),
  );
  const blocks = [table([head, ...rows]), byMutant(noticing, style)];
  const idle = proven.filter((one) => verdictOf(one) === 'fail').map(({ file }) => `  ${file}`);
  if (idle.length > 0) blocks.push([style.red('These scripts prove nothing:'), ...idle].join('\n'));
  return `${blocks.join('\n\n')}\n\n${closing(proven, noticing)}\n`;
}

function byMutant(noticing: ReadonlyMap<string, number>, style: Style): string {
  const rows = mutants
    .toSorted((a, b) => (noticing.get(a.name) ?? 0) - (noticing.get(b.name) ?? 0))
    .map(({ name, breaks, ids }) => [name, `${noticing.get(name)}`, `a TCP that ${breaks}`, ids.join(' ')]);
  return table([['mutant', 'scripts', '', 'violates'].map((cell) => style.bold(cell)), ...rows]);
}

function closing(proven: readonly ProvenScript[], noticing: ReadonlyMap<string, number>): string {
  const pairs = proven.reduce((sum, { notices }) => sum + notices.length, 0);
  const unnoticed = [...noticing.values()].filter((count) => count === 0).length;
  return `${proven.length} scripts, ${mutants.length} mutants: ${pairs} pairs; ${unnoticed} mutants noticed by none`;
}

function countNoticing(proven: readonly ProvenScript[]): ReadonlyMap<string, number> {
  const counts = new Map(mutants.map(({ name }) => [name, 0]));
  for (const { notices } of proven) for (const name of notices) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** A script that passes and notices nothing has failed at its job. */
export function verdictOf({ verdict, notices }: ProvenScript): Verdict {
  return verdict === 'pass' && notices.length === 0 ? 'fail' : verdict;
}

/** `scripts` × `mutants`; `version` changes when a reader of the old form would go wrong. */
export function proofAsJson(proven: readonly ProvenScript[]): string {
  const noticing = countNoticing(proven);
  const listed = mutants.map(({ name, breaks, ids }) => ({ name, breaks, ids, scripts: noticing.get(name) }));
  const scripts = proven.map((one) => ({ ...one, verdict: verdictOf(one) }));
  return `${JSON.stringify({ version: 1, scripts, mutants: listed }, null, 2)}\n`;
}
