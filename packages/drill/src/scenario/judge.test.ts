import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { referenceParts } from '@tcblab/tcp';
import { describe, expect, test } from 'vitest';
import type { Check } from '../verdict/result.ts';
import { runWorld } from '../world/world.ts';
import type { WorldOptions } from '../world/world.ts';
import type { Evidence, HostEvidence, TappedFrame } from './evidence.ts';
import { judge } from './judge.ts';
import { parseScenario } from './parse-scenario.ts';
import type { EndStep, Scenario } from './scenario.ts';

function load(name: string): Scenario {
  const url = new URL(`../../../../labs/scenarios/${name}.yaml`, import.meta.url);
  const parsed = parseScenario(name, readFileSync(fileURLToPath(url), 'utf8'));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

const handshake = load('handshake');
const good = runWorld({ scenario: handshake, seed: 1 });

function run(scenario: Scenario, options: Partial<WorldOptions> = {}) {
  return judge(scenario, runWorld({ scenario, seed: 1, ...options }));
}

function failed(checks: readonly Check[]): Check[] {
  return checks.filter(({ verdict, evidence }) => verdict === 'fail' && evidence !== 'trace');
}

function withHost(
  evidence: Evidence,
  index: 0 | 1,
  change: (host: HostEvidence) => Partial<HostEvidence>,
): Evidence {
  const hosts = evidence.hosts.map((host, at) => (at === index ? { ...host, ...change(host) } : host));
  return { ...evidence, hosts: [hosts[0], hosts[1]] };
}

/** The scenario with the program of one end changed. */
function withSteps(
  scenario: Scenario,
  role: string,
  change: (steps: readonly EndStep[]) => EndStep[],
): Scenario {
  const [a, b] = scenario.ends.map((end) => (end.role === role ? { ...end, steps: change(end.steps) } : end));
  return { ...scenario, ends: [a, b] };
}

describe('an excuse of the platform', () => {
  const excuse = { what: 'the machine was too busy', next: 'let it do less beside', excuse: true };

  test('takes nothing from a run that passed', () => {
    expect(judge(handshake, { ...good, faults: [excuse] }).verdict).toBe('pass');
  });

  test('makes one that failed inconclusive', () => {
    const bad = runWorld({ scenario: withSteps(handshake, 'server', (steps) => steps.slice(0, 3)), seed: 1 });
    expect(judge(handshake, bad).verdict).toBe('fail');
    expect(judge(handshake, { ...bad, faults: [excuse] })).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringContaining('too busy'),
    });
  });
});

describe('what passes', () => {
  test('an orderly connection', () => {
    expect(judge(handshake, good)).toMatchObject({
      verdict: 'pass',
      reason: 'all 25 checks passed',
      next: null,
    });
  });

  test('whatever the seed', () => {
    for (let seed = 2; seed < 30; seed++) expect(run(handshake, { seed }).verdict).toBe('pass');
  });

  test('with no trace at all, as from a kernel: packets are enough', () => {
    const silent = withHost(
      withHost(good, 0, () => ({ trace: [] })),
      1,
      () => ({ trace: [] }),
    );
    expect(judge(handshake, silent).verdict).toBe('pass');
  });

  test('when an end says of itself that its states were others: only packets prove', () => {
    const liar = withHost(good, 0, () => ({
      trace: [
        {
          host: 1,
          event: {
            name: 'state_updated',
            time: 0,
            connection: 1,
            old: 'CLOSED',
            new: 'LISTEN',
            trigger: 'x',
            rfc: '3.10',
          },
        },
      ],
    }));
    const judgement = judge(handshake, liar);
    expect(judgement.verdict).toBe('pass');
    expect(judgement.checks.find(({ id }) => id === 'client-states')).toMatchObject({
      verdict: 'fail',
      evidence: 'trace',
    });
  });

  test('over a bad wire: what is sent again, twice or late is still what was asked for', () => {
    const impairment = { loss: 0.01, duplicate: 0.05, reorder: 0.05, corrupt: 0.01 };
    const transfer = load('transfer');
    for (let seed = 1; seed < 6; seed++) {
      const { verdict, reason } = run(transfer, { seed, impairment });
      expect({ seed, verdict, reason }).toEqual({ seed, verdict: 'pass', reason: expect.any(String) });
    }
  });

  test('a FIN that carries the last acknowledgement, where nothing forbids it', () => {
    const quick = withSteps(handshake, 'server', (steps) => steps.filter(({ call }) => call.name !== 'wait'));
    const judgement = run({
      ...quick,
      expect: quick.expect.map((pattern) => ({ ...pattern, clear: pattern.clear & ~1 })),
    });
    expect(judgement.verdict).toBe('pass');
  });
});

describe('what fails says what, where, and why', () => {
  test('a segment that never came, and what came instead', () => {
    const scenario = load('lost-syn');
    const { verdict, reason, next, checks } = judge(
      scenario,
      runWorld({
        scenario: { ...scenario, ends: [{ ...scenario.ends[0], wire: [] }, scenario.ends[1]] },
        seed: 1,
      }),
    );
    expect(verdict).toBe('fail');
    expect(reason).toBe(
      'expected client sends SYN again, up to 1; seen FIN,PSH,ACK seq 1 ack 1 length 4, and no such segment after it',
    );
    expect(next).toBe('look at packet 5 in host-a.pcapng');
    expect(failed(checks)).toMatchObject([
      {
        id: 'expect-2',
        rfc: { number: 9293, section: '3.8.3' },
        proves: ['MUST-22', 'RFC6298-2.1'],
        packet: { host: 1, number: 5 },
        page: 'labs/07-loss',
      },
    ]);
  });

  test('a run that ends in silence', () => {
    const scenario = withSteps(handshake, 'server', (steps) => steps.slice(0, 2));
    const { verdict, checks } = run({ ...scenario, limit: 500_000 });
    expect(verdict).toBe('fail');
    expect(failed(checks)[0]).toMatchObject({
      id: 'expect-5',
      title: 'server sends data, up to 15, acknowledging 15',
    });
  });

  test('a program that still waits when the limit comes', () => {
    const scenario = { ...handshake, limit: 300_000 };
    const { checks } = run(scenario);
    expect(failed(checks).map(({ id, seen }) => [id, seen])).toEqual([
      ['expect-8', 'nothing from server after packet 9 (ACK seq 15 ack 16); the limit of 0.3 s came'],
      [
        'client-step-6',
        expect.stringMatching(
          /^still waiting, 0 octets through, since .* s after the first step; the limit of 0.3 s came$/,
        ),
      ],
      ['server-step-6', expect.stringMatching(/^still waiting/)],
    ]);
    expect(checks.filter(({ verdict }) => verdict === 'blocked').map(({ id }) => id)).toEqual([
      'expect-9',
      'server-step-7',
    ]);
  });

  test('a reset where none may be', () => {
    const scenario = withSteps(handshake, 'client', (steps) => [
      ...steps.slice(0, 4),
      { line: 1, on: 'connection', call: { name: 'abort' } },
    ]);
    const { checks } = run(scenario);
    expect(failed(checks).find(({ id }) => id === 'never-1')).toMatchObject({
      title: 'either end sends RST: never',
      seen: 'RST seq 15',
      packet: { host: 1 },
    });
    expect(failed(checks).find(({ id }) => id === 'server-step-5')).toMatchObject({
      expected: 'done',
      seen: 'ECONNRESET',
      rfc: { section: '3.10.3' },
    });
  });

  test('a reset is shown where it was sent', () => {
    const abort: EndStep = { line: 1, on: 'connection', call: { name: 'abort' } };
    const { checks } = run(withSteps(handshake, 'server', (steps) => [...steps.slice(0, 3), abort]));
    expect(failed(checks).find(({ id }) => id === 'never-1')).toMatchObject({ packet: { host: 2 } });
  });

  test('bytes that are not the ones that were sent', () => {
    const { checks } = run(
      withSteps(handshake, 'client', (steps) =>
        steps.map((step) =>
          step.call.name === 'send'
            ? { ...step, call: { name: 'send', data: { text: 'Hello, server?' } } }
            : step,
        ),
      ),
    );
    expect(failed(checks).find(({ id }) => id === 'server-step-3')).toMatchObject({
      title: 'server: receive "Hello, server!"',
      seen: 'octet 13 of the stream is 0x3f, sent was 0x21',
    });
  });

  test('a wrong checksum', () => {
    const checksum = {
      checksum: (bytes: Uint8Array, start: number, end: number, initial: number) =>
        referenceParts.checksum.checksum(bytes, start, end, initial) ^ (initial === 0 ? 0 : 1),
    };
    const { checks } = run(handshake, { a: { parts: { checksum } } });
    expect(failed(checks).find(({ id }) => id === 'client-checksums')).toMatchObject({
      proves: ['MUST-2'],
      seen: 'tcp bad-checksum, at octet 16 of its header',
      packet: { host: 1 },
    });
  });

  test('a TCP that throws', () => {
    const isn = {
      initialSequence: () => {
        throw new TypeError('x is not a function');
      },
    };
    const { verdict, checks } = run(handshake, { b: { parts: { isn }, name: 'mine' } });
    expect(verdict).toBe('fail');
    expect(failed(checks).find(({ id }) => id === 'server-crash')).toMatchObject({
      seen: 'TypeError: x is not a function',
    });
  });

  test('two programs that wait for each other, at once and not at the limit', () => {
    const wait: EndStep = {
      line: 1,
      on: 'connection',
      call: { name: 'receive', data: { text: 'after you' } },
    };
    const shy = withSteps(
      withSteps(handshake, 'client', ([open]) => [open, wait]),
      'server',
      ([listen, accept]) => [listen, accept, wait],
    );
    const evidence = runWorld({ scenario: shy, seed: 1 });
    expect(evidence.ended).toBe('quiet');
    expect(failed(judge(shy, evidence).checks).find(({ id }) => id === 'client-step-2')?.seen).toMatch(
      /^still waiting, .* nothing will ever happen: no frame on the wire, no timer set/,
    );
  });

  test('a single lost segment that is not sent again: other frames came through, so to repeat it was its duty', () => {
    // A limit before the first timeout, as seen of a TCP that never repeats.
    const { verdict, checks } = run({ ...load('lost-syn'), limit: 500_000 });
    expect(verdict).toBe('fail');
    expect(failed(checks)[0]).toMatchObject({ id: 'expect-2' });
  });
});

test('a run whose only active TCP throws is over at once', () => {
  const isn = {
    initialSequence: () => {
      throw new TypeError('x');
    },
  };
  const idle = withSteps(
    withSteps(handshake, 'client', () => []),
    'server',
    () => [{ line: 1, on: 'connection', call: { name: 'open', port: 1 } }],
  );
  expect(runWorld({ scenario: idle, seed: 1, b: { parts: { isn } } }).ended).toBe('done');
});

describe('what is nobody’s fault', () => {
  test('a platform fault is inconclusive, whatever else was seen, and says what to do', () => {
    const faults = [{ what: 'the agent on host b stopped answering', next: 'run ./tcblab doctor' }];
    const { verdict, reason, next } = judge(handshake, {
      ...withHost(good, 1, () => ({ frames: [] })),
      faults,
    });
    expect([verdict, reason, next]).toEqual([
      'inconclusive',
      'the agent on host b stopped answering (run ./tcblab doctor)',
      'run ./tcblab doctor',
    ]);
  });

  test('captures that hold nothing of a run that went well are a fault of the taps', () => {
    const blind = withHost(
      withHost(good, 0, () => ({ frames: [] })),
      1,
      () => ({ frames: [] }),
    );
    expect(judge(handshake, blind).verdict).toBe('inconclusive');
  });

  test('a wire that loses every segment', () => {
    const judgement = run(handshake, { impairment: { loss: 1 } });
    expect(judgement.verdict).toBe('inconclusive');
    expect(judgement.checks[0]).toMatchObject({ id: 'platform-1', evidence: 'platform' });
    expect(judgement.reason).toMatch(
      /^none of the \d segments that client \(host a\) sent reached server \(host b\): /,
    );
    expect(judgement.next).toBe('ask for less --loss; if you asked for none, run ./tcblab doctor');
  });

  test('a wire that loses all answers', () => {
    const lossy = {
      ...handshake.ends[1],
      wire: Array.from({ length: 100 }, (_, n) => ({ nth: n + 1, action: 'drop' as const })),
    };
    const evidence = runWorld({ scenario: { ...handshake, ends: [handshake.ends[0], lossy] }, seed: 1 });
    expect(judge(handshake, evidence)).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringMatching(
        /^none of the \d+ segments that server \(host b\) sent reached client \(host a\)/,
      ),
    });
  });

  test.for([0, 1] as const)('a cable that carries nothing from host %i, not even ARP', (from) => {
    const evidence = withHost(good, from === 0 ? 1 : 0, ({ frames }) => ({
      frames: frames.filter(({ direction }) => direction === 'out'),
      application: { role: 'x', done: false, steps: [] },
    }));
    expect(judge(handshake, evidence)).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringMatching(/^no frame that \w+ \(host [ab]\) sent reached .* is dead/),
      next: 'check the cable, then run ./tcblab doctor',
    });
  });

  test('a checksum that the interface was still to fill in is not held against anyone', () => {
    const spoil = (frame: TappedFrame): TappedFrame => {
      const bytes = frame.bytes.slice();
      bytes[50] ^= 0xff;
      return { ...frame, bytes, checksumNotReady: true };
    };
    const offloaded = withHost(good, 1, ({ frames }) => ({
      frames: frames.map((frame) =>
        frame.direction === 'out' && frame.bytes[12] === 8 && frame.bytes[13] === 0 ? spoil(frame) : frame,
      ),
    }));
    expect(judge(handshake, offloaded).verdict).toBe('pass');
  });
});

test('each record of a trace names the frame that it belongs to', () => {
  const [{ trace, frames }] = good.hosts;
  const told = trace.filter(({ event: { name } }) => name === 'segment_sent' || name === 'segment_received');
  const tcp = frames.filter(({ bytes }) => bytes[12] === 8 && bytes[13] === 0);
  expect(told.map(({ frame }) => frame)).toEqual(tcp.map(({ index }) => index));
  expect(told.map(({ event: { name } }) => (name === 'segment_sent' ? 'out' : 'in'))).toEqual(
    tcp.map(({ direction }) => direction),
  );
});

describe('the same seed', () => {
  test('gives the same frames, byte for byte', () => {
    const transfer = load('transfer');
    const impairment = { loss: 0.02, reorder: 0.05, duplicate: 0.02, jitter: 200 };
    const frames = (seed: number) =>
      runWorld({ scenario: transfer, seed, impairment }).hosts.map(({ frames: all }) => all);
    const first = frames(5);
    expect(frames(5)).toEqual(first);
    expect(frames(6)).not.toEqual(first);
  });
});
