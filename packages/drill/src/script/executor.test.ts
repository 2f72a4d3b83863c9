/** The executor as a driver sees it, with a stack that the test plays by hand. */
import { expect, test } from 'vitest';
import { Executor } from './executor.ts';
import type { Feature } from './needs.ts';
import { parseScript } from './parse-script.ts';
import { readPacket, writeTcp, type LiveTcp } from './wire-packet.ts';

const START = 5_000_000;

function execute(text: string, tolerance = 0, features: readonly Feature[] = []): Executor {
  const script = parseScript(text);
  if (!script.ok) throw new Error(script.problem.message);
  return new Executor({
    script: script.value,
    match: 'exact',
    settings: {},
    features: new Set(features),
    strict: false,
    tolerance,
  });
}

/** A packet from the stack. */
function from(fields: Partial<LiveTcp>): Uint8Array {
  return writeTcp({
    kind: 'tcp',
    from: '192.168.0.1',
    to: '192.0.2.1',
    ports: { source: 8080, destination: 40_001 },
    flags: '.',
    seq: 0,
    ack: 0,
    win: 1000,
    urg: 0,
    options: [],
    payload: new Uint8Array(0),
    tos: 0,
    ttl: 64,
    flowLabel: 0,
    ...fields,
  });
}

/** What the executor injects now, read back. */
function injected(executor: Executor, now: number): LiveTcp {
  const step = executor.next(now);
  const packet = step.kind === 'inject' ? readPacket(step.bytes) : null;
  if (packet?.kind !== 'tcp') throw new Error(`no packet is injected: ${step.kind}`);
  return packet;
}

/** How it ended, in a word or with the reason. */
function end(executor: Executor, now: number): string {
  const step = executor.next(now);
  if (step.kind !== 'done') return step.kind;
  const { verdict, reason } = step.outcome;
  return verdict === 'pass' ? verdict : `${verdict}: ${reason}`;
}

test('it asks to be woken when the next event is due, and injects then', () => {
  const executor = execute('0.5 < S 0:0(0) win 100 <mss 1460>');
  expect(executor.next(START)).toEqual({ kind: 'wait', until: START + 500_000 });
  expect(executor.next(START + 100)).toEqual({ kind: 'wait', until: START + 500_000 });
  expect(injected(executor, START + 500_000)).toMatchObject({
    from: '192.0.2.1',
    to: '192.168.0.1',
    flags: 'S',
    win: 100,
    options: [{ kind: 'mss', value: 1460 }],
  });
  expect(end(executor, START + 500_000)).toBe('pass');
});

test('a driver that comes late is the platform’s fault, within the tolerance it is none', () => {
  const late = execute('0.5 < S 0:0(0) win 100', 4000);
  late.next(START);
  expect(end(late, START + 504_001)).toBe('inconclusive: the driver came 4001 µs late');
  const fair = execute('0.5 < S 0:0(0) win 100', 4000);
  fair.next(START);
  expect(injected(fair, START + 504_000).flags).toBe('S');
});

test('a packet may be off by the tolerance, and by no more', () => {
  for (const [off, outcome] of [
    [0, 'pass'],
    [4000, 'pass'],
    [4001, 'fail: line 2: expected > R. 0:0(0) ack 1 at 0.1; seen > R. 0:0(0) ack 1 win 1000 at 0.104001'],
  ] as const) {
    const executor = execute('0 < S 0:0(0) win 100\n0.1 > R. 0:0(0) ack 1', 4000);
    const { seq } = injected(executor, START);
    expect(executor.next(START)).toEqual({ kind: 'expect', by: START + 104_000 });
    executor.observe(START + 100_000 + off, from({ flags: 'R.', ack: (seq + 1) >>> 0 }));
    expect(end(executor, START + 100_000 + Math.min(off, 4000))).toBe(outcome);
  }
});

test('options say how much times may be off', () => {
  const executor = execute('--tolerance_usecs=10\n0 > . 0:0(0)');
  expect(executor.next(START)).toEqual({ kind: 'expect', by: START + 10 });
});

test('the stack’s clock is learned from its first timestamp and held to it', () => {
  const script = `0 < S 0:0(0) win 100 <mss 1460,TS val 7 ecr 0>
+0 > S. 0:0(0) ack 1 <mss 1460,nop,nop,TS val 100 ecr 7>
+.1 < . 1:1(0) ack 1 win 100 <nop,nop,TS val 107 ecr 100>
+0 > . 1:1(0) ack 1 <nop,nop,TS val 200 ecr 107>`;
  const play = (second: number) => {
    const executor = execute(script, 0, ['timestamps']);
    const ack = (injected(executor, START).seq + 1) >>> 0;
    const mss = { kind: 'mss', value: 1460 } as const;
    const nop = { kind: 'nop' } as const;
    const options = (val: number, ecr: number) => [nop, nop, { kind: 'TS', val, ecr } as const];
    executor.observe(START, from({ flags: 'S.', seq: 9000, ack, options: [mss, ...options(90_000, 7)] }));
    expect(executor.next(START)).toMatchObject({ kind: 'wait' });
    expect(injected(executor, START + 100_000)).toMatchObject({
      ack: 9001,
      options: [{ kind: 'nop' }, { kind: 'nop' }, { kind: 'TS', val: 107, ecr: 90_000 }],
    });
    executor.observe(START + 100_000, from({ seq: 9001, ack, options: options(second, 107) }));
    return end(executor, START + 100_000);
  };
  expect(play(90_100)).toBe('pass');
  expect(play(90_101)).toContain('TS val 201 ecr 107');
});

test('selective acknowledgements count from the other side', () => {
  const executor = execute(
    '0 < S 0:0(0) win 1\n+0 < . 11:21(10) win 1\n+0 > . 0:0(0) <nop,nop,sack 11:21>',
    0,
    ['SACK'],
  );
  const { seq } = injected(executor, START);
  injected(executor, START);
  const blocks = [[(seq + 11) >>> 0, (seq + 21) >>> 0]] as const;
  executor.observe(
    START,
    from({ ack: seq, options: [{ kind: 'nop' }, { kind: 'nop' }, { kind: 'sack', blocks }] }),
  );
  expect(end(executor, START)).toBe('pass');
});

test('a packet with a bad checksum, or from another address, is not the one', () => {
  const wanted = '0 < S 0:0(0) win 1\n+0 > R. 0:0(0) ack 1';
  const spoilt = execute(wanted);
  const ack = (injected(spoilt, START).seq + 1) >>> 0;
  const bytes = from({ flags: 'R.', ack });
  bytes[37] ^= 1;
  spoilt.observe(START, bytes);
  expect(end(spoilt, START)).toContain('tcp bad-checksum');
  const foreign = execute(wanted);
  injected(foreign, START);
  foreign.observe(START, from({ flags: 'R.', ack, from: '192.168.0.9' }));
  expect(end(foreign, START)).toContain('of another connection');
});

test('packets read back as they were written', () => {
  const packet: LiveTcp = {
    kind: 'tcp',
    from: '10.0.0.1',
    to: '10.0.0.2',
    ports: { source: 1, destination: 65_535 },
    flags: 'SFRPUEWA.',
    seq: 0xffff_ffff,
    ack: 0x8000_0000,
    win: 65_535,
    urg: 9,
    options: [
      { kind: 'mss', value: 536 },
      { kind: 'wscale', value: 255 },
      { kind: 'sackOK' },
      { kind: 'TS', val: 0xffff_ffff, ecr: 1 },
      { kind: 'FO', hex: 'aabb' },
      { kind: 'FOEXP', hex: '0102' },
      { kind: 'unknown', code: 77, hex: 'ff' },
      { kind: 'eol' },
    ],
    payload: Uint8Array.of(1, 2, 3),
    tos: 3,
    ttl: 1,
    flowLabel: 0,
  };
  expect(readPacket(writeTcp(packet))).toEqual(packet);
});
