// Finds the machine code of a native addon: the committed prebuild, or one compiled here from the same C file.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** An addon that this machine cannot run. The message names what was tried and what would mend it. */
export class NativeAddonError extends Error {
  override readonly name = 'NativeAddonError';
  readonly code = 'native-addon-unavailable';
}

/**
 * Load the addon whose C source is `source`, a `native/NAME.c` in its package.
 *
 * A prebuild whose recorded hash is that of the source is used as it is. Otherwise (the source was edited, the
 * processor has no prebuild, the C library is too old for it) one call of `cc` makes a fresh one, once, in `build/`.
 *
 * @throws NativeAddonError when there is neither a fitting prebuild nor a compiler
 */
export function loadNativeAddon(source: URL): unknown {
  const addon = nativeAddon(fileURLToPath(source));
  const require = createRequire(import.meta.url);
  if (process.platform !== 'linux') {
    throw new NativeAddonError(`${addon.name} needs Linux; this is ${process.platform}`);
  }
  const obstacles: string[] = [];
  const prebuild = prebuildOf(addon, process.arch);
  if (!existsSync(prebuild.binary)) {
    obstacles.push(`there is no prebuild for linux-${process.arch}`);
  } else if (prebuild.recordedHash !== addon.hash) {
    obstacles.push(`the prebuild is not of this ${basename(addon.source)}`);
  } else {
    try {
      return require(prebuild.binary);
    } catch (error) {
      obstacles.push(`the prebuild does not load (${(error as Error).message})`);
    }
  }
  try {
    return require(compiledHere(addon));
  } catch (error) {
    obstacles.push((error as Error).message);
  }
  throw new NativeAddonError(
    `cannot load the native addon ${addon.name}: ${obstacles.join('; ')}. Remedy: install a C compiler ` +
      `(sudo apt install gcc libc6-dev) and run again, or restore ${addon.folder} as it was released`,
  );
}

/** The binary of this very source for this processor: from an earlier run, or compiled now. */
function compiledHere(addon: NativeAddon): string {
  const file = `${addon.name}-${process.arch}-${addon.hash.slice(0, 16)}.node`;
  const kept = join(addon.folder, 'build', file);
  if (existsSync(kept)) return kept;
  try {
    mkdirSync(dirname(kept), { recursive: true });
    accessSync(dirname(kept), constants.W_OK);
  } catch {
    // Installed by another user: for this process only, in a folder that nobody else can have prepared.
    const folder = mkdtempSync(join(tmpdir(), 'tcblab-addon-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    const passing = join(folder, file);
    compileNativeAddon(addon, passing);
    return passing;
  }
  compileNativeAddon(addon, kept);
  return kept;
}

/** One C file and what is made of it. */
export interface NativeAddon {
  readonly name: string;
  /** Path of the C file. */
  readonly source: string;
  /** The package's folder. */
  readonly folder: string;
  /** SHA-256 of the C file, in hex. */
  readonly hash: string;
}

export function nativeAddon(source: string): NativeAddon {
  return {
    name: basename(source, '.c'),
    source,
    folder: dirname(dirname(source)),
    hash: createHash('sha256').update(readFileSync(source)).digest('hex'),
  };
}

/** Where the committed binary for a processor lies, and the hash of the source that it was made from. */
export function prebuildOf(addon: NativeAddon, arch: string) {
  const folder = join(addon.folder, 'prebuilds', `linux-${arch}`);
  const hashFile = join(folder, `${addon.name}.c.sha256`);
  // As sha256sum writes it, so that `sha256sum -c` in the folder can check it too.
  const recordedHash = existsSync(hashFile) ? readFileSync(hashFile, 'utf8').slice(0, 64) : null;
  return { binary: join(folder, `${addon.name}.node`), hashFile, recordedHash };
}

/**
 * Compile with one compiler call. `warnings` are flags: on a user's machine none, since compilers go on learning.
 * `binary` appears whole or not at all, also when two processes do this at once.
 *
 * @throws NativeAddonError with what the compiler said
 */
export function compileNativeAddon(
  addon: NativeAddon,
  binary: string,
  compiler = process.env.CC ?? 'cc',
  warnings: readonly string[] = [],
): void {
  const draft = `${binary}.${process.pid}`;
  mkdirSync(dirname(binary), { recursive: true });
  // One binary serves every Node from 20 on: Node-API 8 and libuv 1's poll are stable.
  const flags = [
    '-O2',
    '-shared',
    '-fPIC',
    '-fvisibility=hidden',
    '-s',
    '-DNAPI_VERSION=8',
    `-I${nodeHeaders()}`,
  ];
  const result = spawnSync(compiler, [...warnings, ...flags, addon.source, '-o', draft], {
    encoding: 'utf8',
  });
  if (result.status === 0) {
    renameSync(draft, binary);
    return;
  }
  rmSync(draft, { force: true });
  throw new NativeAddonError(
    result.error === undefined
      ? `${compiler} cannot compile ${addon.source}: ${result.stderr.trim()}`
      : `no C compiler can be run (${compiler}: ${(result.error as NodeJS.ErrnoException).code})`,
  );
}

/** The folder with node_api.h and uv.h. They come with every Node of the npm registry and of nodejs.org. */
function nodeHeaders(): string {
  const repository = fileURLToPath(new URL('../../../', import.meta.url));
  const candidates = [
    join(dirname(dirname(process.execPath)), 'include', 'node'),
    join(repository, 'tools', 'bootstrap', 'node_modules', `node-linux-${process.arch}`, 'include', 'node'),
  ];
  const found = candidates.find(
    (folder) => existsSync(join(folder, 'node_api.h')) && existsSync(join(folder, 'uv.h')),
  );
  if (found !== undefined) return found;
  throw new NativeAddonError(`Node's C headers are in none of ${candidates.join(', ')}`);
}
