import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { needs } from '@tcblab/test-needs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PieceFile } from './piece-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tcblab-piece-'));
  path = join(folder, 'file');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('pieces stand in the file in the order in which they were offered', async () => {
  const file = new PieceFile(path);
  const done: number[] = [];
  for (let i = 0; i < 50; i++) file.append(Buffer.from(`${i};`), () => done.push(i));
  await file.close();
  const order = Array.from({ length: 50 }, (_, index) => index);
  expect(done).toEqual(order);
  expect(readFileSync(path, 'utf8')).toBe(order.map((i) => `${i};`).join(''));
});

test('what waits is bounded: the file says when it is too much', async () => {
  const file = new PieceFile(path);
  const piece = new Uint8Array(1 << 20);
  let pieces = 0;
  // Nothing is written before this turn of the event loop ends.
  while (!file.congested && pieces < 1000) {
    file.append(piece);
    pieces++;
  }
  expect(pieces).toBe(Math.min(256, Math.ceil(totalmem() / 16 / 2 ** 20)));
  await file.close();
  expect(file.congested).toBe(false);
  expect(readFileSync(path).length).toBe(pieces << 20);
});

needs('linux').test('a full disk is remembered, and what is offered then is let go', async () => {
  const file = new PieceFile('/dev/full');
  file.append(Buffer.from('lost'));
  await expect.poll(() => file.failure).toMatchObject({ code: 'ENOSPC' });
  expect(file.congested).toBe(true);
  let done = false;
  file.append(Buffer.from('lost too'), () => (done = true));
  expect(done).toBe(true);
  await file.close();
});

test('a process that exits in a hurry leaves a whole file', () => {
  const script = `
    import { PieceFile } from ${JSON.stringify(join(import.meta.dirname, 'piece-file.ts'))};
    const file = new PieceFile(${JSON.stringify(path)});
    for (let i = 0; i < 8; i++) file.append(Buffer.alloc(1 << 20, i));
    setImmediate(() => { file.append(Buffer.from('end')); process.exit(0); });
  `;
  const child = spawnSync(process.execPath, ['--conditions=source', '--input-type=module', '-e', script]);
  expect(child.status).toBe(0);
  const bytes = readFileSync(path);
  expect(bytes.length).toBe((8 << 20) + 3);
  for (let i = 0; i < 8; i++) expect(bytes[(i << 20) + 12_345]).toBe(i);
});
