import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { referenceParts } from '@tcblab/tcp';
import { expect, test } from 'vitest';
import { runWorld } from '../world/world.ts';
import { judge } from './judge.ts';
import { parseScenario } from './parse-scenario.ts';

const url = new URL('../../../../labs/scenarios/transfer.yaml', import.meta.url);
const parsed = parseScenario('transfer', readFileSync(fileURLToPath(url), 'utf8'));
if (!parsed.ok) throw new Error('transfer.yaml has problems');
const transfer = parsed.value;

const impairment = { loss: 0.3, duplicate: 0, reorder: 0, corrupt: 0, delay: 0 };

test('a TCP that is still trying when the limit comes is not blamed for a wire that was asked to be bad', () => {
  const evidence = runWorld({ scenario: transfer, seed: 3, impairment });
  expect(evidence.ended).toBe('limit');
  const { verdict, reason } = judge(transfer, { ...evidence, harmed: true });
  expect(verdict).toBe('inconclusive');
  expect(reason).toMatch(/still sending on a wire that harms frames \(\d+ octets were through\)/);
});

test('one that has stopped trying is', () => {
  // It sends nothing again: the first loss is the end.
  const retransmission = { ...referenceParts.retransmission, timeout: () => true, next: () => null };
  const evidence = runWorld({ scenario: transfer, seed: 3, impairment, a: { parts: { retransmission } } });
  expect(judge(transfer, { ...evidence, harmed: true }).verdict).toBe('fail');
});

test('and so is one that runs out of time on a wire that nobody asked to be bad', () => {
  const evidence = runWorld({ scenario: transfer, seed: 3, impairment });
  expect(judge(transfer, evidence).verdict).toBe('fail');
});
