import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readCapture } from '@tcblab/capture';
import { judge, parseScenario } from '@tcblab/drill/scenario';
import type { Scenario } from '@tcblab/drill/scenario';
import { systemClock } from '../clock.ts';
import { createMemoryLink } from '../link/memory-link.ts';
import { runAgent } from './agent.ts';
import { AgentClient } from './agent-client.ts';
import { conductRun } from './conduct.ts';
import type { EndJob } from './protocol.ts';

const limits = { total: 5000, silence: 3000 };

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'tcblab-agent-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function scenario(name: string): Scenario {
  const path = join(import.meta.dirname, '../../../../labs/scenarios', `${name}.yaml`);
  const parsed = parseScenario(name, readFileSync(path, 'utf8'));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed));
  return parsed.value;
}

/** Two agents in this process and a wire in memory between them. */
function twoAgents() {
  const links = createMemoryLink({ clock: systemClock });
  const controllers = [new AbortController(), new AbortController()];
  const agents = links.map((link, index) => {
    const lines = [new PassThrough(), new PassThrough()];
    const ended = runAgent({
      input: lines[0],
      output: lines[1],
      software: 'tcblab test',
      signal: controllers[index].signal,
      openLink: () => link,
    });
    const name = `host ${'ab'[index]}`;
    const lastWords = () => 'Error: boo';
    const line = { input: lines[1], output: lines[0] };
    const client = new AgentClient({ name, software: 'tcblab test', ...line, lastWords });
    return { client, ended, lines };
  });
  return { agents, controllers, clients: [agents[0].client, agents[1].client] as const };
}

function jobs({ ends }: Scenario): [EndJob, EndJob] {
  const job = (index: 0 | 1): EndJob => ({
    kind: 'end',
    host: index === 0 ? 'a' : 'b',
    number: index + 1,
    implementation: 'reference',
    interface: 'memory',
    address: `10.77.0.${index + 1}`,
    prefixLength: 24,
    mac: `02:74:63:62:00:0${index + 1}`,
    peer: `10.77.0.${2 - index}`,
    peerNumber: 2 - index,
    end: ends[index],
    seed: 7,
    settings: { msl: 100_000 },
    capture: join(folder, `${index}.pcapng`),
    trace: true,
  });
  return [job(0), job(1)];
}

test('two agents play a scenario, and what they bring home passes the judge', async () => {
  const script = scenario('handshake');
  const { clients, agents } = twoAgents();
  for (const client of clients) expect((await client.greet(limits)).software).toBe('tcblab test');
  const barriers: string[] = [];
  const captures = ['a', 'b'].map((name) => join(folder, `fetched-${name}.pcapng`)) as [string, string];
  const evidence = await conductRun({
    agents: clients,
    jobs: jobs(script),
    limit: script.limit,
    captures,
    onBarrier: (name) => barriers.push(name),
  });
  expect(barriers).toEqual(['ready', 'armed', 'start', 'done']);
  expect({ ended: evidence.ended, faults: evidence.faults }).toEqual({ ended: 'done', faults: [] });
  expect(evidence.hosts.map(({ application }) => application.done)).toEqual([true, true]);
  expect(judge(script, evidence).verdict).toBe('pass');
  for (const path of captures) expect(readCapture(readFileSync(path)).fault).toBeNull();
  for (const client of clients) client.close();
  await Promise.all(agents.map(({ ended }) => ended));
});

test('a run that takes too long ends at its limit, with all that was seen until then', async () => {
  const script = scenario('handshake');
  const [a, b] = jobs(script);
  const { clients } = twoAgents();
  await Promise.all(clients.map((client) => client.greet(limits)));
  // Nobody listens on the other side.
  const idle: EndJob = {
    ...b,
    end: { ...b.end, steps: [{ line: 1, on: 'c', call: { name: 'wait', time: 60e6 } }] },
  };
  const evidence = await conductRun({ agents: clients, jobs: [a, idle], limit: 300_000 });
  expect(evidence.ended).toBe('limit');
  expect(evidence.hosts[0].application.steps[0].outcome).toEqual({ kind: 'error', errno: 'ECONNREFUSED' });
  expect(evidence.hosts[1].frames.length).toBeGreaterThan(0);
  for (const client of clients) client.close();
});

test('a limit that came because nobody could run is a fault of the platform', async () => {
  const script = scenario('handshake');
  const { clients } = twoAgents();
  await Promise.all(clients.map((client) => client.greet(limits)));
  const evidence = await conductRun({
    agents: clients,
    jobs: jobs(script),
    limit: 500_000,
    onBarrier(name) {
      if (name !== 'start') return;
      // As if other programs had the processor.
      setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1300), 10);
    },
  });
  expect(evidence.ended).toBe('limit');
  const busy = (who: string) => expect.stringContaining(`the machine was too busy: ${who} could not run`);
  expect(evidence.faults.map(({ what }) => what)).toEqual([
    busy('the runner'),
    busy('host a'),
    busy('host b'),
  ]);
  expect(judge(script, evidence).verdict).toBe('inconclusive');
  for (const client of clients) client.close();
});

test('an interrupted run keeps what was seen', async () => {
  const script = scenario('handshake');
  const { clients } = twoAgents();
  await Promise.all(clients.map((client) => client.greet(limits)));
  const evidence = await conductRun({
    agents: clients,
    jobs: jobs(script),
    limit: script.limit,
    signal: AbortSignal.timeout(100),
  });
  expect(evidence.reason).toBe('the run was interrupted');
  expect(evidence.hosts[0].frames.length).toBeGreaterThan(3);
  for (const client of clients) client.close();
});

test('an agent that cannot do its job says so, and the barrier names it', async () => {
  const script = scenario('handshake');
  const [a, b] = jobs(script);
  const { clients } = twoAgents();
  await Promise.all(clients.map((client) => client.greet(limits)));
  const run = conductRun({
    agents: clients,
    jobs: [a, { ...b, capture: '/nowhere/at/all' }],
    limit: script.limit,
  });
  await expect(run).rejects.toThrow("the barrier 'ready' was not reached by host b: host b: ENOENT");
  for (const client of clients) client.close();
});

test('an agent that dies in the middle is a fault of the platform', async () => {
  const script = scenario('handshake');
  const { clients, agents } = twoAgents();
  await Promise.all(clients.map((client) => client.greet(limits)));
  setTimeout(() => agents[1].lines[1].destroy(), 100);
  const evidence = await conductRun({ agents: clients, jobs: jobs(script), limit: script.limit });
  expect(evidence.faults[0].what).toContain("the barrier 'done' was not reached by");
  expect(evidence.faults[0].what).toContain('; it said last: Error: boo');
  expect(evidence.faults).toHaveLength(1);
  expect(evidence.hosts[0].frames.length).toBeGreaterThan(3);
  for (const client of clients) client.close();
});

test('a signal ends the work, and what was found can still be had', async () => {
  const script = scenario('handshake');
  const { clients, controllers } = twoAgents();
  await Promise.all(clients.map((client) => client.greet(limits)));
  setTimeout(() => controllers[0].abort('SIGTERM'), 100);
  const evidence = await conductRun({ agents: clients, jobs: jobs(script), limit: 500_000 });
  expect(evidence.faults[0].what).toBe('host a was stopped by SIGTERM');
  expect(evidence.hosts[0].frames.length).toBeGreaterThan(3);
  for (const client of clients) client.close();
});

test('a silent line is told from a late answer', async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const client = new AgentClient({ name: 'host a', software: 'tcblab test', input, output });
  const greeting = client.greet({ total: 5000, silence: 200 });
  await expect(greeting).rejects.toMatchObject({ code: 'agent-silent' });
});

test('an agent of another version is refused, with both versions named', async () => {
  const { agents } = twoAgents();
  const [{ lines }] = agents;
  const other = new PassThrough();
  const client = new AgentClient({ name: 'host a', software: 'tcblab 9', input: other, output: lines[0] });
  const { encodeMessage } = await import('./frame-codec.ts');
  const { MESSAGE } = await import('./channel.ts');
  const hello = { protocol: 999, software: 'tcblab 10', machine: '' };
  other.write(encodeMessage(MESSAGE.hello, Buffer.from(JSON.stringify(hello))));
  await expect(client.greet(limits)).rejects.toThrow('host a runs tcblab 10 and speaks version 999');
});

test('noise on the line and a lost request do no harm', async () => {
  const { agents } = twoAgents();
  const { lines } = agents[0];
  const [down, up] = [new PassThrough(), new PassThrough()];
  const heard: string[] = [];
  const client = new AgentClient({
    name: 'host a',
    software: 'tcblab test',
    input: up,
    output: down,
    onNoise: (bytes) => heard.push(Buffer.from(bytes).toString('latin1')),
  });
  // The first thing said to the agent is lost, as if a console had printed into it.
  let lost = false;
  down.on('data', (bytes: Buffer) => {
    if (lost) lines[0].write(bytes);
    lost = true;
  });
  lines[1].on('data', (bytes: Buffer) => up.write(Buffer.concat([Buffer.from('login: '), bytes])));
  const hello = await client.greet({ total: 8000, silence: 8000 });
  expect(hello.software).toBe('tcblab test');
  await sleep(10);
  expect(heard.join('')).toContain('login: ');
});
