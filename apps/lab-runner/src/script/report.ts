/** Scripts that ran, for people and for programs. */
import { dirname } from 'node:path';
import type { Verdict } from '@tcblab/drill/verdict';
import type { Style } from '../terminal/style.ts';
import { table } from '../terminal/table.ts';
import type { RanScript } from './ran-script.ts';

const VERDICTS: readonly Verdict[] = ['pass', 'fail', 'error', 'unsupported', 'inconclusive'];

/** A block for each script that did not pass, counts per folder, and a closing line. */
export function formatScripts(ran: readonly RanScript[], style: Style): string {
  const blocks = ran.filter(({ outcome }) => outcome.verdict !== 'pass').map((one) => block(one, style));
  const forgiven = ran.flatMap(({ file, outcome }) => outcome.forgiven.map((text) => `  ${file}: ${text}`));
  if (forgiven.length > 0)
    blocks.push([style.bold('Let pass by semantic matching:'), ...forgiven].join('\n'));
  return `${[...blocks, counts(ran, style), closing(ran, style)].join('\n\n')}\n`;
}

function block({ outcome, place, ladder, purpose, ids }: RanScript, style: Style): string {
  const { verdict, expected, actual } = outcome;
  const lines = [`${painted(verdict, style)} ${place ?? ''}`];
  if (purpose !== null) lines.push(style.dim(`  ${purpose}`));
  if (ids.length > 0) lines.push(style.dim(`  proves ${ids.join(' ')}`));
  if (expected !== null) lines.push(`  expected  ${expected}`);
  if (actual !== null) lines.push(`  seen      ${actual}`);
  if (verdict === 'fail' && ladder !== '') lines.push(ladder);
  return lines.join('\n');
}

function painted(verdict: Verdict, style: Style): string {
  const paint = { pass: style.green, fail: style.red, error: style.red, unsupported: style.yellow };
  return verdict === 'inconclusive' ? style.yellow(verdict) : paint[verdict](verdict);
}

function counts(ran: readonly RanScript[], style: Style): string {
  const folders = new Map<string, RanScript[]>();
  for (const one of ran) {
    const folder = dirname(one.file);
    folders.set(folder, [...(folders.get(folder) ?? []), one]);
  }
  const row = (name: string, of: readonly RanScript[]) => [
    name,
    ...VERDICTS.map((verdict) => count(of, verdict)),
    `${sum(of).toFixed(1)} ms`,
  ];
  const rows = [...folders].map(([folder, of]) => row(folder, of));
  if (rows.length > 1) rows.push(row('all', ran));
  return table([['', ...VERDICTS, 'time'].map((cell) => style.bold(cell)), ...rows]);
}

function count(ran: readonly RanScript[], wanted: Verdict): string {
  const number = ran.filter(({ outcome }) => outcome.verdict === wanted).length;
  return number === 0 ? '-' : `${number}`;
}

function sum(ran: readonly RanScript[]): number {
  return ran.reduce((total, { ms }) => total + ms, 0);
}

function closing(ran: readonly RanScript[], style: Style): string {
  const parts = VERDICTS.flatMap((verdict) => {
    const number = count(ran, verdict);
    return number === '-' ? [] : [`${number} ${verdict}`];
  });
  const good = ran.every(({ outcome }) => outcome.verdict === 'pass');
  return (good ? style.green : style.bold)(`${ran.length} scripts: ${parts.join(', ')}`);
}

/** The same as JSON. Of a script that neither passed nor failed, `actual` says why. */
export function scriptsAsJson(ran: readonly RanScript[]): string {
  const scripts = ran.map(({ file, outcome, ids, ms }) => {
    const { verdict, reason, at, expected, actual } = outcome;
    const seen = verdict === 'pass' ? null : (actual ?? reason);
    return {
      file,
      verdict,
      ...(at === null ? {} : { line: at.line }),
      ...(expected === null ? {} : { expected }),
      ...(seen === null ? {} : { actual: seen }),
      ids,
      ms: Math.round(ms * 1000) / 1000,
    };
  });
  const totals = Object.fromEntries(
    VERDICTS.map((verdict) => [verdict, ran.filter(({ outcome }) => outcome.verdict === verdict).length]),
  );
  return `${JSON.stringify({ scripts, totals: { ...totals, scripts: ran.length } }, null, 2)}\n`;
}
