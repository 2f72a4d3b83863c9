import { describe, expect, test } from 'vitest';
import { readResult } from './read-result.ts';
import { createResult, exitCode, verdictOf } from './result.ts';
import type { Check, Verdict } from './result.ts';

const check: Check = {
  id: 'expect-1',
  title: 'client sends SYN',
  verdict: 'pass',
  evidence: 'packets',
  proves: ['MUST-14'],
  rfc: { number: 9293, section: '3.5' },
  packet: { host: 1, number: 3 },
  expected: 'SYN',
  seen: 'SYN',
  page: 'labs/03-handshake',
};
const failed: Check = { ...check, verdict: 'fail', seen: 'RST' };

test.each([
  [['pass'], 0],
  [['pass', 'unsupported'], 0],
  [['fail', 'pass'], 1],
  [['fail', 'inconclusive'], 3],
  [['fail', 'inconclusive', 'error'], 2],
  [['unsupported'], 3],
  [[], 3],
] as [Verdict[], number][])('verdicts %j exit with %i', (verdicts, code) => {
  expect(exitCode(verdicts)).toBe(code);
});

describe('the verdict of checks', () => {
  test('one fail is a fail, whatever is blocked behind it', () => {
    expect(verdictOf([check, failed, { ...check, verdict: 'blocked' }])).toBe('fail');
  });
  test('what a program says of itself does not count', () => {
    expect(verdictOf([check, { ...failed, evidence: 'trace' }])).toBe('pass');
  });
  test('a broken platform says nothing of the TCP', () => {
    expect(verdictOf([failed, { ...check, verdict: 'inconclusive', evidence: 'platform' }])).toBe(
      'inconclusive',
    );
  });
  test('no check is no pass', () => {
    expect(verdictOf([])).toBe('inconclusive');
  });
});

describe('a result', () => {
  const result = createResult({ verb: 'run', subject: 'handshake', seed: 7, checks: [check, failed] });

  test('says why in one sentence', () => {
    expect(result.reason).toBe('client sends SYN: expected SYN; seen RST');
  });
  test('survives JSON', () => {
    expect(readResult(JSON.parse(JSON.stringify(result)))).toEqual({ ok: true, value: result });
  });
  test('of a newer kit is refused with the remedy', () => {
    expect(readResult({ ...result, version: 2 })).toEqual({
      ok: false,
      problems: [
        'the result has version 2, this kit reads 1: it was written by a newer kit; update this one',
      ],
    });
  });
  test('carries its warnings, and none where there are none', () => {
    const warned = createResult({ ...result, warnings: ['the kernel said CLOSING'] });
    expect(readResult(JSON.parse(JSON.stringify(warned)))).toEqual({ ok: true, value: warned });
    expect(createResult({ ...result, warnings: [] })).not.toHaveProperty('warnings');
    expect(readResult({ ...result, warnings: [1] })).toEqual({
      ok: false,
      problems: ['warnings[0] must be a text'],
    });
  });
  test('that is wrong is refused by path', () => {
    const wrong = { ...result, seed: 'x', checks: [{ ...check, verdict: 'passed', packet: { host: 1 } }] };
    expect(readResult(wrong)).toEqual({
      ok: false,
      problems: [
        'seed must be a whole number',
        'checks[0].verdict is "passed": one of pass, fail, error, unsupported, inconclusive, blocked',
        'checks[0].packet.number must be a whole number',
      ],
    });
  });
  test.each([[null], [[]], ['x'], [{ format: 'other' }]])('%j is no result', (json) => {
    expect(readResult(json).ok).toBe(false);
  });
});
