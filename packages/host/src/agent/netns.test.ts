import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { needs } from '@tcblab/test-needs';
import { readCapture } from '@tcblab/capture';
import { judge, parseScenario } from '@tcblab/drill/scenario';
import type { EndStep, Scenario } from '@tcblab/drill/scenario';
import { profiles } from '@tcblab/tcp';
import {
  ETHERNET_HEADER_LENGTH,
  Ipv4Header,
  PROTOCOL_TCP,
  Segment,
  parseIpv4,
  parseSegment,
} from '@tcblab/tcp/wire';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { createWire, type Wire, type WireEnd } from '../namespace/index.ts';
import { AgentClient } from './agent-client.ts';
import { conductRun } from './conduct.ts';
import type { EndJob, MiddleboxJob } from './protocol.ts';

const { test } = needs('netns', 'ethtool');
const limits = { total: 40_000, silence: 15_000 };

let folder: string;
let wire: Wire | null = null;
let children: ChildProcess[] = [];
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'tcblab-netns-'))));
afterEach(async () => {
  // The runner goes, and with it the agents.
  for (const child of children) child.stdin?.end();
  await Promise.all(children.map(exitCode));
  children = [];
  wire?.close();
  wire = null;
  rmSync(folder, { recursive: true });
});

type Implementation = EndJob['implementation'];

/** A wire with an agent at each end, greeted. */
async function bench(implementations: readonly [Implementation, Implementation], middlebox = false) {
  const end = (index: 0 | 1): WireEnd =>
    implementations[index] === 'kernel' ? { addresses: [`10.77.0.${index + 1}/24`] } : {};
  wire = await createWire({ ends: [end(0), end(1)], middlebox });
  const spawn = async (namespace: Wire['hosts'][0]['namespace'], name: string) => {
    const script = join(import.meta.dirname, '../../testing/agent.ts');
    const child = namespace.spawn(process.execPath, ['--conditions=source', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    const { stdin, stdout } = child;
    if (stdin === null || stdout === null) throw new Error('no pipes');
    const client = new AgentClient({ name, software: 'tcblab test', input: stdout, output: stdin });
    await client.greet(limits);
    return client;
  };
  const [a, b] = await Promise.all([
    spawn(wire.hosts[0].namespace, 'host a'),
    spawn(wire.hosts[1].namespace, 'host b'),
  ]);
  const box = wire.middlebox === null ? null : await spawn(wire.middlebox.namespace, 'the middlebox');
  return { agents: [a, b] as const, box };
}

function scenario(name: string): Scenario {
  const path = join(import.meta.dirname, '../../../../labs/scenarios', `${name}.yaml`);
  const parsed = parseScenario(name, readFileSync(path, 'utf8'));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed));
  return parsed.value;
}

function jobs(
  { ends }: Scenario,
  implementations: readonly [Implementation, Implementation],
): [EndJob, EndJob] {
  const job = (index: 0 | 1): EndJob => ({
    kind: 'end',
    host: index === 0 ? 'a' : 'b',
    number: index + 1,
    implementation: implementations[index],
    interface: 'eth0',
    address: `10.77.0.${index + 1}`,
    prefixLength: 24,
    mac: `02:74:63:62:00:0${index + 1}`,
    peer: `10.77.0.${2 - index}`,
    peerNumber: 2 - index,
    end: ends[index],
    seed: 7,
    settings: { minRto: 200_000 },
    capture: join(folder, `host-${'ab'[index]}.pcapng`),
    trace: true,
  });
  return [job(0), job(1)];
}

describe.each(['reference', 'kernel'] as const)('%s on host a', (a) => {
  test.for(['reference', 'kernel'] as const)('with %s on host b passes the handshake', async (b) => {
    const script = scenario('handshake');
    const { agents } = await bench([a, b]);
    const warnings: string[] = [];
    const evidence = await conductRun({
      agents,
      jobs: jobs(script, [a, b]),
      limit: script.limit,
      onWarning: (warning) => warnings.push(warning),
    });
    expect(warnings).toEqual([]);
    expect(evidence).toMatchObject({ ended: 'done', faults: [] });
    expect(judge(script, evidence)).toMatchObject({ verdict: 'pass' });
    for (const agent of agents) agent.close();
    const codes = await Promise.all(children.map(exitCode));
    expect(codes).toEqual([0, 0]);
  });
});

describe('other scenarios', () => {
  test.for(['lost-syn', 'half-close', 'refused', 'simultaneous-close'])(
    '%s passes between our stack and the kernel',
    async (name) => {
      const script = scenario(name);
      const { agents, box } = await bench(['reference', 'kernel'], true);
      if (box === null) throw new Error('no middlebox');
      const evidence = await conductRun({
        agents,
        jobs: jobs(script, ['reference', 'kernel']),
        middlebox: { agent: box, job: middleboxJob(script) },
        limit: script.limit,
      });
      expect(evidence.faults).toEqual([]);
      expect(judge(script, evidence)).toMatchObject({ verdict: 'pass' });
    },
  );
});

test('two kernels transfer a megabyte over a box that loses and delays', async () => {
  const script = transfer(1 << 20);
  const { agents, box } = await bench(['kernel', 'kernel'], true);
  if (box === null) throw new Error('no middlebox');
  const harm = { loss: 0.01, delay: 500 };
  const job = { ...middleboxJob(script), impairment: [harm, harm] } as const;
  const evidence = await conductRun({
    agents,
    jobs: jobs(script, ['kernel', 'kernel']),
    middlebox: { agent: box, job },
    limit: script.limit,
  });
  expect(evidence.faults).toEqual([]);
  expect(evidence.hosts.map(({ application }) => application.done)).toEqual([true, true]);
  const told = evidence.bench?.flatMap(({ event }) => (event.name === 'bench_event' ? [event.detail] : []));
  expect(told).toContainEqual(expect.stringMatching(/^a to b: frame \d+ of this direction dropped$/));
  // What was lost in the box was seen at one end only.
  const [sent, arrived] = evidence.hosts.map(
    ({ frames }) => frames.filter(({ bytes }) => bytes.length > 1000).length,
  );
  expect(arrived).toBeLessThan(sent);
});

// Proves: RFC7323-3.2-all
test.for([
  ['reference', 'kernel'],
  ['kernel', 'reference'],
] as const)(
  '%s and %s, with what Linux negotiates, transfer over a box that loses',
  async (implementations) => {
    const script = transfer(4 << 20);
    const { agents, box } = await bench(implementations, true);
    if (box === null) throw new Error('no middlebox');
    const harm = { loss: 0.01, delay: 500 };
    const [a, b] = jobs(script, implementations);
    const evidence = await conductRun({
      agents,
      jobs: [
        { ...a, settings: profiles.linux },
        { ...b, settings: profiles.linux },
      ],
      middlebox: { agent: box, job: { ...middleboxJob(script), impairment: [harm, harm] } },
      limit: 60_000_000,
    });
    expect(evidence.faults).toEqual([]);
    expect(evidence.hosts.map(({ application }) => application.done)).toEqual([true, true]);
    const segments = evidence.hosts[0].frames.flatMap(({ bytes }) => {
      const ip = new Ipv4Header();
      const segment = new Segment();
      const from = ETHERNET_HEADER_LENGTH;
      if (parseIpv4(bytes, from, bytes.length, ip) !== null || ip.protocol !== PROTOCOL_TCP) return [];
      expect(parseSegment(bytes, ip.payloadStart, ip.payloadEnd, segment)).toBeNull();
      return [segment];
    });
    expect(segments.length).toBeGreaterThan(1000);
    expect(segments.filter(({ timestamps }) => !timestamps)).toEqual([]);
    expect(segments.filter(({ syn }) => syn).map(({ sackPermitted }) => sackPermitted)).not.toContain(false);
    expect(segments.filter(({ sack }) => sack.length > 0)).not.toEqual([]);
  },
);

test('a middlebox that dies is a fault of the platform, and the ends need not wait for their limit', async () => {
  const script = transfer(64 << 20);
  const { agents, box } = await bench(['reference', 'kernel'], true);
  if (box === null) throw new Error('no middlebox');
  const evidence = await conductRun({
    agents,
    jobs: jobs(script, ['reference', 'kernel']),
    middlebox: { agent: box, job: middleboxJob(script) },
    limit: 60_000_000,
    onBarrier: (name) => void (name === 'start' && children[2].kill('SIGKILL')),
  });
  expect(evidence.faults).toHaveLength(1);
  expect(evidence.faults[0].what).toContain('the middlebox was lost');
  expect(judge(script, evidence)).toMatchObject({ verdict: 'inconclusive' });
});

test('a middlebox whose link breaks is a fault of the platform', async () => {
  const script = transfer(64 << 20);
  const { agents, box } = await bench(['reference', 'kernel'], true);
  if (box === null) throw new Error('no middlebox');
  const evidence = await conductRun({
    agents,
    jobs: jobs(script, ['reference', 'kernel']),
    middlebox: { agent: box, job: middleboxJob(script) },
    limit: 60_000_000,
    onBarrier(name) {
      if (name !== 'start') return;
      const down = ['link', 'set', 'eth1', 'down'];
      children.push(wire?.middlebox?.namespace.spawn('ip', down) ?? expect.unreachable());
    },
  });
  expect(evidence.faults).toEqual([
    { what: expect.stringMatching(/^the middlebox lost a link: cannot .* eth1/), next: 'run again' },
  ]);
  expect(judge(script, evidence)).toMatchObject({ verdict: 'inconclusive' });
});

test('our stack transfers over its own bad wire, and the capture tells what befell each frame', async () => {
  const script = transfer(1 << 20);
  const { agents } = await bench(['reference', 'kernel']);
  const [a, b] = jobs(script, ['reference', 'kernel']);
  const harm = { loss: 0.01, duplicate: 0.01, reorder: 0.01 };
  const evidence = await conductRun({
    agents,
    jobs: [{ ...a, impairment: { out: harm, in: harm } }, b],
    limit: script.limit,
  });
  expect(evidence.faults).toEqual([]);
  expect(evidence.hosts.map(({ application }) => application.done)).toEqual([true, true]);
  const { packets } = readCapture(readFileSync(a.capture));
  const comments = packets
    .flatMap((packet) => packet.comments)
    .filter((comment) => comment.startsWith('wire, '));
  expect(comments.some((comment) => /^wire, behind this tap: frame \d+ .* dropped$/.test(comment))).toBe(
    true,
  );
  expect(comments.some((comment) => /^wire, before this tap: frame \d+ .* duplicated$/.test(comment))).toBe(
    true,
  );
});

describe('offloads', () => {
  /** Agents that hold the interfaces, whose offloads were on before. */
  async function holding() {
    const { agents } = await bench(['reference', 'kernel']);
    const ethtool = async (index: 0 | 1, ...args: string[]) => {
      const child = wire?.hosts[index].namespace.spawn('ethtool', args, {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      if (!child?.stdout) throw new Error('no pipe');
      return text(child.stdout);
    };
    for (const index of [0, 1] as const)
      await ethtool(index, '-K', 'eth0', 'tx', 'on', 'tso', 'on', 'gro', 'on');
    const states = async () => {
      const features = await Promise.all([ethtool(0, '-k', 'eth0'), ethtool(1, '-k', 'eth0')]);
      return features.map((list) => /^tx-checksumming: (on|off)/m.exec(list)?.[1]);
    };
    expect(await states()).toEqual(['on', 'on']);
    const all = jobs(scenario('handshake'), ['reference', 'kernel']);
    await Promise.all(agents.map((agent, index) => agent.call('prepare', all[index], limits)));
    expect(await states()).toEqual(['off', 'off']);
    return { agents, states };
  }

  test('are put back after a signal', async () => {
    const { states } = await holding();
    children[0].kill('SIGINT');
    children[1].kill('SIGTERM');
    expect(await Promise.all(children.map(exitCode))).toEqual([130, 130]);
    expect(await states()).toEqual(['on', 'on']);
  });

  test('are put back when the work is over, by a process that lives on', async () => {
    const { agents, states } = await holding();
    await Promise.all(agents.map((agent) => agent.call('finish', null, limits)));
    expect(await states()).toEqual(['on', 'on']);
    expect(children.map((child) => child.exitCode)).toEqual([null, null]);
  });
});

function middleboxJob({ ends, delay }: Scenario): MiddleboxJob {
  const impairment = [
    { delay, frames: ends[0].wire },
    { delay, frames: ends[1].wire },
  ] as const;
  return { kind: 'middlebox', interfaces: ['eth0', 'eth1'], seed: 7, impairment };
}

/** One end sends so many octets of the pattern to the other. */
function transfer(octets: number): Scenario {
  const base = scenario('handshake');
  const calls = (list: readonly EndStep['call'][]): EndStep[] =>
    list.map((call) => ({ line: 1, on: 'c', call }));
  const [a, b] = base.ends;
  return {
    ...base,
    limit: 20_000_000,
    ends: [
      {
        ...a,
        steps: calls([
          { name: 'open', port: 7000 },
          { name: 'send', data: { octets } },
          { name: 'close' },
          { name: 'receive-end' },
        ]),
      },
      {
        ...b,
        steps: calls([
          { name: 'listen', port: 7000 },
          { name: 'accept' },
          { name: 'receive', data: { octets } },
          { name: 'receive-end' },
          { name: 'close' },
        ]),
      },
    ],
  };
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}
