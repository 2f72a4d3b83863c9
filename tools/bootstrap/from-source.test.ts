// The path of macOS, Windows and other processors, walked on Linux: no pinned Node, no turbo, no compiler, no
// namespaces, no frozen lockfile. Offline: the packages come from pnpm's store, where this clone's set-up put them.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { has, needs } from '@tcblab/test-needs';

const { test } = needs('linux', 'pnpm');
const root = resolve(import.meta.dirname, '..', '..');

/** Without the right to make namespaces, as where a kernel forbids them. */
const NO_NAMESPACES =
  'echo 0 >/proc/sys/user/max_user_namespaces; echo 0 >/proc/sys/user/max_net_namespaces; exec "$@"';

/** A copy of the sources beside a folder of the few programs that such a machine has. */
function poorMachine() {
  const home = mkdtempSync(join(tmpdir(), 'tcblab from source '));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const clone = join(home, 'clone');
  const leftOut = new Set(['node_modules', 'dist', '.git', '.cache', '.turbo', 'coverage', 'tcblab-runs']);
  cpSync(root, clone, {
    recursive: true,
    filter: (path) => !leftOut.has(basename(path)) && !path.endsWith('.tsbuildinfo'),
  });

  const programs = join(home, 'bin');
  mkdirSync(programs);
  for (const name of ['sh', 'uname', 'readlink', 'dirname']) symlinkSync(whereIs(name), join(programs, name));
  symlinkSync(process.execPath, join(programs, 'node'));
  // npm, as far as it is needed: it would fetch the pnpm that lies here already.
  const npm = `#!/bin/sh\ncase $1 in\nexec) shift 4; exec '${whereIs('pnpm')}' "$@" ;;\nconfig) echo '{}' ;;\nesac\n`;
  writeFileSync(join(programs, 'npm'), npm, { mode: 0o755 });

  const store = spawnSync('pnpm', ['store', 'path'], { cwd: root, encoding: 'utf8' }).stdout.trim();
  const env = {
    HOME: home,
    PATH: programs,
    TCBLAB_NODE: 'installed',
    pnpm_config_offline: 'true',
    // What npm does not hold for the platform.
    pnpm_config_optional: 'false',
    // The version of the store is a folder of its own in it.
    pnpm_config_store_dir: store.replace(/\/v\d+$/, ''),
  };
  const tcblab = (...words: string[]) => {
    const command = [join(clone, 'tcblab'), ...words];
    const hidden = has('netns')
      ? [whereIs('unshare'), '-U', '-c', '--keep-caps', whereIs('sh'), '-c', NO_NAMESPACES, 'sh']
      : [];
    const [program, ...args] = [...hidden, ...command];
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd: home,
      env,
      encoding: 'utf8',
      timeout: 120_000,
    });
    return { status, stdout, stderr };
  };
  return { clone, home, tcblab };
}

function whereIs(name: string): string {
  const folder = `${process.env.PATH}:/usr/bin:/bin:/usr/sbin`
    .split(':')
    .find((path) => existsSync(join(path, name)));
  return join(folder ?? '/usr/bin', name);
}

test('a machine that npm holds no Node for installs once and runs the command from source', () => {
  const { clone, home, tcblab } = poorMachine();
  const lockfile = readFileSync(join(clone, 'pnpm-lock.yaml'));
  // What a killed set-up leaves: its lock, and a stamp that says it did not end.
  mkdirSync(join(clone, '.cache'));
  mkdirSync(join(clone, 'node_modules', 'half'), { recursive: true });
  writeFileSync(
    join(clone, '.cache', 'bootstrap.lock'),
    JSON.stringify({ pid: 1, host: hostname(), started: 'no' }),
  );
  writeFileSync(join(clone, 'node_modules', '.tcblab-packages.json'), '{"scope":"run","key":"unfinished"}');

  const first = tcblab('run', 'handshake', '--bench', 'virtual', '--seed', '7');
  expect(first.stderr).toContain('using the installed Node');
  expect(first.stderr).toContain('MB → node_modules');
  expect(first.stdout, first.stderr).toContain('PASS');
  expect(first.status).toBe(0);
  expect(existsSync(join(home, 'tcblab-runs')), 'results lie where the user stood').toBe(true);
  expect(existsSync(join(clone, 'node_modules', 'turbo'))).toBe(false);
  expect(existsSync(join(clone, 'node_modules', 'half'))).toBe(false);
  expect(existsSync(join(clone, 'apps', 'lab-runner', 'dist'))).toBe(false);
  expect(readFileSync(join(clone, 'pnpm-lock.yaml')).equals(lockfile), 'the lockfile is left as it was').toBe(
    true,
  );

  expect(tcblab('--version')).toEqual({
    status: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    stderr: '',
  });
  const main = tcblab('start');
  expect(main.stdout + main.stderr).toContain('virtual');
  expect(main.stdout, main.stderr).toContain('PASS');
  expect(main.status).toBe(0);
  expect(tcblab('run', 'no-such-scenario').status, 'the exit code is passed on').toBe(2);
});
