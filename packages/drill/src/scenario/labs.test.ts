/** The project's own scenarios, run in memory with the reference at both ends. */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runWorld } from '../world/world.ts';
import { judge } from './judge.ts';
import { formatProblem, parseScenario } from './parse-scenario.ts';

const folder = fileURLToPath(new URL('../../../../labs/scenarios/', import.meta.url));
const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));

function load(file: string) {
  const parsed = parseScenario(file.replace(/\.yaml$/, ''), readFileSync(folder + file, 'utf8'));
  if (!parsed.ok) throw new Error(parsed.problems.map((problem) => formatProblem(file, problem)).join('\n'));
  return parsed.value;
}

const runs = files.flatMap((file) => [false, true].map((ipv6) => ({ file, ipv6 })));

test.each(runs)('$file passes between two references, IPv6: $ipv6', ({ file, ipv6 }) => {
  const scenario = load(file);
  const { verdict, reason, checks } = judge(scenario, runWorld({ scenario, seed: 1, ipv6 }));
  expect({ reason, failed: checks.filter((check) => check.verdict !== 'pass') }).toEqual({
    reason,
    failed: [],
  });
  expect(verdict).toBe('pass');
});
