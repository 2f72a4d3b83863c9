// Runs a task under the Node and pnpm pinned beside this file.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const nodeDir = join(here, 'node_modules', `node-linux-${process.arch}`);
const bins = [join(nodeDir, 'bin'), join(here, 'node_modules', '.bin')];
const env = {
  ...process.env,
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  PATH: [...bins, process.env.PATH].join(delimiter),
};
const run = (cmd, args, opt = {}) => {
  const r = spawnSync(cmd, args, { stdio: 'inherit', cwd: root, env, ...opt });
  if (r.status !== 0) process.exit(r.status ?? 1);
};
if (!existsSync(join(bins[1], 'pnpm'))) run('npm', ['install', '--no-save'], { cwd: here });
if (!existsSync(join(root, 'node_modules', '.modules.yaml'))) run('pnpm', ['install', '--frozen-lockfile']);
run(process.argv[2], process.argv.slice(3));
