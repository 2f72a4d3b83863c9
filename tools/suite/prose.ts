/** Checks that the paths, links and npm tasks which the project's prose names do exist: docs rot first. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { root } from './check.ts';
import { conclude, textFiles, type TextFile } from './text-files.ts';

const OURS = /^(packages|apps|labs|docs|tools|\.ci|\.github|\.devcontainer)\//;
/** NAME, NN-name, `*`, `…` and the like stand for something. */
const STANDS_FOR = /[*…<>{}$]|\b(?:NN+|NAME|X|N)\b|\.\.\./;

const scripts = new Set(Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts));
conclude(
  [...textFiles((path) => path.endsWith('.md') && path !== 'THIRD-PARTY-NOTICES.md')].flatMap(findings),
);

/** What one file names that is not there. */
function findings({ path, text }: TextFile): string[] {
  const found: string[] = [];
  let fenced = false;
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(```|~~~)/.test(line)) fenced = !fenced;
    const at = `${path}:${index + 1}`;
    for (const [, code] of line.matchAll(/`([^`\s]+)`/g)) {
      const named = code.replace(/[:#].*$/, '').replace(/[.,]$/, '');
      if (OURS.test(named) && !STANDS_FOR.test(named) && !existsSync(join(root, named))) {
        found.push(`${at}: there is no ${named}`);
      }
    }
    for (const [, task] of line.matchAll(/\bnpm run ([a-z][\w-]*)/g)) {
      if (!scripts.has(task)) found.push(`${at}: package.json has no script "${task}"`);
    }
    if (fenced) continue;
    for (const [, target] of line.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [file, anchor] = target.split('#');
      const to = file === '' ? path : posix.normalize(posix.join(dirname(path), file));
      if (!existsSync(join(root, to))) found.push(`${at}: the link leads to ${to}, which is not there`);
      else if (anchor !== undefined && to.endsWith('.md') && !anchors(to).has(anchor)) {
        found.push(`${at}: ${to} has no heading #${anchor}`);
      }
    }
  }
  return found;
}

/** The anchors of a file's headings, as code hosts make them. */
function anchors(path: string): Set<string> {
  const headings = readFileSync(join(root, path), 'utf8').matchAll(/^#{1,6} (.+)$/gm);
  const slug = (heading: string): string =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-');
  return new Set([...headings].map(([, heading]) => slug(heading)));
}
