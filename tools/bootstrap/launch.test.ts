import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { needs } from '@tcblab/test-needs';

const { test } = needs('linux');
const root = resolve(import.meta.dirname, '..', '..');

test('tcblab runs through a symlink from any folder, and works in that folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tcblab launch '));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  symlinkSync(join(root, 'tcblab'), join(folder, 'first'));
  symlinkSync('first', join(folder, 'second'));
  const words = ['run', 'handshake', '--bench', 'virtual', '--out', 'in here'];
  const { status, stdout } = spawnSync('./second', words, { cwd: folder, encoding: 'utf8' });
  expect(stdout).toContain('PASS');
  expect(status).toBe(0);
  expect(readdirSync(folder).toSorted()).toEqual(['first', 'in here', 'second']);
});

test('wrong use ends with the exit code of the command, and leaves the standard output clean', () => {
  const { status, stdout, stderr } = spawnSync(join(root, 'tcblab'), ['ru'], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain('run');
});

/** A launcher whose command, on a signal, takes its time to clean up. */
function launch() {
  const command = [
    `const stay = setInterval(() => {}, 1000);`,
    `for (const name of ['SIGINT', 'SIGTERM'])`,
    `  process.once(name, () => setTimeout(() => { clearInterval(stay); console.log('clean after', name); process.exitCode = 130; }, 50));`,
    `console.log('ready');`,
  ].join('\n');
  const launcher = [
    `import { runInFront } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'child.mjs')).href)};`,
    `process.exitCode = await runInFront([process.execPath, '-e', ${JSON.stringify(command)}]);`,
  ].join('\n');
  const child = spawn(process.execPath, ['--input-type=module', '-e', launcher], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve_) => child.on('close', resolve_));
  return { child, ended };
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} reaches the command, which cleans up before the launcher ends with 130`, async () => {
    const { child, ended } = launch();
    let told = false;
    child.stdout.on('data', () => {
      if (!told) child.kill(signal);
      told = true;
    });
    expect(await text(child.stdout)).toBe(`ready\nclean after ${signal}\n`);
    expect(await ended).toBe(130);
  });
}

test('a command that a signal kills ends as a shell would say it', async () => {
  const launcher = [
    `import { runInFront } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'child.mjs')).href)};`,
    `process.exitCode = await runInFront([process.execPath, '-e', 'process.kill(process.pid, "SIGKILL")']);`,
  ].join('\n');
  expect(spawnSync(process.execPath, ['--input-type=module', '-e', launcher]).status).toBe(137);
});
