// docs/kernel-differences.md, out of what was seen and what explains it.
import { explain, isOpen, type Explanation, type Run, type Seen } from './differences.ts';

const RIGHT = { ours: 'our TCP', kernel: "Linux's", both: 'both' } as const;

export function renderPage(run: Run, explanations: readonly Explanation[], open: readonly Seen[]): string {
  const differs = run.others.filter(({ verdict }) => verdict === 'fail');
  const unsupported = run.others.filter(({ verdict }) => verdict === 'unsupported');
  const unknown = differs.filter((seen) => explain(seen, explanations) === null && isOpen(seen, open));
  const explained = differs.length - unknown.length;
  const blocks = explanations.flatMap((one) => {
    const claimed = differs.filter((seen) => explain(seen, explanations) === one);
    return claimed.length === 0 && one.sometimes !== true ? [] : [block(one, claimed)];
  });
  return `# Where our TCP and Linux's differ

The project's ${run.scripts} scripts, written against the RFCs, were played to the TCP of Linux ${run.kernel} (\`./tcblab script
--sut kernel --match semantic --tolerance 120ms\`). Windows, the order of options and times within 120 ms are no differences.

- ${run.passed} pass there as they do here.
- ${explained} differ for a reason below, with who does as the RFC says.
- ${unknown.length} differ, and are not explained yet.
- ${unsupported.length} need something that this kernel, or our way of asking it, lacks.
- ${run.inconclusive.length} could not be judged, as the machine was too busy.
- ${run.tooLong} were left out, since they take long.

Our own settings are told to Linux by the sysctl that means the same, such as \`net.ipv4.tcp_sack\` for \`tcblab.sack\`, and the
initial window by its route. What a script does not set is as Linux has it: it offers SACK and timestamps.

This page is written by \`node --conditions=source tools/kernel-differences/main.ts\`, with \`--run\` after a fresh run. A test plays
some of the scripts to the kernel at hand, and fails on a difference that this page does not have. An explanation holds for a
script only where it fails as it did here.

${blocks.join('\n\n')}

## Not explained yet

Nobody has found out why these ${unknown.length} differ, nor who is right. Some depend on timing, and pass in another run.

${unknown.map(row).join('\n')}

## Lacking

${lacking(unsupported)}
${unjudged(run.inconclusive)}`;
}

function block({ title, right, clause, why, sometimes }: Explanation, claimed: readonly Seen[]): string {
  const rows = claimed.map(link).join(', ');
  const unseen = sometimes === true ? 'It depends on timing, and no script of this run shows it.' : '';
  return `## ${title}

Clause: ${clause}. Right by it: ${RIGHT[right]}. ${why}

${rows === '' ? unseen : rows}`;
}

function row(seen: Seen): string {
  return `- ${link(seen)}: expected \`${code(seen.expected)}\`; came \`${code(seen.actual)}\``;
}

function code(text = ''): string {
  return text.replaceAll('`', '');
}

function link({ file, line = 0 }: Seen): string {
  return `[${name(file)}:${line}](../${file})`;
}

/** Scripts by what they lack, most first. */
function lacking(unsupported: readonly Seen[]): string {
  const by = new Map<string, Seen[]>();
  for (const seen of unsupported) {
    const { actual = '' } = seen;
    const what = /^[\w.]+(?==)/.exec(actual)?.[0] ?? actual;
    by.set(what, [...(by.get(what) ?? []), seen]);
  }
  return [...by]
    .toSorted(([a, some], [b, others]) => others.length - some.length || (a < b ? -1 : 1))
    .map(([what, seen]) => `- \`${what}\` (${seen.length}): ${seen.map(link).join(', ')}`)
    .join('\n');
}

function unjudged(files: readonly string[]): string {
  if (files.length === 0) return '';
  return `
## Not judged

${files.map((file) => `- [${name(file)}](../${file})`).join('\n')}
`;
}

function name(file: string): string {
  return file.replace(/^labs\/scripts\//, '').replace(/\.pkt$/, '');
}
