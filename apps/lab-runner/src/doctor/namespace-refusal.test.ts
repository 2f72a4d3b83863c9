import { expect, test } from 'vitest';
import { explainRefusal, type NamespaceSwitches } from './namespace-refusal.ts';

const user: NamespaceSwitches = {
  root: false,
  maxUserNamespaces: 63_000,
  unprivilegedClone: undefined,
  appArmorRestricts: undefined,
};
const linux = { platform: 'linux', wsl: 'no', container: undefined } as const;

test.each([
  ['macOS', user, { ...linux, platform: 'darwin' }, '--bench virtual'],
  ['WSL 1', user, { ...linux, wsl: 'WSL1' }, 'wsl --set-version'],
  ['a container', user, { ...linux, container: 'docker' }, 'docker run --cap-add'],
  ['Ubuntu 24.04', { ...user, appArmorRestricts: 1 }, linux, 'apparmor_restrict_unprivileged_userns=0'],
  ['an old Debian', { ...user, unprivilegedClone: 0 }, linux, 'unprivileged_userns_clone=1'],
  ['a hardened kernel', { ...user, maxUserNamespaces: 0 }, linux, 'max_user_namespaces='],
  ['an unknown reason', user, linux, 'sudo ./tcblab'],
  [
    'root that AppArmor does not touch',
    { ...user, root: true, appArmorRestricts: 1 },
    linux,
    'outside the sandbox',
  ],
] as const)('%s gets its own remedy', (_, switches, facts, remedy) => {
  expect(explainRefusal(switches, facts, 'EPERM').remedy).toContain(remedy);
});
