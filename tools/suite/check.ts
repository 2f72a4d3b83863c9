/** A check is one program that ends with 0 when all is well; it counts as one test. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Outcome } from './outcome.ts';

export const root = join(import.meta.dirname, '..', '..');

export interface Check {
  readonly name: string;
  /** The Node script and its arguments, from the root. */
  readonly script: readonly [string, ...string[]];
  /** What to do when it fails. */
  readonly remedy: string;
}

/** A program of a development dependency, such as `oxlint/bin/oxlint`. */
export function tool(path: string): string {
  return join('node_modules', path);
}

/** Run a check; it says nothing unless it fails. */
export async function runCheck({ name, script, remedy }: Check): Promise<Outcome> {
  const began = performance.now();
  const { code, output } = await run(script);
  const seconds = (performance.now() - began) / 1000;
  const ok = code === 0;
  console.log(` ${ok ? '✓' : '✗'} ${name} ${seconds.toFixed(1)} s`);
  if (!ok) console.log(`${output.trimEnd()}\n   → ${remedy}\n`);
  return { name, passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0, seconds };
}

function run(script: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, script, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    child.on('error', (error) => {
      output += error.message;
    });
    child.on('close', (code) => resolve({ code, output }));
  });
}
