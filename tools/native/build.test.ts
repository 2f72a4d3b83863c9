import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { needs } from '@tcblab/test-needs';

const { test } = needs('linux', 'cc', 'aarch64-linux-gnu-gcc');
const repository = join(import.meta.dirname, '..', '..');
const source = 'packages/raw-socket/native/raw-socket.c';

/** A repository with one addon, to be tampered with. */
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tcblab-build-test-'));
  for (const part of ['native', 'prebuilds']) {
    const folder = join('packages/raw-socket', part);
    cpSync(join(repository, folder), join(root, folder), { recursive: true });
  }
});
afterEach(() => rmSync(root, { recursive: true }));

function build(...flags: string[]) {
  const program = join(import.meta.dirname, 'build.mjs');
  const { status, stdout } = spawnSync(process.execPath, [program, '--root', root, ...flags], {
    encoding: 'utf8',
  });
  return { status, failed: stdout.split('\n').filter((line) => line.startsWith('FAILED')) };
}

test('the committed binaries are of the committed source', () => {
  expect(build('--check')).toEqual({ status: 0, failed: [] });
});

test('an edited source is stale for each processor until it is built again', () => {
  appendFileSync(join(root, source), '// edited\n');
  expect(build('--check')).toEqual({
    status: 1,
    failed: ['x64', 'arm64'].map((arch) => expect.stringContaining(`linux-${arch}: the prebuild is stale`)),
  });
  expect(build()).toEqual({ status: 0, failed: [] });
  expect(build('--check')).toEqual({ status: 0, failed: [] });
});
