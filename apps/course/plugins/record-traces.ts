/** Makes the runs of `recordings.ts` before the pages that draw them, and holds them against what the pages say. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LoadContext, Plugin } from '@docusaurus/types';
import { recordings, type RecordingRequest } from '../recordings.ts';

/** A folder of files that are copied as they are; nothing in it is kept in the repository. */
export const RECORDED = '.recorded';

export function recordTraces({ siteDir }: LoadContext): Plugin {
  return {
    name: 'tcblab-record-traces',
    async loadContent() {
      const folder = join(siteDir, RECORDED, 'traces');
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      for (const request of recordings)
        await record(request, join(siteDir, '..', '..'), join(folder, request.name));
    },
  };
}

async function record({ name, run, shows }: RecordingRequest, root: string, folder: string): Promise<void> {
  const main = join(root, 'apps', 'lab-runner', 'src', 'main.ts');
  const command = ['--conditions=source', main, 'run', ...run, '--json', '--out', folder];
  await promisify(execFile)(process.execPath, command, { cwd: root, maxBuffer: 1 << 26 }).catch(
    (error: unknown) => {
      throw new TypeError(
        `the recording ${name} could not be made: tcblab run ${run.join(' ')}\n${String(error)}`,
      );
    },
  );
  const missing = firstMissing(readFileSync(join(folder, 'ladder.txt'), 'utf8'), shows);
  if (missing !== null) {
    throw new TypeError(
      `the recording ${name} does not show "${missing}" in its place: mend the chapter and recordings.ts, or the run`,
    );
  }
  // Pages read the captures and the trace; the rest would only make the site larger.
  for (const file of ['merged.pcapng', 'ladder.txt', 'result.json']) rmSync(join(folder, file));
}

/** @returns the first of `shows` that no line holds, looking on after the line that held the one before */
export function firstMissing(ladder: string, shows: readonly string[]): string | null {
  const lines = ladder.split('\n').map((line) => line.replaceAll(/[─▶◀┄●\s]+/g, ' '));
  let from = 0;
  for (const piece of shows) {
    const at = lines.findIndex((line, index) => index >= from && line.includes(piece));
    if (at < 0) return piece;
    from = at + 1;
  }
  return null;
}
