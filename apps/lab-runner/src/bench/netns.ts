/** The bench `netns`: two network namespaces on this machine, a veth pair, and an agent at each end. */
import { join } from 'node:path';
import { AgentError, conductRun, type EndJob, type MiddleboxJob } from '@tcblab/host';
import { createWire, probeNamespaces, type Namespace, type Wire, type WireEnd } from '@tcblab/host/namespace';
import { MachineError } from '@tcblab/raw-socket';
import type { Evidence, Scenario } from '@tcblab/drill/scenario';
import type { ImpairmentSpec } from '@tcblab/tcp/sim';
import { notAble, type Problem } from '../problem.ts';
import { announceRun } from '../run/live-runs.ts';
import { folderOf, type Implementation, type RunRequest } from '../run/request.ts';
import type { Step } from '../terminal/progress.ts';
import { inBytes } from '../terminal/bytes.ts';
import { AgentProcess } from './agent-process.ts';
import { CAPTURES, endOf, type Bench, type BenchJob } from './bench.ts';

const MTU = 1500;
/** An agent is a Node of its own; on a busy Raspberry Pi it takes its time. */
const GREETING = { total: 20_000, silence: 20_000 };
/** For who asks what is open, and can ask again. */
const SOCKETS = { total: 2_000, silence: 2_000 };

export const netns: Bench = {
  steps: ['namespaces', 'cable', 'offloads', 'agents', 'scenario', 'captures'],

  async run(job: BenchJob): Promise<Evidence> {
    const bench = await NetnsBench.setUp(job);
    try {
      return await bench.conduct(job);
    } finally {
      await bench.close();
    }
  },
};

class NetnsBench {
  readonly #wire: Wire;
  readonly #agents: readonly [AgentProcess, AgentProcess];
  readonly #middlebox: AgentProcess | null;

  private constructor(
    wire: Wire,
    agents: readonly [AgentProcess, AgentProcess],
    middlebox: AgentProcess | null,
  ) {
    this.#wire = wire;
    this.#agents = agents;
    this.#middlebox = middlebox;
  }

  static async setUp({ request, scenario, progress }: BenchJob): Promise<NetnsBench> {
    const steps = ['namespaces', 'cable', 'offloads'].map((title) => progress.start(title));
    const wire = await layWire(request, needsMiddlebox(request, scenario)).catch(async (error: unknown) => {
      steps[0].fail('refused');
      throw await refused(error);
    });
    const [namespaces, cable, offloads] = steps;
    const { as } = wire.hosts[0].namespace.owner;
    namespaces.ok(as === 'root' ? 'two, made as root' : 'two, made without root');
    const between = wire.middlebox === null ? '' : ', with a middlebox that harms frames';
    cable.ok(`eth0 at A, eth0 at B, MTU ${MTU}${between}`);
    offloads.ok('off at both ends: a frame seen is a frame on the wire');

    const agents = progress.start('agents');
    const started: AgentProcess[] = [];
    const start = (namespace: Namespace, name: string): AgentProcess => {
      const agent = new AgentProcess(namespace, name);
      started.push(agent);
      return agent;
    };
    try {
      const a = start(wire.hosts[0].namespace, 'host A');
      const b = start(wire.hosts[1].namespace, 'host B');
      const middlebox = wire.middlebox === null ? null : start(wire.middlebox.namespace, 'the middlebox');
      const [hello] = await Promise.all(started.map((agent) => agent.client.greet(GREETING)));
      agents.ok(`A: ${tcpName(request.a)}, B: ${tcpName(request.b)}, each ${hello.machine}`);
      return new NetnsBench(wire, [a, b], middlebox);
    } catch (error) {
      agents.fail('not there');
      await Promise.all(started.map((agent) => agent.end()));
      wire.close();
      throw agentProblem(error);
    }
  }

  async conduct({ scenario, request, folder, progress, signal, onRecord }: BenchJob): Promise<Evidence> {
    const step = progress.start('scenario');
    step.note(scenario.title);
    const report = progressReport(step, scenario);
    const withdraw = announceRun({ scenario: scenario.name, seed: request.seed }, () =>
      Promise.all(this.#agents.map((agent) => agent.client.call('sockets', null, SOCKETS))),
    );
    try {
      const evidence = await conductRun({
        agents: [this.#agents[0].client, this.#agents[1].client],
        jobs: [endJob(0, scenario, request, folder), endJob(1, scenario, request, folder)],
        ...(this.#middlebox === null || this.#wire.middlebox === null
          ? {}
          : {
              middlebox: {
                agent: this.#middlebox.client,
                job: middleboxJob(this.#wire.middlebox.interfaceNames, scenario, request),
              },
            }),
        limit: scenario.limit,
        signal,
        onProgress: report,
        ...(onRecord === undefined ? {} : { onRecord }),
        onWarning: (warning) => step.note(warning),
      });
      if (evidence.ended === 'done' && evidence.faults.length === 0) step.ok(scenario.title);
      else step.warn(evidence.faults[0]?.what ?? endOf(evidence, scenario));
      const captures = progress.start('captures');
      captures.ok(
        evidence.hosts
          .map(({ frames, host }) => `${frames.length} frames at ${host.toUpperCase()}`)
          .join(', '),
      );
      return evidence;
    } catch (error) {
      step.fail('could not begin');
      throw agentProblem(error);
    } finally {
      withdraw();
    }
  }

  async close(): Promise<void> {
    const all = this.#middlebox === null ? this.#agents : [...this.#agents, this.#middlebox];
    await Promise.all(all.map((agent) => agent.end()));
    this.#wire.close();
  }
}

function layWire(request: RunRequest, middlebox: boolean): Promise<Wire> {
  const end = (index: 0 | 1, implementation: Implementation): WireEnd =>
    // A host with a stack of ours is a stranger to the kernel: own address, own MAC.
    implementation === 'kernel' ? { addresses: addressesOf(index, request.ipv6), mac: macOf(index) } : {};
  return createWire({ ends: [end(0, request.a), end(1, request.b)], mtu: MTU, middlebox });
}

/**
 * Between the two taps, so that the sender's capture shows what was sent and the receiver's what arrived, whoever they
 * are.
 */
function needsMiddlebox({ impairments }: RunRequest, scenario: Scenario): boolean {
  const rules = scenario.ends.some(({ wire }) => wire.length > 0);
  return rules || scenario.delay > 0 || Object.values(impairments).some((amount) => amount > 0);
}

function middleboxJob(
  interfaces: readonly [string, string],
  scenario: Scenario,
  request: RunRequest,
): MiddleboxJob {
  const from = (index: 0 | 1): ImpairmentSpec => ({
    ...request.impairments,
    delay: scenario.delay + request.impairments.delay,
    frames: scenario.ends[index].wire,
  });
  return { kind: 'middlebox', interfaces, seed: request.seed, impairment: [from(0), from(1)] };
}

function endJob(index: 0 | 1, scenario: Scenario, request: RunRequest, folder: string): EndJob {
  const other = index === 0 ? 1 : 0;
  const name = index === 0 ? request.a : request.b;
  const submission = folderOf(name);
  return {
    kind: 'end',
    host: index === 0 ? 'a' : 'b',
    number: index + 1,
    implementation: name === 'kernel' ? 'kernel' : 'reference',
    ...(submission === null ? {} : { submission }),
    interface: 'eth0',
    address: addressOf(index),
    prefixLength: 24,
    ...(request.ipv6 ? { ipv6: { address: ipv6AddressOf(index), prefixLength: 64 } } : {}),
    mac: macOf(index),
    peer: request.ipv6 ? ipv6AddressOf(other) : addressOf(other),
    peerNumber: other + 1,
    end: scenario.ends[index],
    seed: request.seed,
    capture: join(folder, CAPTURES[index]),
    trace: true,
  };
}

function addressOf(index: 0 | 1): string {
  return `10.77.0.${index + 1}`;
}

function ipv6AddressOf(index: 0 | 1): string {
  return `fd00:77::${index + 1}`;
}

/** Of a kernel, each with its prefix length. */
function addressesOf(index: 0 | 1, ipv6: boolean): string[] {
  return [`${addressOf(index)}/24`, ...(ipv6 ? [`${ipv6AddressOf(index)}/64`] : [])];
}

function macOf(index: 0 | 1): string {
  return `02:74:63:62:00:0${index + 1}`;
}

function tcpName(implementation: Implementation): string {
  if (implementation === 'kernel') return "the kernel's TCP";
  return implementation === 'reference' ? 'our TCP' : `our TCP with the parts of ${implementation}`;
}

/** Both ends' steps beside the scenario's title, while it runs. */
function progressReport(
  step: Step,
  scenario: Scenario,
): NonNullable<Parameters<typeof conductRun>[0]['onProgress']> {
  const ends = ['', ''];
  return (job, { stepsDone, steps, octets }) => {
    const moved = octets > 0 ? `, ${inBytes(octets)}` : '';
    ends[job.number - 1] = `${job.host.toUpperCase()} ${stepsDone}/${steps}${moved}`;
    step.note(`${scenario.title}: ${ends.filter((end) => end !== '').join('; ')}`);
  };
}

/** Why there is no wire, in the words of the probe, which looks for the reason. */
async function refused(error: unknown): Promise<Problem> {
  if (!(error instanceof MachineError)) throw error;
  const probe = await probeNamespaces();
  if (!probe.ok)
    return notAble(
      `This machine refuses network namespaces: ${probe.reason}.`,
      `${probe.remedy}, or stay in memory with --bench virtual`,
      error,
    );
  return notAble(`The wire could not be laid: ${error.message}.`, error.remedy || './tcblab doctor', error);
}

function agentProblem(error: unknown): unknown {
  if (!(error instanceof AgentError)) return error;
  return notAble(`${error.message}.`, error.remedy || './tcblab doctor', error);
}
