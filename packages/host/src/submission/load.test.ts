/** Students' folders as they come: whole, half written, broken. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultSettings } from '@tcblab/tcp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadParts, openSubmission } from './load.ts';
import { findSystem } from './system.ts';

let folder = '';
beforeEach(() => {
  // A name of its own for each test: a module is loaded once in the life of a process.
  folder = mkdtempSync(join(tmpdir(), 'tcblab submission-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the functions that are the student’s take the place of ours', async () => {
  write({ sequence: { add: 'mine', less: 'reference' } }, 'export function add(a: number) { return a + 7; }');
  const { value } = await load();
  expect(value.sequence?.add(1 as never, 1)).toBe(8);
  expect(value.sequence?.less(1 as never, 2 as never)).toBe(true);
});

test('what a function throws names its line', async () => {
  write(
    { listener: { ackArrives: 'mine', synArrives: 'mine' } },
    'export function ackArrives() { return "open"; }\n\nexport function synArrives() {\n  return inner();\n}\nfunction inner(): boolean {\n  throw new RangeError("no room");\n}\n',
  );
  const { value } = await load();
  expect(() =>
    value.listener?.synArrives({ backlog: 1, halfOpen: 0, acceptable: 0 }, defaultSettings),
  ).toThrow(/^RangeError: no room, at listener\.ts:7:9 in inner, called at listener\.ts:4:10/);
});

test('the methods of a reassembler are the student’s too', async () => {
  write(
    { reassembler: 'mine' },
    'export function create() {\n  return { get available(): number { throw new Error("not yet"); } };\n}\n',
  );
  const { value } = await load();
  const made = value.reassembler?.create();
  expect(() => made?.available).toThrow('Error: not yet, at reassembler.ts:2:');
});

test('a function that is missing is named', async () => {
  write({ rtt: 'mine' }, 'export function addSample() {}\n');
  const loaded = await loadParts(opened());
  expect(loaded).toMatchObject({
    ok: false,
    fault: { blame: 'code', what: 'rtt.ts exports no function timeout, backOff' },
  });
});

test('a file that is missing is named', async () => {
  writeFileSync(join(folder, 'tcblab.json'), manifest({ rtt: 'mine' }));
  expect(await loadParts(opened())).toMatchObject({ ok: false, fault: { what: 'there is no rtt.ts' } });
});

test('a syntax error is the student’s', async () => {
  write({ rtt: 'mine' }, 'export function addSample( {\n');
  const loaded = await loadParts(opened());
  expect(loaded).toMatchObject({ ok: false, fault: { blame: 'code' } });
});

test('a manifest that cannot be is refused with all that is wrong', () => {
  writeFileSync(
    join(folder, 'tcblab.json'),
    '{"version":1,"lab":"03-handshake","language":"c","kit":"0.1.0","parts":{"tcb":"mine","rtt":{"backOff":"hers"}}}',
  );
  const found = openSubmission(folder);
  expect(found).toMatchObject({ ok: false, fault: { blame: 'folder' } });
  expect(found.ok ? '' : found.fault.what).toMatch(
    /"parts" has no "tcb".*"parts.rtt.backOff" is to be.*"command" is to/,
  );
});

test('a name means the reference, the kernel, a folder, or a program', () => {
  write({}, '');
  const program = join(folder, 'tcp');
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
  mkdirSync(join(folder, 'other'));
  const kinds = ['reference', 'kernel', folder, program].map((name) => {
    const found = findSystem(name);
    return found.ok ? found.value.kind : found.fault.what;
  });
  expect(kinds).toEqual(['reference', 'kernel', 'parts', 'program']);
  expect(findSystem(join(folder, 'other'))).toMatchObject({ ok: false, fault: { blame: 'folder' } });
});

function write(parts: object, code: string): void {
  writeFileSync(join(folder, 'tcblab.json'), manifest(parts));
  for (const part of Object.keys(parts)) writeFileSync(join(folder, `${part}.ts`), code);
}

function manifest(parts: object): string {
  return JSON.stringify({ version: 1, lab: '03-handshake', language: 'typescript', kit: '0.1.0', parts });
}

function opened() {
  const found = openSubmission(folder);
  if (!found.ok) throw new RangeError(found.fault.what);
  return found.value;
}

async function load() {
  const loaded = await loadParts(opened());
  if (!loaded.ok) throw new RangeError(loaded.fault.what);
  return loaded;
}
