// Optional needs of a test: a tool, a right, a kernel feature. At home what is missing skips the test and says how to
// enable it; in CI it fails, so that no test is lost without a word.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, test } from 'vitest';
import { asNobody } from './nobody.ts';

export { asNobody } from './nobody.ts';

// A plain user's PATH often lacks the sbin folders, where tc, ethtool and nft live: for what we look up and what tests start.
process.env.PATH = [...new Set([...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'])]
  .filter(Boolean)
  .join(delimiter);

/** Programs that tests may need, and the Debian package that brings each. */
const PACKAGE_OF = {
  'aarch64-linux-gnu-gcc': 'gcc-aarch64-linux-gnu',
  bwrap: 'bubblewrap',
  capinfos: 'wireshark-common',
  cc: 'gcc',
  chromium: 'chromium',
  curl: 'curl',
  editcap: 'wireshark-common',
  ethtool: 'ethtool',
  git: 'git',
  ip: 'iproute2',
  mergecap: 'wireshark-common',
  nft: 'nftables',
  nmap: 'nmap',
  ping: 'iputils-ping',
  python3: 'python3',
  'qemu-aarch64-static': 'qemu-user-static',
  setpriv: 'util-linux',
  socat: 'socat',
  tc: 'iproute2',
  tcpdump: 'tcpdump',
  tshark: 'tshark',
} as const;

/** What a Debian machine needs for every test to run. */
export const debianPackages: readonly string[] = [...new Set(Object.values(PACKAGE_OF))];

type Lack = { readonly what: string; readonly remedy: string };

/** What is not a program: each probe answers undefined when the need is met. */
const PROBES = {
  /** The pnpm of the set-up. */
  pnpm: () =>
    onPath('pnpm') ? undefined : { what: 'pnpm', remedy: 'npm test puts the pinned one on the path' },
  /** Linux of any kind. */
  linux: () =>
    process.platform === 'linux' ? undefined : { what: 'Linux', remedy: 'run the tests on Linux' },
  /** The right to do everything. */
  root: () => (process.getuid?.() === 0 ? undefined : { what: 'root', remedy: 'sudo npm test' }),
  /** A network namespace with a veth pair in it: as root, or as a plain user through a user namespace. */
  netns: () => {
    const unshare = process.getuid?.() === 0 ? ['-n'] : ['-U', '-r', '-n'];
    return runs('unshare', [...unshare, 'ip', 'link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb'])
      ? undefined
      : { what: 'network namespaces', remedy: './tcblab doctor names what forbids them' };
  },
  /** Namespaces for the user `nobody`, tried from root: for tests that prove the plain user's path. */
  'netns-as-nobody': () => {
    if (process.getuid?.() !== 0) return { what: 'root (to become nobody)', remedy: 'sudo npm test' };
    const [program, ...become] = asNobody();
    if (!runs(program, [...become, process.execPath, '--check', import.meta.filename])) {
      return { what: 'a clone that other users may read', remedy: 'clone to a folder such as /opt' };
    }
    return runs(program, [...become, 'unshare', '-U', '-r', '-n', 'true'])
      ? undefined
      : { what: 'user namespaces', remedy: './tcblab doctor names what forbids them' };
  },
} as const satisfies Record<string, () => Lack | undefined>;

export type Need = keyof typeof PACKAGE_OF | keyof typeof PROBES;

/**
 * The `test` and `describe` to use for what cannot run everywhere.
 *
 * A CI job that goes without something on purpose (a plain user has no root) lists it in `TCBLAB_TEST_WITHOUT`,
 * separated by commas. The same variable shows at home what a poorer machine would see.
 *
 * @example
 * const { test } = needs('netns', 'tshark');
 * test('the kernel answers our SYN', async () => { … });
 */
export function needs(...names: [Need, ...Need[]]): {
  test: typeof test.skip;
  describe: typeof describe.skip;
} {
  const excused = new Set((process.env.TCBLAB_TEST_WITHOUT ?? '').split(',').filter(Boolean));
  const dropped = names.filter((name) => excused.has(name));
  const lacks = names
    .filter((name) => !excused.has(name))
    .map(lackOf)
    .filter((lack) => lack !== undefined);
  if (dropped.length === 0 && lacks.length === 0) return { test, describe };

  const line =
    dropped.length > 0
      ? `needs ${dropped.join(', ')}: left out by TCBLAB_TEST_WITHOUT`
      : `needs ${lacks.map((lack) => lack.what).join(', ')}: ${[...new Set(lacks.map((lack) => lack.remedy))].join('; ')}`;
  if (process.env.CI && dropped.length === 0) {
    test(line, () => {
      throw new Error(`${line} (CI runs every test; add it to .ci/run)`);
    });
  } else {
    test.skip(line, () => {});
  }
  return { test: test.skip, describe: describe.skip };
}

/** Whether everything named is here; for a test that can do more when it is, and loses nothing when it is not. */
export function has(...names: [Need, ...Need[]]): boolean {
  return names.every((name) => lackOf(name) === undefined);
}

const known = new Map<Need, Lack | undefined>();

function lackOf(name: Need): Lack | undefined {
  if (!known.has(name)) known.set(name, probe(name));
  return known.get(name);
}

function probe(name: Need): Lack | undefined {
  if (name in PROBES) return PROBES[name as keyof typeof PROBES]();
  const apt = PACKAGE_OF[name as keyof typeof PACKAGE_OF];
  return onPath(name) ? undefined : { what: name, remedy: `sudo apt install ${apt}` };
}

function onPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function runs(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore', timeout: 10_000 }).status === 0;
}
