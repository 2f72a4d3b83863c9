/** The workspace's dependencies: `run`, what the runner needs to be built and to run; `all`, that and what the tests need. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly } from './child.mjs';
import { registryProblem, settingsForPnpm } from './registry.mjs';
import { npm } from './toolchain.mjs';
import { hashOfContents, isDiskFull, readStamp, root, workspaceFolders, writeStamp } from './tree.mjs';

/** @typedef {'run' | 'all'} Scope */
/** @typedef {import('./toolchain.mjs').Toolchain} Toolchain */

const modules = join(root, 'node_modules');
const stampFile = join(modules, '.tcblab-packages.json');
const lockfile = join(root, 'pnpm-lock.yaml');

/** The key of an installation that began and did not end. */
const UNFINISHED = 'unfinished';

/** @param {Toolchain} chain */
function key({ kind }) {
  const manifests = workspaceFolders().map((folder) => join(root, folder, 'package.json'));
  return `${kind} ${process.platform} ${process.arch} ${hashOfContents([lockfile, join(root, 'pnpm-workspace.yaml'), ...manifests])}`;
}

/**
 * @param {Toolchain} chain
 * @param {Scope} scope
 */
export function arePackagesReady(chain, scope) {
  const stamp = readStamp(stampFile);
  return (stamp?.scope === scope || stamp?.scope === 'all') && stamp.key === key(chain);
}

/** What is downloaded, for the announcement: names and megabytes. @param {Scope} scope @returns {[string, number]} */
export function packageDownloads(scope) {
  // The course is built by the tests, and by whoever serves it.
  const folders = workspaceFolders().filter((folder) => scope === 'all' || folder !== join('apps', 'course'));
  const manifests = folders.map((folder) => readStamp(join(root, folder, 'package.json')));
  const direct = new Set();
  for (const { dependencies = {}, optionalDependencies = {}, devDependencies = {} } of manifests) {
    for (const name of Object.keys({ ...optionalDependencies, ...dependencies })) direct.add(name);
    if (scope === 'all') for (const name of Object.keys(devDependencies)) direct.add(name);
  }
  const names = [...direct].filter((name) => !name.startsWith('@tcblab/'));
  const heavy = names.filter((name) =>
    ['typescript', 'turbo', 'vitest', 'dependency-cruiser', 'oxlint', '@docusaurus/core'].includes(name),
  );
  const rest = names.length - heavy.length;
  return [`${heavy.join(', ')} and ${rest} smaller packages`, scope === 'all' ? 115 : 30];
}

/**
 * Make node_modules what the lockfile says.
 *
 * @param {Toolchain} chain
 * @param {Scope} asked
 * @param {{ signal: AbortSignal, onOutput: (text: string) => void }} around
 */
export async function installPackages(chain, asked, { signal, onOutput }) {
  const stamp = readStamp(stampFile);
  // What was interrupted is not mended but made anew; the store still holds what was fetched.
  if (stamp?.key === UNFINISHED) removeModules();
  const scope = effectiveScope(asked);
  writeStamp(stampFile, { scope, key: UNFINISHED });

  const pinned = chain.kind === 'pinned';
  const args = [
    'install',
    pinned ? '--frozen-lockfile' : '--no-frozen-lockfile',
    // pnpm adds the root, whose `dependencies` are the build's tools; what only tests use are its `devDependencies`.
    ...(scope === 'all' ? ['--prod=false'] : ['--prod', '--filter', '@tcblab/lab-runner...']),
    '--reporter=append-only',
    // The lockfile's hashes say what is wanted. Asking for the age of each version too would fetch 50 MB of lists, and
    // refuse everything on a machine whose clock is wrong.
    '--config.minimum-release-age=0',
    '--config.confirm-modules-purge=false',
    '--config.fetch-retries=2',
    '--config.fetch-retry-mintimeout=2000',
  ];
  const env = { ...chain.env, ...(await settingsForPnpm(npm(), signal)) };
  const locked = readFileSync(lockfile);
  const { ok, output } = await runQuietly([...chain.pnpm, ...args], {
    env,
    signal,
    onOutput,
    shell: process.platform === 'win32',
  });
  // Packages that only other platforms have may have been written into it: they are no change of this clone.
  if (!locked.equals(readFileSync(lockfile))) writeFileSync(lockfile, locked);
  if (!ok) throw registryProblem('pnpm', output);
  // A build for one platform is optional to pnpm: it passes in silence over one that it could not fetch or write.
  if (pinned && !existsSync(platformPackage('@typescript', `typescript-linux-${process.arch}`))) {
    throw registryProblem('pnpm', isDiskFull() ? 'ENOSPC' : 'a download broke off');
  }
  writeStamp(stampFile, { scope, key: key(chain) });
}

/**
 * What will be installed: who once had the tests' tools keeps them, also when it was pnpm itself that installed them.
 *
 * @param {Scope} asked
 * @returns {Scope}
 */
export function effectiveScope(asked) {
  const stamp = readStamp(stampFile);
  if (stamp !== undefined) return stamp.scope === 'all' ? 'all' : asked;
  return readStamp(join(modules, '.modules.yaml'))?.included?.devDependencies === true ? 'all' : asked;
}

/**
 * Where pnpm puts a package that only some other package names.
 *
 * @param {string} scope
 * @param {string} name
 */
export function platformPackage(scope, name) {
  return join(modules, '.pnpm', 'node_modules', scope, name);
}

function removeModules() {
  for (const folder of workspaceFolders()) {
    rmSync(join(root, folder, 'node_modules'), { recursive: true, force: true });
  }
}
