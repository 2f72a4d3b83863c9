import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MachineError } from '@tcblab/raw-socket';
import { asNobody, needs } from '@tcblab/test-needs';
import { describe, expect, test as always } from 'vitest';
import { errnoNumber } from '../kernel-sockets/errno.ts';
import { explainRefusal, probeNamespaces } from './probe.ts';
import type { MachineFacts } from './probe.ts';

const { test } = needs('netns');
const { test: testAsNobody } = needs('netns-as-nobody');
const probe = fileURLToPath(new URL('../../testing/probe-runner.ts', import.meta.url));

/** What a probe says that is run by another program, such as one that takes rights away first. */
function probeUnder(...command: string[]) {
  const [program = '', ...args] = command;
  const ran = spawnSync(program, [...args, process.execPath, probe], { encoding: 'utf8', timeout: 10_000 });
  return JSON.parse(ran.stdout || `"${ran.stderr}"`);
}

test('a machine with namespaces passes the probe', async () => {
  expect(await probeNamespaces()).toEqual({ ok: true, as: process.getuid?.() === 0 ? 'root' : 'user' });
});

testAsNobody('a plain user passes the probe by a user namespace', () => {
  expect(probeUnder(...asNobody())).toEqual({
    ok: true,
    as: 'user',
  });
});

test('a kernel that allows no more namespaces is recognised, and the setting named', () => {
  // The limits of a user namespace bind only what is inside of it.
  const limit =
    'echo 0 >/proc/sys/user/max_net_namespaces; echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"';
  expect(probeUnder('unshare', '--user', '--map-root-user', 'sh', '-c', limit, 'sh')).toEqual({
    ok: false,
    reason: expect.stringContaining('user.max_user_namespaces is 0'),
    remedy: 'sudo sysctl -w user.max_user_namespaces=15000',
  });
});

test('a machine without nsenter is recognised, and the package named', () => {
  expect(probeUnder('env', 'PATH=/nowhere')).toEqual({
    ok: false,
    reason: 'cannot start nsenter and setpriv: no such file or directory (ENOENT)',
    remedy: 'sudo apt-get install util-linux',
  });
});

describe('a refusal is explained by what the machine says of itself', () => {
  const plain: MachineFacts = { root: false, container: false, setting: () => null };
  const refused = (code: string, tried: string) => new MachineError(errnoNumber(code), tried);
  const withSetting = (path: string, value: string): MachineFacts => ({
    ...plain,
    setting: (asked) => (asked === path ? value : null),
  });

  always.each([
    [
      "Ubuntu's AppArmor restriction",
      refused('EPERM', 'create a user namespace'),
      withSetting('kernel/apparmor_restrict_unprivileged_userns', '1'),
      /apparmor_restrict_unprivileged_userns=0/,
    ],
    [
      'a kernel that keeps user namespaces for root',
      refused('EPERM', 'create a user namespace'),
      withSetting('kernel/unprivileged_userns_clone', '0'),
      /unprivileged_userns_clone=1/,
    ],
    [
      'a container',
      refused('EPERM', 'create a user namespace'),
      { ...plain, root: true, container: true },
      /--privileged/,
    ],
    [
      'a container whose /proc/sys is read-only',
      refused('EROFS', 'set net.ipv4.tcp_congestion_control'),
      { ...plain, root: true, container: true },
      /systempaths=unconfined/,
    ],
    [
      'a sandbox that forbids what the kernel allows',
      refused('ENOSPC', 'create a user namespace'),
      withSetting('user/max_user_namespaces', '2147483647'),
      /^run outside of that sandbox$/,
    ],
    ['a kernel without veth', refused('ENOTSUP', 'join two network namespaces'), plain, /modprobe veth/],
    ['a kernel without namespaces', refused('EINVAL', 'create a user namespace'), plain, /virtual/],
    ['anything else', refused('EPERM', 'create a user namespace'), plain, /^run with sudo$/],
  ])('%s', (_, error, machine, remedy) => {
    const explained = explainRefusal(error, machine);
    expect(explained.remedy).toMatch(remedy);
    expect(explained.reason).toContain(error.tried);
  });
});
