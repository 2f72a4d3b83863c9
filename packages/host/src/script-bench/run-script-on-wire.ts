/** A script on a bench of its own: two namespaces and a wire, the script at one end, what it judges at the other. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  kernelFeatures,
  prepareScript,
  runScript,
  scriptCalls,
  sutConfiguration,
  type Executor,
  type PrepareOptions,
  type ProfileName,
  type ScriptOutcome,
} from '@tcblab/drill/script';
import { createInProcessSut } from '@tcblab/drill/sut';
import { MachineError } from '@tcblab/raw-socket';
import { addAddress, addDefaultRoute, addNeighbour, createWire, type Wire } from '../namespace/index.ts';
import { KernelUnderTest } from './kernel-under-test.ts';
import { PacketEnd } from './packet-end.ts';
import { metricsOf } from './route-metrics.ts';
import { runOnWire } from './run-on-wire.ts';
import { SutProcess, SutProcessError, type Program } from './sut-process.ts';
import type { Listener, UnderTest } from './under-test.ts';
import { WiredSut } from './wired-sut.ts';

/** Which TCP a script judges: ours, Linux's, or that of a program which speaks the child protocol. */
export type ScriptSubject = 'reference' | 'kernel' | Program;

/** packetdrill's own tolerance in real time, µs. */
export const REAL_TOLERANCE = 4000;

/**
 * Run a script over a real wire, in real time.
 *
 * @returns its outcome; `inconclusive` when the machine was not able
 * @throws MachineError when namespaces cannot be made
 */
export async function runScriptOnWire(
  options: PrepareOptions,
  subject: ScriptSubject,
  signal: AbortSignal,
): Promise<ScriptOutcome> {
  const prepared = prepareScript({
    tolerance: REAL_TOLERANCE,
    ...(subject === 'kernel' ? { features: kernelFeatures, configuration: 'by calls' as const } : {}),
    ...options,
  });
  if (!prepared.ok) return prepared.outcome;
  const { executor } = prepared;
  // Once in memory: code that runs for the first time is slow, and the wire would show it.
  if (subject === 'reference') runScript(options);
  const { ipVersion, mtu } = executor;
  // Where our own code is at both ends, the kernel had better be silent.
  const wire = await createWire({ mtu, ipv6: subject === 'kernel' && ipVersion === 6 });
  try {
    const [here, there] = wire.hosts;
    const peer = new PacketEnd(here, there, ipVersion);
    try {
      const create = (listener: Listener) =>
        place({ subject, profile: options.profile ?? 'rfc', wire, executor, listener });
      return await runOnWire({ executor, peer, create, signal });
    } catch (error) {
      if (error instanceof MachineError) return executor.abandon(error.message);
      if (error instanceof SutProcessError) return executor.crashed(error.message);
      throw error;
    } finally {
      peer.close();
    }
  } finally {
    wire.close();
  }
}

/** Nothing tells when that is done; it takes a few milliseconds. */
const UNTIL_ROUTED_MS = 50;

interface Placing {
  readonly subject: ScriptSubject;
  readonly profile: ProfileName;
  readonly wire: Wire;
  readonly executor: Executor;
  readonly listener: Listener;
}

async function place({ subject, profile, wire, executor, listener }: Placing): Promise<UnderTest> {
  const [peer, host] = wire.hosts;
  const { ipVersion } = executor;
  if (subject === 'kernel') {
    const { namespace, interfaceName } = host;
    addAddress(namespace, interfaceName, `${executor.localAddress}/${ipVersion === 4 ? 32 : 128}`);
    addDefaultRoute(namespace, interfaceName, ipVersion, metricsOf(executor.settings, executor.peerSegment));
    addNeighbour(namespace, interfaceName, executor.remoteAddress, peer.mac);
    // A worker of the kernel's routes packets to an address of IPv6, a moment after the address is there.
    if (ipVersion === 6) await sleep(UNTIL_ROUTED_MS);
    // RFC 5961 §7 lets a host be sparing with challenge ACKs; Linux sends one in 500 ms, and scripts ask for each.
    if (profile === 'rfc') namespace.writeSetting('net.ipv4.tcp_invalid_ratelimit', '0');
    return new KernelUnderTest(namespace, executor, listener);
  }
  const configuration = sutConfiguration(executor);
  if (subject === 'reference') {
    const sut = createInProcessSut({ configuration, calls: scriptCalls });
    return new WiredSut(sut, new PacketEnd(host, peer, ipVersion), listener);
  }
  const program = await SutProcess.start(subject, configuration);
  return new WiredSut(program, new PacketEnd(host, peer, ipVersion), listener, () => program.close());
}
