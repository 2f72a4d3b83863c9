/**
 * Sets this clone up where needed, then runs a task: `node run.mjs TASK [ARGUMENTS]`. Needs any Node ≥ 18 with npm.
 * Everything said here goes to the standard error, so that a command's own output stays clean.
 */
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { announce, progress, say } from './announce.mjs';
import { build, builtMain, isBuildReady, sourceMain } from './build.mjs';
import { runInFront } from './child.mjs';
import { withLock } from './lock.mjs';
import { arePackagesReady, installPackages } from './packages.mjs';
import { Interrupted, Problem, refusedWrite } from './problem.mjs';
import { checkInstalledNode, installToolchain, isToolchainReady, toolchain } from './toolchain.mjs';
import { root } from './tree.mjs';

/** @typedef {import('./packages.mjs').Scope} Scope */

const PLATFORM_ERROR = 3;
const INTERRUPTED = 130;

const [task = '', ...args] = process.argv.slice(2);
const chain = toolchain();

try {
  process.exitCode = await run();
} catch (error) {
  process.exitCode = report(error);
}

/** @returns {Promise<number>} the exit code */
async function run() {
  switch (task) {
    case 'start':
      return lab(['start', ...args]);
    case 'lab':
      return lab(args);
    case 'build':
      await prepare('all');
      return inFront(
        chain.kind === 'pinned'
          ? [chain.node, join(root, 'node_modules', 'turbo', 'bin', 'turbo'), 'run', 'build', ...args]
          : [chain.node, join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b', ...args],
      );
    case 'test':
    case 'lint':
    case 'format':
    case 'coverage':
    case 'notices':
      await prepare('all');
      return inFront([chain.node, join(root, 'tools', 'suite', 'main.ts'), task, ...args]);
    case 'break': {
      await prepare('all');
      const flags = ['--conditions=source', '--disable-warning=ExperimentalWarning'];
      return inFront([chain.node, ...flags, join(root, 'tools', 'rfc-coverage', 'break.ts'), ...args]);
    }
    case 'mutate':
      await prepare('all');
      return inFront([chain.node, join(root, 'tools', 'mutation', 'main.mjs'), ...args]);
    default:
      throw new Problem(
        `there is no task "${task}"`,
        'npm start, npm test, npm run build|lint|format|coverage|break|mutate, ./tcblab',
      );
  }
}

/**
 * The lab runner, in the folder where the user stands.
 *
 * @param {readonly string[]} words
 */
async function lab(words) {
  await prepare('run');
  if (chain.kind === 'installed') {
    const flags = ['--conditions=source', '--disable-warning=ExperimentalWarning'];
    return runInFront([chain.node, ...flags, sourceMain, ...words]);
  }
  if (process.execPath !== chain.node) return runInFront([chain.node, builtMain, ...words]);
  // This is the pinned Node already: become the command, so that no process stands between it and its signals.
  process.argv.splice(1, Infinity, builtMain, ...words);
  await import(pathToFileURL(builtMain).href);
  return Number(process.exitCode ?? 0);
}

/** @param {readonly string[]} command */
function inFront(command) {
  return runInFront(command, chain.env, root);
}

/**
 * Install and build what is missing or out of date; when nothing is, only read.
 *
 * @param {Scope} scope
 */
async function prepare(scope) {
  const needsBuild = chain.kind === 'pinned' && scope === 'run';
  const ready = () =>
    isToolchainReady(chain) && arePackagesReady(chain, scope) && (!needsBuild || isBuildReady());
  if (chain.kind === 'installed') checkInstalledNode();
  if (ready()) return;

  const stop = new AbortController();
  const abort = () => stop.abort();
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, abort);
  const { signal } = stop;
  try {
    await withLock({ signal, say }, async () => {
      if (ready()) return;
      const began = Date.now();
      announce(chain, scope);
      if (!isToolchainReady(chain)) {
        await progress('Node and pnpm', () => installToolchain(chain, { signal }));
      }
      if (!arePackagesReady(chain, scope)) {
        await progress('packages', (onOutput) => installPackages(chain, scope, { signal, onOutput }));
      }
      if (needsBuild && !isBuildReady()) await progress('build', () => build(chain, { signal }));
      say(`ready after ${((Date.now() - began) / 1000).toFixed(1)} s`);
    });
  } finally {
    for (const name of signals) process.off(name, abort);
  }
}

/**
 * @param {unknown} error
 * @returns {number} the exit code
 */
function report(error) {
  if (error instanceof Interrupted) {
    say('interrupted; run the command again to go on');
    return INTERRUPTED;
  }
  const path = /** @type {NodeJS.ErrnoException} */ (error)?.path ?? root;
  const problem = error instanceof Problem ? error : refusedWrite(error, path);
  if (problem === undefined) throw error;
  if (problem.detail !== '') process.stderr.write(`${problem.detail.replace(/^/gm, '  | ')}\n`);
  say(problem.message);
  process.stderr.write(`  → ${problem.remedy}\n`);
  return PLATFORM_ERROR;
}
