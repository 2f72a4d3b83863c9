/** The course as files for a browser: built when it is not there yet, or older than what it is made of. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../repository.ts';
import type { Step } from '../terminal/progress.ts';

const COURSE = join(REPOSITORY, 'apps', 'course');
const BUILT = join(COURSE, 'build');
const DOCUSAURUS = join(COURSE, 'node_modules', '@docusaurus', 'core', 'bin', 'docusaurus.mjs');
/** What the site is made of. */
const SOURCES = [
  'docs',
  'src',
  'plugins',
  'i18n',
  'static',
  'docusaurus.config.ts',
  'sidebars.ts',
  'recordings.ts',
];

/**
 * The folder of the site, built first where that is due.
 *
 * @returns null when there is none: the step has said why
 */
export async function courseSite(step: Step, signal: AbortSignal): Promise<string | null> {
  if (
    existsSync(BUILT) &&
    newest(BUILT, 0) >= Math.max(...SOURCES.map((name) => newest(join(COURSE, name))))
  ) {
    step.ok('built before');
    return BUILT;
  }
  if (!existsSync(DOCUSAURUS)) {
    step.skip('not installed: npm test installs it, and ./tcblab serve then builds it');
    return existsSync(BUILT) ? BUILT : null;
  }
  step.note('building, this takes a minute or two');
  const fresh = `${BUILT}.${process.pid}`;
  const code = await build(fresh, step, signal);
  if (code !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    step.warn('could not be built; the runs are served without it');
    return existsSync(BUILT) ? BUILT : null;
  }
  rmSync(BUILT, { recursive: true, force: true });
  renameSync(fresh, BUILT);
  step.ok('built');
  return BUILT;
}

function build(folder: string, step: Step, signal: AbortSignal): Promise<number | null> {
  const child = spawn(process.execPath, [DOCUSAURUS, 'build', '--out-dir', folder], {
    cwd: COURSE,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production', NO_COLOR: '1' },
    signal,
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      const line = text.trim().split('\n').at(-1)?.trim() ?? '';
      if (line !== '') step.note(line.slice(0, 100));
    });
  }
  return new Promise((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', (code) => resolve(code));
  });
}

/** When the newest file below was changed, so many folders deep; 0 when there is none. */
function newest(path: string, depth = Infinity): number {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return 0;
  if (!facts.isDirectory() || depth === 0) return facts.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name), depth - 1)));
}
