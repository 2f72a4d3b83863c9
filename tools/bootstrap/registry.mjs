/** What the registry, or the way to it, can do wrong, in a sentence. */
import { runQuietly } from './child.mjs';
import { Problem } from './problem.mjs';
import { here } from './tree.mjs';

/**
 * @param {string} program the one that failed
 * @param {string} output what it said
 */
export function registryProblem(program, output) {
  const detail = output.trim().split('\n').slice(-12).join('\n');
  const says = (/** @type {RegExp} */ pattern) => pattern.test(output);
  if (says(/spawn npm(\.cmd)? ENOENT|npm: not found|'npm' is not recognized/)) {
    return new Problem('npm is not installed (Node is)', 'sudo apt install npm, then run the command again');
  }
  if (says(/ENOSPC|EDQUOT|no space left/i)) {
    return new Problem('the disk is full', 'free about 1 GB, then run the command again');
  }
  if (says(/EACCES|EPERM|EROFS|permission denied|read-only file system/i)) {
    return new Problem(
      `${program} may not write where it must`,
      'if the path below is a cache in your home that root once wrote to: sudo chown -R "$(id -un)" ~/.npm ~/.local/share/pnpm',
      detail,
    );
  }
  if (
    says(
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|network/i,
    ) ||
    says(/dns error|error sending request|timed? ?out/i)
  ) {
    return new Problem(
      'the npm registry cannot be reached',
      'check the network (behind a proxy: npm config set https-proxy http://HOST:PORT), then run the command again; what is already here is kept',
      detail,
    );
  }
  if (says(/E40[134]|40[134] /)) {
    return new Problem(
      'the npm registry refused, or does not hold a package that tcblab needs',
      'see which registry is set: npm config get registry; then run the command again',
      detail,
    );
  }
  if (says(/EINTEGRITY|integrity/i)) {
    return new Problem(
      'a download is not what the lockfile promises',
      'npm cache clean --force, then run the command again; if it stays, do not trust the registry in use',
      detail,
    );
  }
  return new Problem(`${program} failed`, 'its last lines below say why; then run the command again', detail);
}

/**
 * npm's own settings of registry and proxy, for pnpm, which does not read all the places that npm reads.
 *
 * @param {readonly string[]} npm
 * @param {AbortSignal} signal
 * @returns {Promise<Record<string, string>>} environment variables
 */
export async function settingsForPnpm(npm, signal) {
  const shell = process.platform === 'win32';
  const { ok, output } = await runQuietly([...npm, 'config', 'list', '--json', '--loglevel=silent'], {
    cwd: here,
    signal,
    shell,
  });
  if (!ok) return {};
  /** @type {Record<string, unknown>} */
  let config;
  try {
    config = JSON.parse(output.slice(output.indexOf('{')));
  } catch {
    return {};
  }
  const names = {
    registry: 'registry',
    'https-proxy': 'https_proxy',
    proxy: 'proxy',
    noproxy: 'noproxy',
    cafile: 'cafile',
  };
  /** @type {Record<string, string>} */
  const settings = {};
  for (const [npmName, pnpmName] of Object.entries(names)) {
    const value = config[npmName];
    const text = Array.isArray(value) ? value.filter(Boolean).join(',') : value;
    if (typeof text === 'string' && text !== '') settings[`pnpm_config_${pnpmName}`] = text;
  }
  if (config['strict-ssl'] === false) settings.pnpm_config_strict_ssl = 'false';
  return settings;
}
