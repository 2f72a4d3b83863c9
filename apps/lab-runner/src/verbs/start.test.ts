import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { needs } from '@tcblab/test-needs';
import { expect } from 'vitest';
import { COMMAND, temporaryFolder } from '../command.fixture.ts';

const { test } = needs('netns');

/** Run where the kernel allows no more namespaces: limits set in a user namespace bind what is inside. */
function withoutNamespaces(words: readonly string[]) {
  const cwd = temporaryFolder();
  const forbid =
    'echo 0 >/proc/sys/user/max_net_namespaces; echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"';
  const inside = ['--user', '--map-root-user', 'sh', '-c', forbid, 'sh', ...COMMAND, ...words];
  const { status, stdout, stderr } = spawnSync('unshare', inside, {
    cwd,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: cwd },
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  return { code: status, stdout, stderr, left: readdirSync(cwd) };
}

test('where namespaces are refused the main job runs in memory, and one line says so and names the way to a wire', () => {
  const { code, stdout, stderr } = withoutNamespaces(['start']);
  expect(code, stderr).toBe(0);
  expect(stderr.split('\n')[0]).toMatch(
    /^No wire here: .*live in memory instead.*sudo sysctl -w user\.max_user_namespaces=/,
  );
  expect(stdout).toContain('PASS  handshake');
});

test('a wire that was asked for is not replaced: exit 3, the remedy, and nothing written', () => {
  const { code, stdout, stderr, left } = withoutNamespaces(['run', 'handshake']);
  expect({ code, stdout, left }).toEqual({ code: 3, stdout: '', left: [] });
  expect(stderr).toMatch(
    /tcblab: This machine refuses network namespaces: .*\n {2}→ sudo sysctl -w user\.max_user_namespaces=/,
  );
});

test('doctor fails on that machine, and names the same remedy', () => {
  const { code, stdout } = withoutNamespaces(['doctor']);
  expect(code).toBe(3);
  expect(stdout).toMatch(/FAIL namespaces .*\n +→ sudo sysctl -w user\.max_user_namespaces=/);
});
