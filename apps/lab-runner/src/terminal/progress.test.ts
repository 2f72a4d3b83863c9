import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createProgress } from './progress.ts';
import { terminalFor } from './style.ts';

/** What a stream received, as a terminal (`tty`) or as a file. */
function recorder(env: NodeJS.ProcessEnv, tty: boolean) {
  const stream = new PassThrough() as unknown as NodeJS.WriteStream;
  Object.assign(stream, { isTTY: tty, columns: 60, rows: 24 });
  const written = () => String((stream as unknown as PassThrough).read() ?? '');
  return { terminal: terminalFor(stream, env), written };
}

function play(env: NodeJS.ProcessEnv, tty: boolean): string {
  const { terminal, written } = recorder(env, tty);
  const progress = createProgress(terminal, ['cable', 'agents']);
  const cable = progress.start('cable');
  cable.note('looking');
  cable.ok('veth pair up');
  progress.start('agents').fail('b is silent');
  progress.close();
  progress.close();
  return written();
}

test('a file gets one plain line for each step that ended', () => {
  expect(play({}, false)).toBe('ok   cable        veth pair up\nFAIL agents       b is silent\n');
});

test('a person under NO_COLOR gets the same, without an escape', () => {
  expect(play({ NO_COLOR: '1' }, true)).toBe(play({}, false));
});

test('FORCE_COLOR colours a file, but moves no cursor', () => {
  const text = play({ FORCE_COLOR: '1' }, false);
  expect(text).toContain('\x1b[32mok');
  expect(text).not.toMatch(/\x1b\[[0-9;?]*[A-Kl]/);
});

test('a person sees the whole list from the start, and gets the cursor back', () => {
  const text = play({ TERM: 'xterm' }, true);
  expect(text.startsWith('\x1b[?25l')).toBe(true);
  expect(text.indexOf('agents')).toBeLessThan(text.indexOf('veth pair up'));
  expect(text.match(/\x1b\[\?25h/g)).toHaveLength(1);
});

test('a long detail never wraps, because the list could not be redrawn in place', () => {
  const { terminal, written } = recorder({ TERM: 'xterm' }, true);
  const progress = createProgress(terminal, ['cable']);
  progress.start('cable').ok('x'.repeat(200));
  progress.close();
  const lines = written()
    .replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '')
    .split(/[\r\n]+/);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(60);
});
