/**
 * What a script of the project says of itself in its first comments:
 *
 *     // A listener answers a SYN, and a lost SYN,ACK is sent again.
 *     // Proves: MUST-4 RFC6298-2.1
 *
 * The first line is its purpose. `Proves:` lists ids of the catalogue; it may go on over several lines of its own.
 */
import { findRequirement, nearestRequirement } from '../catalogue/requirement.ts';
import type { ScriptProblem } from './problem.ts';

export interface ScriptHeader {
  readonly purpose: string | null;
  readonly proves: readonly string[];
  readonly problems: readonly ScriptProblem[];
}

const PROVES = /^\/\/\s*Proves:/;

export function readHeader(text: string): ScriptHeader {
  let purpose: string | null = null;
  const proves: string[] = [];
  const problems: ScriptProblem[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (!line.startsWith('//')) break;
    if (!PROVES.test(line)) {
      purpose ??= line.slice(2).trim();
      continue;
    }
    const from = line.indexOf(':') + 1;
    for (const match of line.slice(from).matchAll(/[^\s,]+/g)) {
      const [id] = match;
      const at = { line: index + 1, column: from + match.index + 1 };
      if (findRequirement(id) === null) {
        const meant = nearestRequirement(id);
        const hint = meant === null ? '' : `; did you mean ${meant}?`;
        problems.push({ at, message: `the catalogue has no ${id}${hint}` });
      } else if (proves.includes(id)) problems.push({ at, message: `${id} stands here twice` });
      else proves.push(id);
    }
  }
  return { purpose, proves, problems };
}
