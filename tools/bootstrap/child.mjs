/** Child processes: the quiet ones of the set-up, and the command itself. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { Interrupted } from './problem.mjs';
import { root } from './tree.mjs';

/**
 * Run a program to its end and keep what it says.
 *
 * @param {readonly string[]} command
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, signal: AbortSignal, onOutput?: (text: string) => void, shell?: boolean }} options
 * @returns {Promise<{ ok: boolean, output: string }>} not ok also when the program cannot be started
 * @throws Interrupted when `signal` fires; the program has ended by then
 */
export function runQuietly(
  [program, ...args],
  { cwd = root, env = process.env, signal, onOutput, shell = false },
) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env,
      shell,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    let output = '';
    const stop = () => child.kill('SIGTERM');
    signal.addEventListener('abort', stop);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        output = (output + text).slice(-100_000);
        onOutput?.(text);
      });
    }
    child.on('error', (error) => {
      output += error.message;
      done(false);
    });
    child.on('close', (code) => done(code === 0));

    /** @param {boolean} ok */
    function done(ok) {
      signal.removeEventListener('abort', stop);
      if (signal.aborted) reject(new Interrupted());
      else resolve({ ok, output });
    }
  });
}

/**
 * Run the command that all this was for, with our terminal, and pass signals on so that it can clean up.
 *
 * @param {readonly string[]} command
 * @param {NodeJS.ProcessEnv} [env]
 * @param {string} [cwd]
 * @returns {Promise<number>} its exit code, as a shell would give it; 130 when a SIGINT or a SIGTERM ended it
 */
export function runInFront([program, ...args], env = process.env, cwd = process.cwd()) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: 'inherit' });
    const pass = (/** @type {NodeJS.Signals} */ signal) => {
      // A terminal's Ctrl-C reaches the child without us; twice would mean "now, and leave the mess".
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      child.kill(signal);
    };
    /** @type {NodeJS.Signals[]} */
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, pass);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      for (const name of signals) process.off(name, pass);
      if (signal === null) resolve(code ?? 1);
      else resolve(signal === 'SIGINT' || signal === 'SIGTERM' ? 130 : 128 + constants.signals[signal]);
    });
  });
}
