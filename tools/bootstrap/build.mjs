/** The runner, built from its sources; asked before each command, so the answer "nothing changed" must be cheap. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly } from './child.mjs';
import { platformPackage } from './packages.mjs';
import { Problem } from './problem.mjs';
import { hashOfTimes, readStamp, root, workspaceFolders, writeStamp } from './tree.mjs';

const stampFile = join(root, 'node_modules', '.tcblab-build.json');
const runner = join('apps', 'lab-runner');

/** The built command, and the same from source. */
export const builtMain = join(root, runner, 'dist', 'main.js');
export const sourceMain = join(root, runner, 'src', 'main.ts');

/** Sources and what was made of them: a change of either asks for a build. */
function fingerprint() {
  const folders = workspaceFolders().filter((folder) => folder === runner || folder.startsWith('packages'));
  const inFolder = ['src', 'dist', 'package.json', 'tsconfig.json'];
  const files = ['tsconfig.base.json', 'turbo.json', 'pnpm-lock.yaml'];
  return hashOfTimes([
    ...folders.flatMap((folder) => inFolder.map((name) => join(root, folder, name))),
    ...files.map((name) => join(root, name)),
  ]);
}

export function isBuildReady() {
  return existsSync(builtMain) && readStamp(stampFile)?.fingerprint === fingerprint();
}

/**
 * Build the runner and all below it.
 *
 * @param {import('./toolchain.mjs').Toolchain} chain
 * @param {{ signal: AbortSignal }} around
 */
export async function build({ node, env }, { signal }) {
  // The program itself: its launcher would try to download it when it is missing.
  const turbo = join(platformPackage('@turbo', `linux-${process.arch.replace('x64', '64')}`), 'bin', 'turbo');
  const command = existsSync(turbo)
    ? [turbo, 'run', 'build', '--filter=@tcblab/lab-runner...', '--output-logs=errors-only']
    : [node, join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b', runner];
  const { ok, output } = await runQuietly(command, { env, signal });
  if (!ok) {
    throw new Problem(
      'the sources do not build',
      'mend what the compiler names below; if you changed nothing: git status, then npm run build',
      output.trim().split('\n').slice(-40).join('\n'),
    );
  }
  writeStamp(stampFile, { fingerprint: fingerprint() });
}
