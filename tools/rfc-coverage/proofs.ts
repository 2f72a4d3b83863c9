/** What scripts and tests say that they prove: `// Proves:` and ids of the catalogue. */
import { findRequirement } from '../../packages/drill/src/catalogue/requirement.ts';
import { readHeader } from '../../packages/drill/src/script/header.ts';
import { textFiles } from '../suite/text-files.ts';

export interface Proof {
  readonly kind: 'script' | 'test';
  /** From the root. */
  readonly path: string;
  /** A test's title, or that of the block of tests; null for a script. */
  readonly title: string | null;
  readonly ids: readonly string[];
}

const TEST = /^(packages|apps)\/.*\.test\.ts$/;
const SCRIPT = /^labs\/scripts\/.*\.pkt$/;

/** Scripts first, each kind in the order of paths. */
export function readProofs(): { readonly proofs: readonly Proof[]; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const byPath = (a: { readonly path: string }, b: { readonly path: string }) => (a.path < b.path ? -1 : 1);
  const scripts = [...textFiles((path) => SCRIPT.test(path))]
    .toSorted(byPath)
    .map(({ path, text }): Proof => ({ kind: 'script', path, title: null, ids: readHeader(text).proves }));
  const tests = [...textFiles((path) => TEST.test(path))].toSorted(byPath).flatMap(({ path, text }) => {
    const found: Proof[] = [];
    for (const match of text.matchAll(/^\s*\/\/ Proves: ([^\n]*(?:\n\s*\/\/ Proves: [^\n]*)*)\n/gm)) {
      const ids = match[1].replaceAll(/\n\s*\/\/ Proves: /g, ' ').split(/[\s,]+/);
      const line = text.slice(0, match.index).split('\n').length + 1;
      for (const id of ids) {
        if (findRequirement(id) === null) problems.push(`${path}:${line}: the catalogue has no ${id}`);
      }
      found.push({ kind: 'test', path, title: titleAt(text, match.index + match[0].length), ids });
    }
    return found;
  });
  return { proofs: [...scripts, ...tests], problems };
}

/** The title of the test, or block of tests, that begins at `from`. */
export function titleAt(text: string, from: number): string | null {
  const rest = text.slice(from);
  const plain = /^\s*(?:test|describe|it)\(\s*(['"`])(.*?)\1/.exec(rest);
  const table = /^\s*(?:test|describe|it)\.\w+[^]*?\)\(\s*(['"`])(.*?)\1/.exec(rest);
  return plain?.[2] ?? table?.[2] ?? null;
}
