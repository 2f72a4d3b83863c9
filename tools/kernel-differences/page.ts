// docs/kernel-differences.md, out of what was seen and what explains it.
import { explain, type Explanation, type Run, type Seen } from './differences.ts';

const RIGHT = { ours: 'our TCP', kernel: "Linux's", both: 'both' } as const;

export function renderPage(run: Run, explanations: readonly Explanation[]): string {
  const differs = run.others.filter(({ verdict }) => verdict === 'fail');
  const unsupported = run.others.filter(({ verdict }) => verdict === 'unsupported');
  const blocks = explanations.flatMap((one) => {
    const claimed = differs.filter((seen) => explain(seen, explanations) === one);
    return claimed.length === 0 ? [] : [block(one, claimed)];
  });
  return `# Where our TCP and Linux's differ

The project's scripts, written against the RFCs, were played to the TCP of Linux ${run.kernel} (\`./tcblab script --sut kernel
--match semantic --tolerance 120ms\`). ${run.passed} passed there as they do here; ${differs.length} differ, each for a reason below, with who
does as the RFC says; ${unsupported.length} need settings that Linux lacks; ${run.tooLong} take so long that they are left out. Windows, the order of
options and times within 120 ms are no differences.

This page is written by \`node --conditions=source tools/kernel-differences/main.ts\`, with \`--run\` after a fresh run. A test plays
some of the scripts to the kernel at hand, and fails on a difference that nothing here explains.

${blocks.join('\n\n')}
`;
}

function block({ title, right, clause, why }: Explanation, claimed: readonly Seen[]): string {
  const rows = claimed.map(({ file, line = 0 }) => `[${name(file)}:${line}](../${file})`);
  return `## ${title}

Clause: ${clause}. Right by it: ${RIGHT[right]}. ${why}

${rows.join(', ')}`;
}

function name(file: string): string {
  return file.replace(/^labs\/scripts\//, '').replace(/\.pkt$/, '');
}
