// Builds the native addons of the repository, and checks the committed ones.
//
//   node tools/native/build.mjs                      compile every packages/*/native/*.c for x64 and arm64 into prebuilds/
//   node tools/native/build.mjs --check              fail when a prebuild is not of the committed source, needs too new a
//                                                    C library or does not load, or when a source does not compile
//   node tools/native/build.mjs --check --emulate    load the other processor's binaries too, in emulation; fetches Node
//                                                    for that processor from the npm registry, once, into .cache/
//   … --root FOLDER                                  work on that folder's packages instead of this repository's
//
// Needs Debian's gcc, binutils, gcc-aarch64-linux-gnu (on arm64 gcc-x86-64-linux-gnu) and qemu-user-static. Where one is
// missing the step is skipped with a line that says so; in CI (where CI is set) that is a failure.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compileNativeAddon, nativeAddon, prebuildOf } from '../../packages/raw-socket/src/native.ts';

const { values: options } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    emulate: { type: 'boolean', default: false },
    root: { type: 'string', default: fileURLToPath(new URL('../../', import.meta.url)) },
  },
});
const root = resolve(options.root);
const targets = [
  { arch: 'x64', triple: 'x86_64-linux-gnu', debian: 'gcc-x86-64-linux-gnu' },
  { arch: 'arm64', triple: 'aarch64-linux-gnu', debian: 'gcc-aarch64-linux-gnu' },
];
/** Errors here, and silent on a user's machine, whose compiler may know more of them. */
const WARNINGS = ['-Wall', '-Wextra', '-Werror'];
/** The oldest C library a prebuild must run on: Debian 11's. */
const OLDEST_GLIBC = [2, 31];

const addons = globSync('packages/*/native/*.c', { cwd: root })
  .sort()
  .map((source) => nativeAddon(join(root, source)));
let failures = 0;
if (options.check) check();
else build();
process.exit(failures === 0 ? 0 : 1);

function build() {
  for (const addon of addons) {
    for (const target of targets) {
      const compiler = compilerFor(target);
      if (compiler === null) continue;
      const { binary, hashFile } = prebuildOf(addon, target.arch);
      compileNativeAddon(addon, binary, compiler, WARNINGS);
      writeFileSync(hashFile, `${addon.hash}  ${relative(dirname(hashFile), addon.source)}\n`);
      report(true, `${addon.name} for linux-${target.arch}: ${relative(root, binary)}`);
      checkGlibc(binary, target);
    }
  }
}

function check() {
  const drafts = mkdtempSync(join(tmpdir(), 'tcblab-native-'));
  try {
    for (const addon of addons) {
      for (const target of targets) {
        const { binary, recordedHash } = prebuildOf(addon, target.arch);
        const fresh = existsSync(binary) && recordedHash === addon.hash;
        report(
          fresh,
          fresh
            ? `${addon.name} for linux-${target.arch}: the prebuild is of the committed source`
            : `${addon.name} for linux-${target.arch}: the prebuild is stale; run node tools/native/build.mjs and commit`,
        );
        if (!fresh) continue;
        checkGlibc(binary, target);
        checkLoads(binary, target);
        const compiler = compilerFor(target);
        if (compiler === null) continue;
        const draft = join(drafts, target.arch, basename(binary));
        mkdirSync(dirname(draft), { recursive: true });
        compileNativeAddon(addon, draft, compiler, WARNINGS);
        report(true, `${addon.name} for linux-${target.arch}: the source compiles`);
        checkLoads(draft, target);
      }
    }
  } finally {
    rmSync(drafts, { recursive: true, force: true });
  }
}

/** The compiler for a target, or null, reported, when this machine has none. */
function compilerFor({ arch, triple, debian }) {
  if (arch === process.arch) return process.env.CC ?? 'cc';
  const compiler = `${triple}-gcc`;
  if (has(compiler)) return compiler;
  missing(`no compiler for linux-${arch}`, debian);
  return null;
}

/** A newer symbol than promised would keep a student's older Debian from loading the file. */
function checkGlibc(binary, { triple, arch }) {
  const objdump = arch === process.arch ? 'objdump' : `${triple}-objdump`;
  if (!has(objdump)) return missing(`no ${objdump}`, 'binutils');
  const symbols = execFileSync(objdump, ['-T', binary], { encoding: 'utf8' });
  const versions = [...symbols.matchAll(/GLIBC_(\d+)\.(\d+)/g)].map(([, major, minor]) => [+major, +minor]);
  const newest = versions.sort((a, b) => a[0] - b[0] || a[1] - b[1]).at(-1) ?? [0, 0];
  const ok = newest[0] === OLDEST_GLIBC[0] && newest[1] <= OLDEST_GLIBC[1];
  report(ok, `${relative(root, binary)} needs glibc ${newest.join('.')}, allowed ${OLDEST_GLIBC.join('.')}`);
}

function checkLoads(binary, { arch, triple }) {
  const program = `console.log(Object.keys(require(${JSON.stringify(binary)})).length)`;
  let command = [process.execPath];
  if (arch !== process.arch) {
    if (!options.emulate) return;
    const emulator = `qemu-${arch === 'arm64' ? 'aarch64' : 'x86_64'}-static`;
    if (!has(emulator)) return missing(`no ${emulator}`, 'qemu-user-static');
    command = [emulator, '-L', `/usr/${triple}`, foreignNode(arch)];
  }
  const result = spawnSync(command[0], [...command.slice(1), '-e', program], { encoding: 'utf8' });
  const ok = result.status === 0 && Number(result.stdout) > 0;
  report(
    ok,
    `${basename(binary)} ${ok ? 'loads' : 'does not load'} in Node for ${arch}${ok ? '' : `: ${result.stderr}`}`,
  );
}

/** Node for the other processor, from the npm registry, at the version that the bootstrap pins for this one. */
function foreignNode(arch) {
  const folder = join(root, '.cache', `node-linux-${arch}`);
  const node = join(folder, 'node_modules', `node-linux-${arch}`, 'bin', 'node');
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    const spec = `node-linux-${arch}@${process.versions.node}`;
    console.log(`fetching ${spec} from the npm registry, to load the ${arch} addons in emulation`);
    const options = ['--force', '--no-save', '--no-audit', '--no-fund', '--loglevel=error', '--os=linux'];
    execFileSync('npm', ['install', ...options, `--cpu=${arch}`, spec], { cwd: folder, stdio: 'inherit' });
  }
  return node;
}

function has(program) {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

function report(ok, line) {
  if (!ok) failures += 1;
  console.log(`${ok ? 'ok' : 'FAILED'}  ${line}`);
}

function missing(what, debian) {
  if (process.env.CI) report(false, `${what}: sudo apt install ${debian}`);
  else console.log(`skipped  ${what}; to enable it: sudo apt install ${debian}`);
}
