/** The page: a table for each RFC. */
import { posix } from 'node:path';
import type { Covered } from './coverage.ts';

const HEAD = `<!-- Written by tools/rfc-coverage from @rfc tags, scripts and tests: npm run format -->

# What of each RFC is implemented, and what proves it

Each row is a requirement of the catalogue, in our words. It names the functions whose documentation claims it by \`@rfc\`, and
scripts and tests that say \`Proves:\`, three at most of each; or it says why the requirement asks nothing of this TCP. The list of
reasons is \`tools/rfc-coverage/not-applicable.json\`. A row with neither fails \`npm run lint\`.
`;

/** Rows show so many names, and how many more there are is not said: the page would change with each new script. */
const SHOWN = 3;

/** @param folder where the page lies, for its links */
export function renderPage(covered: readonly Covered[], folder: string): string {
  const rfcs = [...new Set(covered.map(({ requirement }) => requirement.rfc))];
  const parts = rfcs.map((rfc) => {
    const rows = covered.filter(({ requirement }) => requirement.rfc === rfc).map((one) => row(one, folder));
    const head = '| id | level | § | what is asked | implemented | proven |\n| - | - | - | - | - | - |';
    return `## RFC ${rfc}\n\n${head}\n${rows.join('\n')}\n`;
  });
  return [HEAD, ...parts].join('\n');
}

/** How many requirements are done, ask nothing, or wait; not on the page, where each change would change it. */
export function summary(covered: readonly Covered[]): string {
  const exempt = covered.filter((one) => one.exempt !== null).length;
  const pending = covered.filter((one) => one.pending !== null).length;
  const done = covered.length - exempt - pending;
  const rest = pending === 0 ? '' : `, ${pending} that wait for a feature`;
  return `${covered.length} requirements: ${done} implemented and proven, ${exempt} that ask nothing of this TCP${rest}.\n`;
}

function row({ requirement, implementers, proofs, exempt, pending }: Covered, folder: string): string {
  const { id, level, section, text } = requirement;
  const link = (name: string, path: string) => `[${name}](${posix.relative(folder, path)})`;
  if (exempt !== null) return `| ${id} | ${level} | ${section} | ${cell(text)} | – | ${cell(exempt)} |`;
  if (pending !== null)
    return `| ${id} | ${level} | ${section} | ${cell(text)} | not yet | waits for ${cell(pending)} |`;
  const by = implementers
    .slice(0, SHOWN)
    .map(({ name, path }) => `\`${name}\` in ${link(posix.basename(path), path)}`);
  const shown = proofs
    .slice(0, SHOWN)
    .map(({ kind, path, title }) =>
      link(kind === 'script' ? path.replace('labs/scripts/', '') : `“${cell(title ?? path)}”`, path),
    );
  return `| ${id} | ${level} | ${section} | ${cell(text)} | ${by.join(', ')} | ${shown.join(', ')} |`;
}

function cell(text: string): string {
  return text.replaceAll(/[|<>*_[\]]/g, (sign) => `\\${sign}`);
}
