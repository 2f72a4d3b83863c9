import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { temporaryFolder } from '../command.fixture.ts';
import { createRunFolder } from './run-folder.ts';

test('a folder appears whole or not at all', () => {
  const out = join(temporaryFolder(), 'deep', 'run');
  const folder = createRunFolder(out, 'ignored');
  writeFileSync(join(folder.draft, 'file'), 'x');
  expect(existsSync(out)).toBe(false);

  folder.finish();
  expect(readdirSync(out)).toEqual(['file']);
  expect(readdirSync(join(out, '..'))).toEqual(['run']);
});

test('what is discarded leaves nothing', () => {
  const parent = temporaryFolder();
  const folder = createRunFolder(join(parent, 'deep', 'er', 'run'), 'ignored');
  writeFileSync(join(folder.draft, 'file'), 'x');
  folder.discard();
  expect(readdirSync(parent)).toEqual([]);
});

test('a folder with something in it is not overwritten', () => {
  const out = temporaryFolder();
  writeFileSync(join(out, 'thesis.txt'), 'mine');
  expect(() => createRunFolder(out, 'ignored')).toThrow(/not empty/);
  expect(readFileSync(join(out, 'thesis.txt'), 'utf8')).toBe('mine');
});

test('an empty folder is used', () => {
  const out = join(temporaryFolder(), 'empty');
  mkdirSync(out);
  const folder = createRunFolder(out, 'ignored');
  writeFileSync(join(folder.draft, 'file'), 'x');
  folder.finish();
  expect(readdirSync(out)).toEqual(['file']);
});

test('without a name, `latest` points at the newest run', () => {
  const here = temporaryFolder();
  vi.spyOn(process, 'cwd').mockReturnValue(here);
  for (const title of ['one', 'two']) createRunFolder(undefined, title).finish();
  expect(readdirSync(join(here, 'tcblab-runs')).toSorted()).toEqual(['latest', 'one', 'two']);
  expect(readlinkSync(join(here, 'tcblab-runs', 'latest'))).toBe('two');
});

test('the draft of a run that was killed goes when the next one begins, another machine’s stays', () => {
  const parent = temporaryFolder();
  const dead = `.tcblab-draft-${hostname()}-999999999-abc`;
  const foreign = '.tcblab-draft-elsewhere-999999999-abc';
  for (const name of [dead, foreign]) mkdirSync(join(parent, name));
  createRunFolder(join(parent, 'run'), 'ignored').finish();
  expect(readdirSync(parent).toSorted()).toEqual([foreign, 'run']);
});

test('two runs of one title are both kept', () => {
  const here = temporaryFolder();
  vi.spyOn(process, 'cwd').mockReturnValue(here);
  const folders = [createRunFolder(undefined, 'same'), createRunFolder(undefined, 'same')];
  for (const folder of folders) folder.finish();
  expect(folders.map(({ final }) => basename(final))).toEqual(['same', 'same-2']);
  expect(readdirSync(join(here, 'tcblab-runs')).toSorted()).toEqual(['latest', 'same', 'same-2']);
});
