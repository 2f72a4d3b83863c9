/** What the set-up tells its user, on the standard error. */
import { arePackagesReady, effectiveScope, packageDownloads } from './packages.mjs';
import { isToolchainReady, toolchainDownloads } from './toolchain.mjs';

const screen = process.stderr;
const lively = screen.isTTY === true && process.env.TERM !== 'dumb';
const PATIENCE_MS = 10_000;

/** @param {string} line */
export function say(line) {
  screen.write(`tcblab: ${line}\n`);
}

/**
 * What will be downloaded, before it is.
 *
 * @param {import('./toolchain.mjs').Toolchain} chain
 * @param {import('./packages.mjs').Scope} scope
 */
export function announce(chain, scope) {
  /** @type {[string, number, string][]} */
  const rows = [];
  if (!isToolchainReady(chain)) {
    for (const [name, size] of toolchainDownloads()) rows.push([name, size, 'tools/bootstrap/node_modules']);
  }
  if (!arePackagesReady(chain, scope))
    rows.push([...packageDownloads(effectiveScope(scope)), 'node_modules']);
  if (chain.why !== undefined)
    say(`${chain.why}: using the installed Node ${process.versions.node}, from source`);
  if (rows.length === 0) return;
  const total = rows.reduce((sum, [, size]) => sum + size, 0);
  say(`setting up; from the npm registry, at most ${total} MB, less what is cached:`);
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, size, to] of rows)
    screen.write(`  ${name.padEnd(width)}  ${String(size).padStart(3)} MB → ${to}\n`);
}

/**
 * Say what is being done while it is: a line that counts on a terminal, a line now and then in a log.
 *
 * @template T
 * @param {string} what
 * @param {(onOutput: (text: string) => void) => Promise<T>} work given a place for its output, which is scanned for counts
 * @returns {Promise<T>}
 */
export async function progress(what, work) {
  const began = Date.now();
  let count = '';
  let said = began;
  const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`;
  const timer = setInterval(() => {
    const line = `  ${what}… ${seconds()}${count}`;
    if (lively) screen.write(`\r${line}\x1b[K`);
    else if (Date.now() - said >= PATIENCE_MS) {
      said = Date.now();
      screen.write(`${line}\n`);
    }
  }, 500);
  let mark = 'failed';
  try {
    const result = await work((text) => {
      const numbers = /resolved (\d+), reused (\d+), downloaded (\d+)/.exec(text);
      if (numbers !== null) count = `, ${Number(numbers[2]) + Number(numbers[3])} of ${numbers[1]}`;
    });
    mark = 'done';
    return result;
  } finally {
    clearInterval(timer);
    screen.write(`${lively ? '\r\x1b[K' : ''}  ${what}: ${mark} in ${seconds()}\n`);
  }
}
