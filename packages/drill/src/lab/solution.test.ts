/** The labs' own solution, in plain values: it passes what the labs ask, and its connection passes every script. */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PartialParts } from '@tcblab/tcp';
import { LAB_FUNCTIONS, adaptParts } from '@tcblab/tcp/lab';
import { expect, test } from 'vitest';
import { formatLadder } from '../script/outcome.ts';
import { runScript } from '../script/run-script.ts';
import { parseLabs } from './lab.ts';

const labs = new URL('../../../../labs/', import.meta.url);
const folder = fileURLToPath(new URL('scripts/', labs));
const scripts = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.pkt'))
  .toSorted();

const solution: Record<string, Record<string, unknown>> = {};
for (const part of Object.keys(LAB_FUNCTIONS)) {
  solution[part] = { ...((await import(new URL(`solution/${part}.ts`, labs).href)) as object) };
}
const parsed = parseLabs(readFileSync(new URL('labs.json', labs), 'utf8'));
const asked = new Set(
  (parsed.ok ? parsed.value.labs : []).flatMap(({ tasks }) =>
    tasks.flatMap(({ cases }) => cases.flatMap(({ kind, path }) => (kind === 'script' ? path : []))),
  ),
);

test.each(Object.entries(LAB_FUNCTIONS))('the solution of %s has every function', (part, functions) => {
  expect(Object.keys(solution[part]).toSorted()).toEqual(functions.toSorted());
});

test.each(scripts)('%s passes with the connection of the labs', (file) => {
  expect(outcomeOf(file, adaptParts({ connection: solution['connection'] }))).toBe(PASS);
});

// Of the other parts our own know more than a course asks: SACK, CUBIC, urgent octets.
test.each([...asked])('%s passes with the whole solution of the labs', (path) => {
  expect(outcomeOf(path.replace('scripts/', ''), adaptParts(solution))).toBe(PASS);
});

const PASS = 'pass: everything came as the script says\n';

function outcomeOf(file: string, parts: PartialParts): string {
  const outcome = runScript({ text: readFileSync(folder + file, 'utf8'), parts });
  return `${outcome.verdict}: ${outcome.reason}\n${outcome.verdict === 'pass' ? '' : formatLadder(outcome)}`;
}
