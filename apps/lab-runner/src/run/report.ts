/** A finished run for people: the ladder, the files, the verdict, and what to try next. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeLadder, type Ladder, type LadderMark, type LadderRole } from '@tcblab/capture';
import type { Check, Result } from '@tcblab/drill/verdict';
import { asCalled } from '../called.ts';
import { REPOSITORY } from '../repository.ts';
import { inBytes } from '../terminal/bytes.ts';
import { columnsOf, type Style, type Terminal } from '../terminal/style.ts';
import { table } from '../terminal/table.ts';
import { shownPath } from './run-folder.ts';

export interface Report {
  readonly result: Result;
  readonly ladder: Ladder;
  /** The bundle's folder. */
  readonly folder: string;
  readonly next: readonly string[];
}

export function formatReport({ result, ladder, folder, next }: Report, { style, stream }: Terminal): string {
  const parts = [
    drawn(ladder, style, columnsOf(stream, process.env)),
    files(folder, style),
    `${verdict(result, style)}\n${style.dim(`  ${wire(ladder)}`)}`,
    (result.warnings ?? []).map((warning) => `${style.yellow('warning:')} ${warning}`).join('\n'),
    [style.bold('Try next:'), ...next.map((command) => `  ${style.cyan(asCalled(command))}`)].join('\n'),
  ];
  return `\n${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** @param columns of the terminal; undefined for a file or a pipe */
function drawn(ladder: Ladder, style: Style, columns: number | undefined): string {
  const paint: Partial<Record<LadderRole, (text: string) => string>> = {
    host: style.bold,
    heading: style.dim,
    address: style.dim,
    time: style.dim,
    frame: style.dim,
    state: style.dim,
    'new-state': (text) => style.bold(style.green(text)),
    segment: style.cyan,
    lost: style.red,
    mark: style.yellow,
    detail: style.dim,
    fold: style.dim,
    legend: style.dim,
  };
  return writeLadder(ladder, {
    width: Math.min(columns ?? 100, 120),
    style: (role, text) => paint[role]?.(text) ?? text,
  }).trimEnd();
}

/** What each file is for; files without a word here are listed all the same. */
const USES: Readonly<Record<string, string>> = {
  'host-a.pcapng': 'every frame at host A; opens in Wireshark',
  'host-b.pcapng': 'every frame at host B',
  'merged.pcapng': 'both, for flow graphs',
  'trace.sqlog': 'what both hosts said of themselves',
  'ladder.txt': 'the picture above',
  'result.json': 'the verdict, check by check',
  'bundle.json': 'the SHA-256 of each file, and what is needed to repeat the run',
};

function files(folder: string, style: Style): string {
  const shown = shownPath(folder);
  const order = Object.keys(USES);
  const names = readdirSync(folder).toSorted((one, other) => order.indexOf(one) - order.indexOf(other));
  const rows = names.map((name) => {
    const { size } = statSync(join(folder, name));
    const use = size === 0 ? 'empty: its host came to no end' : (USES[name] ?? '');
    return [`  ${name}`, inBytes(size), style.dim(use)];
  });
  return `${style.bold(`Files in ${shown}/`)}\n${table(rows)}`;
}

function verdict(result: Result, style: Style): string {
  const colour = {
    pass: style.green,
    fail: style.red,
    error: style.red,
    unsupported: style.yellow,
    inconclusive: style.yellow,
  };
  const word = style.bold(colour[result.verdict](result.verdict.toUpperCase()));
  const lines = [`${word}  ${result.subject}: ${result.reason}`];
  if (result.verdict !== 'pass') lines.push(...worthTelling(result).map((check) => explain(check, style)));
  if (result.next !== null) lines.push(`  ${style.bold('→')} ${asCalled(result.next)}`);
  const repeats =
    result.bench === 'virtual' ? 'the run to the octet' : 'what is ours to choose: losses, numbers, ports';
  lines.push(style.dim(`  seed ${result.seed ?? 'none'} repeats ${repeats}`));
  return lines.join('\n');
}

/** What became of the frames: a seed that harms none should not look like a wire that works. */
function wire({ rows }: Ladder): string {
  const frames = rows.filter(
    (row) => row.kind === 'other' || (row.kind === 'segment' && row.part !== 'arrives'),
  );
  const counts = HARMS.map(([mark, words]) => {
    const count = frames.filter((row) => row.kind !== 'note' && row.marks.includes(mark)).length;
    return count === 0 && mark !== 'lost' ? null : `${count} ${words}`;
  });
  return [`wire: ${frames.length} frames`, ...counts.filter((count) => count !== null)].join(', ');
}

const HARMS: readonly (readonly [LadderMark, string])[] = [
  ['lost', 'lost'],
  ['duplicate', 'duplicated'],
  ['overtaken', 'overtaken'],
  ['altered', 'altered'],
];

/** A check that is blocked says nothing new, and a run that broke off says nothing of any TCP. */
function worthTelling({ verdict, checks }: Result): Check[] {
  const wrong = checks.filter((check) => check.verdict !== 'pass' && check.verdict !== 'blocked');
  const told = wrong.filter((check) => verdict !== 'inconclusive' || check.evidence === 'platform');
  return told.slice(0, MOST_TOLD);
}

/** The first ones are the cause, the rest is in result.json. */
const MOST_TOLD = 6;

function explain(check: Check, style: Style): string {
  const where =
    check.packet === null
      ? ''
      : ` (host-${'ab'[check.packet.host - 1]}.pcapng, frame ${check.packet.number})`;
  const clause = check.rfc === null ? [] : [`RFC ${check.rfc.number} §${check.rfc.section}`, ...check.proves];
  const rows = [
    ['    expected', check.expected],
    ['    seen', check.seen + where],
    ...(clause.length > 0 ? [['    asked by', clause.join(', ')]] : []),
    // A scenario may name a page that this copy of the kit does not have.
    ...(check.page !== null && existsSync(join(REPOSITORY, check.page)) ? [['    read', check.page]] : []),
  ];
  return `  ${style.red('✖')} ${check.title}${check.evidence === 'trace' ? ' (the host says so itself)' : ''}\n${table(rows)}`;
}
