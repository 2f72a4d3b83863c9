/** The labs' own solution, in plain values: every script of the project passes with it. */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { adaptParts, type LabParts } from '@tcblab/tcp/lab';
import { expect, test } from 'vitest';
import { formatLadder } from './outcome.ts';
import { runScript } from './run-script.ts';

const labs = new URL('../../../../labs/', import.meta.url);
const folder = fileURLToPath(new URL('scripts/', labs));
const connection = (await import(new URL('solution/connection.ts', labs).href)) as LabParts['connection'];
const scripts = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.pkt'),
);

test.each(scripts)('%s passes with the connection of the labs', (file) => {
  const outcome = runScript({
    text: readFileSync(folder + file, 'utf8'),
    ...(connection === undefined ? {} : { parts: adaptParts({ connection }) }),
  });
  expect(`${outcome.verdict}: ${outcome.reason}`, formatLadder(outcome)).toBe(
    'pass: everything came as the script says',
  );
});
