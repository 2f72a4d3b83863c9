import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node-pty';
import { expect, onTestFinished, test } from 'vitest';
import { COMMAND, temporaryFolder } from '../command.fixture.ts';

/** Run the command in a terminal of 100 × 40. */
function inTerminal(words: readonly string[], env: Record<string, string> = {}) {
  const cwd = temporaryFolder();
  const [program, ...first] = COMMAND;
  const terminal = spawn(program, [...first, ...words], {
    cols: 100,
    rows: 40,
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: cwd, TERM: 'xterm-256color', ...env },
  });
  onTestFinished(() => terminal.kill('SIGKILL'));
  let screen = '';
  let heard = (): void => {};
  terminal.onData((text) => {
    screen += text;
    heard();
  });
  const ended = new Promise<{ code: number; screen: string }>((resolve) => {
    // The last of what it wrote may still be in the terminal when it has gone.
    terminal.onExit(({ exitCode }) => setTimeout(() => resolve({ code: exitCode, screen }), 200));
  });
  const shows = (text: string): Promise<void> =>
    new Promise((resolve) => {
      heard = () => {
        if (screen.includes(text)) resolve();
      };
      heard();
    });
  return { cwd, ended, shows, type: (keys: string) => terminal.write(keys) };
}

const virtually = ['run', 'handshake', '--bench', 'virtual', '--seed', '7'];

test('in a terminal the list is drawn in place, the ladder has colours, and the cursor comes back', async () => {
  const { code, screen } = await inTerminal(virtually).ended;
  expect(code).toBe(0);
  const list = screen.slice(0, screen.indexOf('host A'));
  // Four steps, all there from the first drawing on, each time over the last one.
  expect(list.indexOf('verdict')).toBeLessThan(list.indexOf('✔'));
  expect(list).toContain('\x1b[4A');
  expect(list.lastIndexOf('\x1b[?25h')).toBeGreaterThan(list.lastIndexOf('\x1b[?25l'));
  expect(screen).toContain('\x1b[1m\x1b[32mESTABLISHED');
});

test.each([
  ['NO_COLOR=1', { NO_COLOR: '1' }],
  ['TERM=dumb', { TERM: 'dumb' }],
])('under %s there is not one escape', async (_, env) => {
  const { code, screen } = await inTerminal(virtually, env).ended;
  expect(code).toBe(0);
  expect(screen).not.toContain('\x1b');
  expect(screen).toMatch(/ok {3}verdict +all \d+ checks passed/);
});

test('Ctrl-C at the keyboard ends with 130, and gives the cursor back', async () => {
  const run = inTerminal(['run', 'transfer', '--bench', 'virtual', '--loss', '30%', '--out', 'run']);
  await run.shows('A megabyte each way');
  run.type('\x03');
  const { code, screen } = await run.ended;
  expect(code).toBe(130);
  expect(screen.lastIndexOf('\x1b[?25h')).toBeGreaterThan(screen.lastIndexOf('\x1b[?25l'));
  expect(readdirSync(join(run.cwd))).toEqual(['run']);
});
