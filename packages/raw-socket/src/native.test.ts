import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { needs } from '@tcblab/test-needs';

const { test } = needs('linux', 'cc');
const ours = join(import.meta.dirname, '..');

/** A copy of this package's native part, to be tampered with. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tcblab-native-test-'));
  for (const part of ['native', 'prebuilds'])
    cpSync(join(ours, part), join(folder, part), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Load the copy in a process of its own, as a user's machine would. */
function load(env: Record<string, string> = {}) {
  const loader = join(import.meta.dirname, 'native.ts');
  const program = `import { loadNativeAddon } from ${JSON.stringify(loader)};
    import { pathToFileURL } from 'node:url';
    try {
      console.log(typeof loadNativeAddon(pathToFileURL(${JSON.stringify(join(folder, 'native/raw-socket.c'))})).open);
    } catch ({ name, message }) { console.log(name, message); }`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  const build = join(folder, 'build');
  const isFolder = existsSync(build) && statSync(build).isDirectory();
  return { said: stdout.trim(), built: isFolder ? readdirSync(build) : [] };
}

const edit = () => appendFileSync(join(folder, 'native/raw-socket.c'), '// edited\n');
const noCompiler = { CC: '/nowhere/cc' };

test('a prebuild of the very source is loaded, and no compiler asked', () => {
  expect(load(noCompiler)).toEqual({ said: 'function', built: [] });
});

test('after an edit the addon is compiled once, and kept', () => {
  edit();
  const first = load();
  expect(first).toEqual({
    said: 'function',
    built: [expect.stringMatching(new RegExp(`^raw-socket-${process.arch}-[0-9a-f]{16}\\.node$`))],
  });
  expect(load(noCompiler)).toEqual(first);
});

test('a prebuild that this machine cannot load is replaced by one compiled here', () => {
  const prebuild = join(folder, 'prebuilds', `linux-${process.arch}`, 'raw-socket.node');
  cpSync(join(folder, 'native/raw-socket.c'), prebuild);
  expect(load()).toMatchObject({ said: 'function', built: [expect.stringContaining('.node')] });
});

test('where the package cannot be written to, the addon is compiled for this process only', () => {
  edit();
  writeFileSync(join(folder, 'build'), 'a file stands in for a folder that is not ours');
  const scratch = join(folder, 'scratch');
  mkdirSync(scratch);
  expect(load({ TMPDIR: scratch }).said).toBe('function');
  expect(readdirSync(scratch)).toEqual([]);
});

test('without a fitting prebuild and a compiler the error says why and what to install', () => {
  edit();
  const { said, built } = load(noCompiler);
  expect(said).toMatch(
    /^NativeAddonError cannot load the native addon raw-socket: the prebuild is not of this/,
  );
  expect(said).toContain('no C compiler can be run (/nowhere/cc: ENOENT)');
  expect(said).toContain('sudo apt install gcc');
  expect(built).toEqual([]);
});

test('a source that does not compile leaves nothing behind and shows what the compiler said', () => {
  appendFileSync(join(folder, 'native/raw-socket.c'), 'this is not C\n');
  const { said, built } = load();
  expect(said).toContain('unknown type name');
  expect(built).toEqual([]);
});
