import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '@tcblab/test-needs';
import { judge, parseScenario } from '@tcblab/drill/scenario';
import type { Scenario } from '@tcblab/drill/scenario';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { createWire, type Wire, type WireEnd } from '../namespace/index.ts';
import { AgentClient } from './agent-client.ts';
import { conductRun } from './conduct.ts';
import type { EndJob } from './protocol.ts';

const { test } = needs('netns');
const limits = { total: 10_000, silence: 5000 };

let folder: string;
let wire: Wire | null = null;
let children: ChildProcess[] = [];
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'tcblab-netns-'))));
afterEach(async () => {
  for (const child of children) if (child.exitCode === null) child.kill();
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

async function exitCode(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}
