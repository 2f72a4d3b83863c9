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

test.each(files)('%s passes between two references', (file) => {
  const scenario = load(file);
  const { verdict, reason, checks } = judge(scenario, runWorld({ scenario, seed: 1 }));
  expect({ reason, failed: checks.filter((check) => check.verdict !== 'pass') }).toEqual({
    reason,
    failed: [],
  });
  expect(verdict).toBe('pass');
});
