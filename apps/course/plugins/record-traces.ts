/** Makes the runs of `recordings.ts` before the pages that draw them, and holds them against what the pages say. */
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LoadContext, Plugin } from '@docusaurus/types';
import { filesOf, recordings, type ScenarioRequest, type ScriptRequest } from '../recordings.ts';

/** A folder of files that are copied as they are; nothing in it is kept in the repository. */
export const RECORDED = '.recorded';

export function recordTraces({ siteDir }: LoadContext): Plugin {
  return {
    name: 'tcblab-record-traces',
    async loadContent() {
      const folder = join(siteDir, RECORDED, 'traces');
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      const root = join(siteDir, '..', '..');
      refuseUnknown(siteDir);
      await recordScripts(
        recordings.filter((request) => 'script' in request),
        root,
        folder,
      );
      for (const request of recordings)
        if ('run' in request) await recordScenario(request, root, join(folder, request.name));
    },
  };
}

/** The exit code of a command that this machine cannot do. */
const IMPOSSIBLE = 3;

async function recordScenario(request: ScenarioRequest, root: string, folder: string): Promise<void> {
  const { name, run, otherwise, shows } = request;
  try {
    await tcblab(root, ['run', ...run, '--json', '--out', folder]);
  } catch (error) {
    const impossible = (error as { code?: unknown }).code === IMPOSSIBLE;
    if (otherwise === undefined || !impossible) throw failed(name, ['run', ...run], error);
    rmSync(folder, { recursive: true, force: true });
    await tcblab(root, ['run', ...otherwise, '--json', '--out', folder]);
  }
  hold(name, readFileSync(join(folder, 'ladder.txt'), 'utf8'), shows);
  // Pages read the captures and the trace; the rest would only make the site larger.
  for (const file of ['merged.pcapng', 'ladder.txt', 'result.json']) rmSync(join(folder, file));
}

async function recordScripts(
  requests: readonly ScriptRequest[],
  root: string,
  folder: string,
): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'tcblab-scripts-'));
  const files = [...new Set(requests.map(({ script }) => join('labs', 'scripts', `${script}.pkt`)))];
  await tcblab(root, ['script', ...files, '--json', '--out', join(scratch, 'out')]).catch(
    (error: unknown) => {
      throw failed('of the scripts', ['script', ...files], error);
    },
  );
  for (const request of requests) {
    const seen = join(scratch, 'out', 'labs', 'scripts', request.script);
    hold(request.name, readFileSync(`${seen}.txt`, 'utf8'), request.shows);
    mkdirSync(join(folder, request.name));
    for (const file of filesOf(request)) copyFileSync(`${seen}.pcapng`, join(folder, request.name, file));
  }
  rmSync(scratch, { recursive: true });
}

async function tcblab(root: string, args: readonly string[]): Promise<void> {
  const main = join(root, 'apps', 'lab-runner', 'src', 'main.ts');
  const options = { cwd: root, maxBuffer: 1 << 26 };
  await promisify(execFile)(process.execPath, ['--conditions=source', main, ...args], options);
}

function failed(name: string, args: readonly string[], error: unknown): TypeError {
  return new TypeError(`the recording ${name} could not be made: tcblab ${args.join(' ')}\n${String(error)}`);
}

function hold(name: string, ladder: string, shows: readonly string[]): void {
  const missing = firstMissing(ladder, shows);
  if (missing === null) return;
  throw new TypeError(
    `the recording ${name} does not show "${missing}" in its place: mend the chapter and recordings.ts, or the run`,
  );
}

/** @throws TypeError when a page draws what is not recorded */
function refuseUnknown(siteDir: string): void {
  const names = new Set(recordings.map(({ name }) => name));
  for (const folder of ['docs', 'i18n']) {
    if (!existsSync(join(siteDir, folder))) continue;
    for (const file of readdirSync(join(siteDir, folder), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.mdx')) continue;
      const text = readFileSync(join(siteDir, folder, file), 'utf8');
      for (const [, name] of text.matchAll(/<(?:Trace|Puzzle)\s[^>]*?\b(?:name|trace)="([^"]+)"/g))
        if (!names.has(name))
          throw new TypeError(`${folder}/${file} draws ${name}, which recordings.ts does not record`);
    }
  }
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
