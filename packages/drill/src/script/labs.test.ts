/** The project's own scripts: each passes on the reference, and each notices at least one way to break it. */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { mutants } from '../mutants/mutants.ts';
import { prove } from '../mutants/proof.ts';
import { readHeader } from './header.ts';
import { formatLadder } from './outcome.ts';
import { runScript } from './run-script.ts';

const folder = fileURLToPath(new URL('../../../../labs/scripts/', import.meta.url));
const scripts = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.pkt'))
  .toSorted()
  .map((file) => ({ file, text: readFileSync(folder + file, 'utf8') }));

test.each(scripts)('$file passes on the reference', ({ text }) => {
  const outcome = runScript({ text });
  expect(`${outcome.verdict}: ${outcome.reason}`, formatLadder(outcome)).toBe(
    'pass: everything came as the script says',
  );
});

/** What says how IPv4 is: names of ICMP messages, and sizes that follow from its header or its least MTU. */
const OF_IPV4 = /^(icmp|path-mtu|ipv6)\/|\/mss-(absent|follows-mtu)\./;

test.each(scripts.filter(({ file }) => !OF_IPV4.test(file)))('$file passes over IPv6', ({ text }) => {
  const outcome = runScript({ text, ipVersion: 6 });
  expect(outcome.verdict, formatLadder(outcome)).toBe('pass');
});

test.each(scripts)('$file says what it is for and what it proves', ({ text }) => {
  const { purpose, proves, problems } = readHeader(text);
  expect(problems).toEqual([]);
  expect(purpose).toMatch(/^\S.*\.$/);
  expect(proves.length).toBeGreaterThan(0);
});

/** Which of the mutants that lack what a script proves it notices. */
const notices = new Map<string, readonly string[]>();

beforeAll(() => {
  for (const { file, text } of scripts) {
    const { proves } = readHeader(text);
    const lacking = mutants.filter(({ ids }) => ids.some((id) => proves.includes(id)));
    notices.set(file, prove({ text }, lacking).notices);
  }
}, 180_000);

test.each(scripts)('$file notices a TCP that lacks what it proves', ({ file }) => {
  expect(notices.get(file)).not.toEqual([]);
});

test.each(mutants)('of a TCP that $breaks, a script notices each thing that it lacks', ({ name, ids }) => {
  const noticing = scripts.filter(({ file }) => notices.get(file)?.includes(name));
  const noticed = new Set(noticing.flatMap(({ text }) => readHeader(text).proves));
  expect(ids.filter((id) => !noticed.has(id))).toEqual([]);
});
