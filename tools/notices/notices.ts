/**
 * Writes THIRD-PARTY-NOTICES.md: the third-party packages that tcblab's own code uses when it runs, with their licences, as the
 * lockfile chose them and node_modules holds them. With `--check` it only says whether the file is up to date.
 */
import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly author?: string | { readonly name: string };
  readonly os?: unknown;
  readonly cpu?: unknown;
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

/** Licences that ask for no more than being named. Anything else needs a decision first. */
const PERMISSIVE = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'Unlicense',
];

const root = resolve(import.meta.dirname, '..', '..');
const target = join(root, 'THIRD-PARTY-NOTICES.md');
const notices = render(collect());

if (process.argv.includes('--check')) {
  if (!existsSync(target) || readFileSync(target, 'utf8') !== notices) {
    console.log('THIRD-PARTY-NOTICES.md is not what the lockfile says');
    process.exitCode = 1;
  }
} else {
  writeFileSync(target, notices);
}

/** Every package that ours need at run time, and what those need, by folder. */
function collect(): Map<string, Manifest> {
  const found = new Map<string, Manifest>();
  for (const group of ['packages', 'apps']) {
    for (const folder of readdirSync(join(root, group))) {
      const path = join(root, group, folder);
      if (existsSync(join(path, 'package.json'))) visit(path, join(path, 'node_modules'), manifestOf(path));
    }
  }
  return found;

  function visit(
    path: string,
    modules: string,
    { dependencies = {}, optionalDependencies = {} }: Manifest,
  ): void {
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const link = join(modules, name);
      if (name.startsWith('@tcblab/')) continue;
      if (!existsSync(link)) {
        if (name in optionalDependencies) continue;
        throw new Error(`${path} needs ${name}, which is not installed: run npm test once`);
      }
      const real = realpathSync(link);
      const manifest = manifestOf(real);
      // Builds for one platform come under their parent's licence; which are installed depends on the machine.
      if (found.has(real) || manifest.os !== undefined || manifest.cpu !== undefined) continue;
      found.set(real, manifest);
      // pnpm puts what a package needs beside it.
      visit(real, resolve(real, ...manifest.name.split('/').map(() => '..')), manifest);
    }
  }
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

function render(packages: Map<string, Manifest>): string {
  const sections = [...packages]
    .map(([folder, manifest]) => ({
      title: `${manifest.name} ${manifest.version}`,
      body: body(folder, manifest),
    }))
    .toSorted((a, b) => (a.title < b.title ? -1 : 1))
    .map(({ title, body: text }) => `## ${title}\n\n${text}`);
  return [
    '# Third-party notices',
    'tcblab uses these packages when it runs. They are not in this repository: npm fetches them at set-up. The tools that only build and test it are not listed.',
    'Made by `npm run notices` from the lockfile; do not edit.',
    ...sections,
  ]
    .join('\n\n')
    .concat('\n');
}

function body(folder: string, { name, license, author }: Manifest): string {
  if (license === undefined || !PERMISSIVE.includes(license)) {
    throw new Error(
      `${name}: licence ${license ?? 'unknown'} is not on the list in tools/notices/notices.ts`,
    );
  }
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const by = typeof author === 'string' ? author.replace(/\s*[<(].*$/, '') : author?.name;
  const text =
    file === undefined
      ? `${by === undefined ? '' : `By ${by}. `}The package comes without the licence's text.`
      : readFileSync(join(folder, file), 'utf8')
          .replace(/\r/g, '')
          .replace(/[ \t]+$/gm, '')
          .trim();
  return `Licence: ${license}\n\n\`\`\`text\n${text}\n\`\`\``;
}
