/** The labs' own solution, in plain values: every script of the project passes with all of it. */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LAB_FUNCTIONS, adaptParts } from '@tcblab/tcp/lab';
import { expect, test } from 'vitest';
import { formatLadder } from '../script/outcome.ts';
import { runScript } from '../script/run-script.ts';

const labs = new URL('../../../../labs/', import.meta.url);
const folder = fileURLToPath(new URL('scripts/', labs));
const scripts = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.pkt'))
  .toSorted();

const solution: Record<string, Record<string, unknown>> = {};
for (const part of Object.keys(LAB_FUNCTIONS)) {
  solution[part] = { ...((await import(new URL(`solution/${part}.ts`, labs).href)) as object) };
}
const parts = adaptParts(solution);

test.each(Object.entries(LAB_FUNCTIONS))('the solution of %s has every function', (part, functions) => {
  expect(Object.keys(solution[part]).toSorted()).toEqual(functions.toSorted());
});

test.each(scripts)('%s passes with the solution of the labs', (file) => {
  const outcome = runScript({ text: readFileSync(folder + file, 'utf8'), parts });
  expect(`${outcome.verdict}: ${outcome.reason}`, formatLadder(outcome)).toBe(
    'pass: everything came as the script says',
  );
});
