import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { needs } from '@tcblab/test-needs';
import { expect, onTestFinished, test } from 'vitest';
import { tcblab, temporaryFolder } from '../command.fixture.ts';

/** A folder with one finished run, the draft of a run that was killed, and the draft of one that goes on. */
function usedFolder() {
  const here = temporaryFolder();
  const runs = join(here, 'tcblab-runs');
  const dead = join(runs, `.tcblab-draft-${hostname()}-999999999-abc`);
  const alive = join(runs, `.tcblab-draft-${hostname()}-${process.pid}-abc`);
  for (const folder of [join(runs, 'one'), dead, alive]) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'host-a.pcapng'), new Uint8Array(2048));
  }
  return { here, runs, alive };
}

test('it removes half-written runs, and neither results nor the draft of a run that goes on', () => {
  const { here, runs } = usedFolder();
  const { code, stdout } = tcblab(['clean'], { cwd: here });
  expect(code).toBe(0);
  expect(stdout).toMatch(/half-written run\s+2\.0 KiB .*999999999/);
  expect(readdirSync(runs).toSorted()).toEqual([`.tcblab-draft-${hostname()}-${process.pid}-abc`, 'one']);
});

test('--dry-run only tells', () => {
  const { here, runs } = usedFolder();
  const before = readdirSync(runs);
  expect(tcblab(['clean', '--runs', '--dry-run'], { cwd: here }).stdout).toMatch(/would go/);
  expect(readdirSync(runs)).toEqual(before);
});

test('--runs removes the results of this folder', () => {
  const { here } = usedFolder();
  tcblab(['clean', '--runs'], { cwd: here });
  expect(readdirSync(here)).toEqual([]);
});

test('where there is nothing it says so', () => {
  const { code, stdout } = tcblab(['clean'], { cwd: temporaryFolder() });
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: 'Nothing to remove. Results are kept; --runs removes them too.\n',
  });
});

needs('linux').test('it ends what a dead runner left running, and not what a live one runs', async () => {
  // As the processes of a run are marked: the runner's process id and when it started.
  const marked = (runner: string) =>
    spawn('sleep', ['60'], { env: { ...process.env, TCBLAB_RUNNER: runner } });
  const orphan = marked('4194303.1');
  const stranger = spawn('sleep', ['60']);
  onTestFinished(() => void [orphan, stranger].map((child) => child.kill('SIGKILL')));
  const ended = once(orphan, 'exit');
  const { code, stdout } = tcblab(['clean'], { cwd: temporaryFolder() });
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`process +${orphan.pid} +sleep 60`));
  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
});
