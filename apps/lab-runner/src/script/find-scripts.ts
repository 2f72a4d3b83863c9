/** The script files that a user names: files as they are, folders with all that lies below them. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { wrongUse } from '../problem.ts';

const EXTENSION = '.pkt';

/** @returns paths in the order named, each folder's sorted @throws Problem when there is nothing to run */
export function findScripts(named: readonly string[]): string[] {
  const found = named.flatMap((path) => {
    if (!existsSync(path)) throw wrongUse(`There is no ${path}.`, 'Try ./tcblab script labs/scripts');
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith(EXTENSION))
      .toSorted()
      .map((name) => join(path, name));
  });
  if (found.length > 0) return [...new Set(found)];
  throw wrongUse(`No ${EXTENSION} file lies below ${named.join(', ')}.`, 'Try ./tcblab script labs/scripts');
}
