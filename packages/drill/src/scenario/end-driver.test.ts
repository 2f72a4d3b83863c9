import { createIpStack } from '@tcblab/tcp';
import { describe, expect, test } from 'vitest';
import { runWorld } from '../world/world.ts';
import { createEndDriver } from './end-driver.ts';
import type { StepOutcome } from './evidence.ts';
import { formatProblem, parseScenario } from './parse-scenario.ts';
import { createStackPort } from './stack-port.ts';

/** Run two programs against each other; how each step of both ended. */
function outcomes(client: string, server: string) {
  const indented = (steps: string) => steps.trim().replaceAll(/^/gm, '      ');
  const text = `
title: x
about: x
page: x
limit: 5s
ends:
  client:
    do:
${indented(client)}
  server:
    do:
${indented(server)}
expect:
  - client: SYN
    rfc: 9293 3.5
`;
  const parsed = parseScenario('x', text);
  if (!parsed.ok) throw new Error(parsed.problems.map((problem) => formatProblem('x', problem)).join('\n'));
  const { hosts, ended } = runWorld({ scenario: parsed.value, seed: 1 });
  const of = (index: number): (StepOutcome['kind'] | StepOutcome)[] =>
    hosts[index].application.steps.map(({ outcome }) =>
      Object.keys(outcome).length === 1 ? outcome.kind : outcome,
    );
  return {
    client: of(0),
    server: of(1),
    ended,
    times: hosts.map(({ application: { steps } }) => steps.map(({ began }) => began)),
  };
}

const serve = '- listen: 80\n- accept\n';

describe('what a step can come to', () => {
  test('bytes that end early', () => {
    const { server } = outcomes('- open: 80\n- send: abc\n- close', `${serve}- receive: abcdef`);
    expect(server).toEqual(['done', 'done', { kind: 'ended-early', missing: 3 }]);
  });

  test('bytes where the end was due', () => {
    const { server } = outcomes('- open: 80\n- send: abc\n- close', `${serve}- receive: ab\n- receive-end`);
    expect(server).toEqual(['done', 'done', 'done', 'not-ended']);
  });

  test('octets of the pattern that are not the pattern', () => {
    const { server } = outcomes('- open: 80\n- send: abc', `${serve}- receive: { octets: 3 }`);
    expect(server[2]).toEqual({ kind: 'wrong-octet', at: 0, expected: 0, seen: 0x61 });
  });

  test('an error that the scenario asks for is as good as done', () => {
    const { client } = outcomes('- open: 81\n  fails: ECONNREFUSED\n- open: 80', serve);
    expect(client).toEqual([{ kind: 'error', errno: 'ECONNREFUSED' }, 'done']);
    expect(outcomes('- open: 80\n  fails: ECONNREFUSED', serve).client).toEqual(['done']);
  });

  test('a second listener on the same port', () => {
    const { server } = outcomes('- wait: 1ms', '- listen: 80\n- listen: 80\n  fails: EADDRINUSE');
    expect(server).toEqual(['done', { kind: 'error', errno: 'EADDRINUSE' }]);
  });

  test('a call on a connection that was never opened', () => {
    expect(outcomes('- send: abc', serve).client).toEqual([{ kind: 'error', errno: 'ENOTCONN' }]);
  });

  test('a state that is waited for', () => {
    const { client } = outcomes(
      '- open: 80\n- close\n- wait-state: TIME-WAIT',
      `${serve}- receive-end\n- close`,
    );
    expect(client).toEqual(['done', 'done', 'done']);
  });
});

test('the pattern goes on where the step before it stopped', () => {
  const { client, server } = outcomes(
    '- open: 80\n- send: { octets: 100000 }\n- send: { octets: 1 }\n- send: abc\n- close',
    `${serve}- receive: { octets: 1 }\n- receive: { octets: 100000 }\n- receive: abc\n- receive-end`,
  );
  expect(client).toEqual(['done', 'done', 'done', 'done', 'done']);
  expect(server).toEqual(['done', 'done', 'done', 'done', 'done', 'done']);
});

test('a program that is through lets go of its connection, as the end of a process does', () => {
  const { server, ended } = outcomes('- open: 80', `${serve}- receive-end`);
  expect(server).toEqual(['done', 'done', 'done']);
  expect(ended).toBe('done');
});

test('a step waits for its time, and `wait` counts from where it stands', () => {
  const { times } = outcomes('- wait: 1ms\n- close:\n  at: 50ms', '- wait: 30ms\n- wait: 10ms\n- listen: 80');
  expect(times).toEqual([
    [0, 50_000],
    [0, 30_000, 40_000],
  ]);
});

test('one end holds several connections by name', () => {
  const { client, server } = outcomes(
    '- open: 80\n  on: first\n- open: 80\n  on: second\n- send: one\n  on: first\n- send: two\n  on: second',
    '- listen: 80\n- accept:\n  on: x\n- accept:\n  on: y\n- receive: two\n  on: y\n- receive: one\n  on: x',
  );
  expect(new Set([...client, ...server])).toEqual(new Set(['done']));
});

test('passive opens are done before the run’s time begins', () => {
  const stack = createIpStack({ address: '10.0.0.1', random: () => 1, isnSecret: new Uint8Array(16) });
  const driver = createEndDriver({
    end: {
      role: 'server',
      host: 'a',
      steps: [
        { line: 1, on: 'it', call: { name: 'listen', port: 80 } },
        { line: 2, on: 'it', call: { name: 'accept' } },
      ],
      wire: [],
      states: [],
    },
    port: createStackPort(stack),
    peer: '10.0.0.2',
  });
  expect(() => driver.step(5)).toThrow('call start(now) before step(now)');
  driver.prepare(7);
  expect(stack.connections().map(({ state }) => state)).toEqual(['LISTEN']);
  driver.start(9);
  expect(driver.step(9)).toBe(Infinity);
  expect(driver.report().steps).toMatchObject([
    { began: 7, ended: 7 },
    { began: 9, ended: null, outcome: { kind: 'waiting' } },
  ]);
  driver.dispose(11);
  expect(stack.connections()).toEqual([]);
  expect(driver.over).toBe(true);
});
