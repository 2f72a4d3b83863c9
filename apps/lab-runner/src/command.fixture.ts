/** Runs the real command as a process, for tests. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** What starts the command from its sources. */
export const COMMAND = [
  process.execPath,
  '--conditions=source',
  join(import.meta.dirname, 'main.ts'),
] as const;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Circumstances {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
}

/** Colours and CI manners of whoever runs the tests must not reach the command. */
function cleanEnv(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, ...extra };
  for (const name of ['NO_COLOR', 'FORCE_COLOR', 'CI', 'NODE_OPTIONS', 'NODE_ENV', 'VITEST']) {
    if (!(name in extra)) delete env[name];
  }
  return env;
}

/** Run to the end; at most 60 s. */
export function tcblab(words: readonly string[], { cwd, env }: Circumstances = {}): Ended {
  const [program, ...first] = COMMAND;
  const ended = spawnSync(program, [...first, ...words], {
    encoding: 'utf8',
    env: cleanEnv(env),
    timeout: 60_000,
    // It takes SIGTERM for a Ctrl-C, which a hanging one would sit out.
    killSignal: 'SIGKILL',
    ...(cwd === undefined ? {} : { cwd }),
  });
  return { code: ended.status, stdout: ended.stdout, stderr: ended.stderr };
}

/** Start it and let the test talk to it. It is killed when the test ends. */
export function startTcblab(words: readonly string[], { cwd, env }: Circumstances = {}) {
  const [program, ...first] = COMMAND;
  const child = spawn(program, [...first, ...words], {
    env: cleanEnv(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** A folder of this test's own, gone when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tcblab-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
