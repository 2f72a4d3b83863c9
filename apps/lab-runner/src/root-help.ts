/** The first page: what this is, what to type first, and where things go. */
import type { Command } from 'commander';
import type { Style } from './terminal/style.ts';
import { table } from './terminal/table.ts';

export function rootHelp(program: Command, style: Style): string {
  const groups = new Map<string, string[][]>();
  for (const command of program.commands) {
    const rows = groups.get(command.helpGroup()) ?? [];
    rows.push([`  ${style.cyan(command.name())}`, command.summary()]);
    groups.set(command.helpGroup(), rows);
  }
  const verbs = [...groups].map(([group, rows]) => `${style.bold(`${group}:`)}\n${table(rows)}`);
  return `${style.bold('tcblab')} runs TCP between two hosts, ours or the Linux kernel's at either end, and shows what was on the wire.

${style.bold('Start here:')}
${table([
  [`  ${style.cyan('./tcblab doctor')}`, 'can this machine do it?'],
  [`  ${style.cyan('./tcblab start')}`, 'a handshake, bytes both ways and a close, against the Linux kernel'],
  [`  ${style.cyan('./tcblab run handshake --loss 10% --seed 1')}`, 'on a bad wire, the same each time'],
])}

${verbs.join('\n\n')}

Each verb explains itself: ${style.cyan('./tcblab run --help')}. The version: ${style.cyan('./tcblab --version')}

${style.bold('Where files go:')}
  tcblab-runs/TIME-SCENARIO-SEED/ in the folder you are in; tcblab-runs/latest is the newest.
  The .pcapng files open in Wireshark.

${style.bold('Exit codes:')}
${table([
  ['  0', 'done, and good'],
  ['  1', 'a verdict is fail; of benchmark: a bar was missed'],
  ['  2', 'wrong use, or a faulty scenario'],
  ['  3', 'this machine could not do it: no verdict on any TCP'],
  ['  130', 'interrupted; the results so far are kept'],
])}
`;
}
