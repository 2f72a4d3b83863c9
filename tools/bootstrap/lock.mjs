/** One set-up at a time in one clone. */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Interrupted, Problem, refusedWrite } from './problem.mjs';
import { readStamp, root } from './tree.mjs';

const FILE = join(root, '.cache', 'bootstrap.lock');
const PATIENCE_MS = 15 * 60_000;

/**
 * Do `work` while no other process of this clone does the like.
 *
 * @template T
 * @param {{ signal: AbortSignal, say: (line: string) => void }} around
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 * @throws Problem when the clone cannot be written to, or another holds the lock for a quarter of an hour
 */
export async function withLock({ signal, say }, work) {
  const since = Date.now();
  for (let told = false; !take(); told = true) {
    const holder = readStamp(FILE);
    if (!told)
      say(`another set-up of this clone is under way (process ${holder?.pid ?? '?'}); waiting for it`);
    if (Date.now() - since > PATIENCE_MS) {
      throw new Problem(
        `process ${holder?.pid} has held the set-up of this clone for 15 minutes`,
        `end it if it hangs (kill ${holder?.pid}), then run the command again`,
      );
    }
    if (signal.aborted) throw new Interrupted();
    await sleep(200);
  }
  try {
    return await work();
  } finally {
    rmSync(FILE, { force: true });
  }
}

/** Try once, and once more when a dead process had it. @returns {boolean} */
function take() {
  const mine = { pid: process.pid, host: hostname(), started: startOf(process.pid) };
  try {
    // Not recursive: that hides a read-only file system behind an ENOENT.
    if (!existsSync(dirname(FILE))) mkdirSync(dirname(FILE));
    writeFileSync(FILE, JSON.stringify(mine), { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST')
      throw refusedWrite(error, root) ?? error;
  }
  const holder = readStamp(FILE);
  return isStale(holder) && breakLock(holder) && take();
}

/** @param {any} holder undefined while it is being written, or when a power cut left it empty */
function isStale(holder) {
  if (holder?.host !== hostname()) {
    const age = Date.now() - (statSync(FILE, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    return age > PATIENCE_MS;
  }
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: it lives, and is another user's.
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH') return true;
  }
  // The number may have been given to another process since.
  const started = startOf(holder.pid);
  return started !== null && started !== holder.started;
}

/**
 * Two may find the same stale lock, and the slower must not take away what the faster has put there since.
 *
 * @param {any} holder the stale one
 * @returns {boolean} whether it is gone
 */
function breakLock(holder) {
  const aside = `${FILE}.${process.pid}`;
  try {
    renameSync(FILE, aside);
    if (readStamp(aside)?.started === holder?.started) {
      unlinkSync(aside);
      return true;
    }
    renameSync(aside, FILE);
  } catch {
    // The faster one has it already.
  }
  return false;
}

/**
 * When a process began, in the kernel's ticks; null where there is no /proc.
 *
 * @param {number} pid
 */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return null;
  }
}
