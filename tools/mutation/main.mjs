/** `npm run mutate -- [--mutate FILE,…]`: installs Stryker beside this file when it is missing, and runs it over the core. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const here = import.meta.dirname;
const root = resolve(here, '..', '..');
const stryker = join(here, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');

if (!existsSync(stryker)) run('npm', ['ci', '--no-audit', '--no-fund'], here);
const config = join('tools', 'mutation', 'stryker.config.json');
run(process.execPath, [stryker, 'run', config, ...process.argv.slice(2)], root);

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} cwd
 */
function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
