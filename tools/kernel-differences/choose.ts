// The project's scripts that can be played to the kernel in a few seconds each.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runScript } from '../../packages/drill/src/script/index.ts';

export const SCRIPTS = 'labs/scripts';

/** A script of which nothing is heard after so many seconds is over, unless it goes on to wait in silence. */
const LONGEST_SECONDS = 4;
/** A wait of ten seconds or more, which the last packet does not show. */
const LONG_WAIT = /^\+?(?:[\d.]+\.\.\.)?[1-9]\d/m;

/** @returns paths from the root of the repository, sorted; and how many were left out for their length */
export function chooseScripts(root: string): { readonly files: string[]; readonly tooLong: number } {
  const all = everyScript(root);
  const files = all.filter((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const last = runScript({ text }).packets.at(-1)?.at ?? 0;
    return last <= LONGEST_SECONDS * 1e6 && !LONG_WAIT.test(text);
  });
  return { files, tooLong: all.length - files.length };
}

export function countScripts(root: string): number {
  return everyScript(root).length;
}

function everyScript(root: string): string[] {
  return readdirSync(join(root, SCRIPTS), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.pkt'))
    .map((file) => `${SCRIPTS}/${file}`)
    .toSorted();
}
