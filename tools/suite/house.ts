/** House rules that no linter knows. Each finding names its remedy. */
import { conclude, textFiles, type TextFile } from './text-files.ts';

const SOURCE = /^(packages|apps)\/[^/]+\/src\/.*\.tsx?$/;
const TEST = /\.(test|bench|fixture)\.tsx?$/;
// Apart, so that this file does not contain them.
const UNFINISHED = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`);

conclude(
  [
    ...textFiles(
      (path) => /\.(tsx?|mjs|cjs|c)$/.test(path) && !/^labs\/[^/]+\/(starter|mutants)\//.test(path),
    ),
  ].flatMap(findings),
);

function findings({ path, text }: TextFile): string[] {
  const found: string[] = [];
  const report = (index: number, message: string): void => {
    found.push(`${path}:${text.slice(0, index).split('\n').length}: ${message}`);
  };
  const each = (pattern: RegExp, message: string): void => {
    for (const { index } of text.matchAll(pattern)) report(index, message);
  };

  each(
    new RegExp(UNFINISHED, 'g'),
    'unfinished: finish it, or leave it out; only a starter has marks for its student',
  );
  if (!SOURCE.test(path) || TEST.test(path)) return found;

  each(/^export \*/gm, 'export names, not all: what is not listed is private');
  each(
    /\bthrow new Error\(/g,
    'no bare Error: a value for peer junk, MisuseError for the caller, errno for the machine',
  );
  if (/\/(utils|helpers|common|shared|misc)(\/|\.tsx?$)/.test(path))
    report(0, 'name the noun that this holds');
  if (path.endsWith('/index.ts')) {
    const rest = text
      .replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
      .replace(/^export (type )?\{[^}]*\}( from '[^']+')?;$/gm, '')
      .trim();
    if (rest !== '')
      report(
        text.indexOf(rest.slice(0, 20)),
        'index.ts is a list of names: move the logic to a file of its own',
      );
  }
  return found;
}
