/** A wire: two network namespaces and the cable between them, ready for frames. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MachineError } from '@tcblab/raw-socket';
import { errnoNumber } from '../kernel-sockets/errno.ts';
import { addAddress, layCable, readLink, setUp, turnOffloadsOff } from './links.ts';
import { type Namespace, NamespaceOwner } from './namespace.ts';

const UP_LIMIT_MS = 2000;

export interface WireEnd {
  /** The interface that this end sees; `eth0` unless said. */
  readonly interfaceName?: string;
  /** The MAC of the kernel's interface. A host with its own stack has its own besides. */
  readonly mac?: string;
  /** Addresses of the kernel, each with its prefix length. None for a host that brings its own stack. */
  readonly addresses?: readonly string[];
  /** Settings of this namespace by their sysctl names, written last. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface WireOptions {
  readonly ends?: readonly [WireEnd, WireEnd];
  /** 1500 unless said. */
  readonly mtu?: number;
  /** Let the kernel speak IPv6 on the wire: it then sends frames of its own accord. */
  readonly ipv6?: boolean;
  /** Of the kernel's TCP in both namespaces; `reno` unless said, whatever the machine's default. */
  readonly congestionControl?: string;
}

export interface WireHost {
  readonly namespace: Namespace;
  readonly interfaceName: string;
  /** The MAC of the kernel's interface. */
  readonly mac: string;
}

export interface Wire {
  readonly hosts: readonly [WireHost, WireHost];
  /** Let go of both namespaces; with the last process in them they are gone, and the cable with them. */
  close(): void;
}

/** Make two hosts and the wire between them.
 *
 * @throws MachineError when the kernel refuses; `probeNamespaces` says beforehand, and how to mend it
 */
export async function createWire(options: WireOptions = {}): Promise<Wire> {
  const [first, second] = options.ends ?? [{}, {}];
  const owner = NamespaceOwner.create();
  const made: Namespace[] = [];
  const close = () => {
    for (const namespace of made) namespace.close();
    owner.close();
  };
  try {
    const near = prepare(owner, first, made);
    const far = prepare(owner, second, made);
    layCable(near, far, options.mtu ?? 1500);
    const hosts = [finish(near, first, options), finish(far, second, options)] as const;
    for (const host of hosts) await running(host);
    return { hosts, close };
  } catch (error) {
    close();
    throw error;
  }
}

type CableReady = { namespace: Namespace; interfaceName: string; mac?: string };

function prepare(owner: NamespaceOwner, end: WireEnd, made: Namespace[]): CableReady {
  const namespace = owner.createNamespace();
  made.push(namespace);
  setUp(namespace, 'lo');
  return {
    namespace,
    interfaceName: end.interfaceName ?? 'eth0',
    ...(end.mac === undefined ? {} : { mac: end.mac }),
  };
}

function finish({ namespace, interfaceName }: CableReady, end: WireEnd, options: WireOptions): WireHost {
  namespace.writeSetting('net.ipv4.tcp_congestion_control', options.congestionControl ?? 'reno');
  // Before the interface is up, or the kernel greets its neighbours on it.
  if (options.ipv6 !== true) silenceIpv6(namespace, interfaceName);
  turnOffloadsOff(namespace, interfaceName);
  setUp(namespace, interfaceName);
  for (const address of end.addresses ?? []) addAddress(namespace, interfaceName, address);
  for (const [name, value] of Object.entries(end.settings ?? {})) namespace.writeSetting(name, value);
  return { namespace, interfaceName, mac: readLink(namespace, interfaceName).mac };
}

function silenceIpv6(namespace: Namespace, interfaceName: string): void {
  try {
    namespace.writeSetting(`net.ipv6.conf.${interfaceName}.disable_ipv6`, '1');
  } catch (error) {
    // A kernel without IPv6 is silent already.
    if (!(error instanceof MachineError && error.code === 'ENOENT')) throw error;
  }
}

/** The kernel drops what is sent before it has seen that the other end is up, a moment after both are set so. */
async function running({ namespace, interfaceName }: WireHost): Promise<void> {
  const limit = Date.now() + UP_LIMIT_MS;
  while (!readLink(namespace, interfaceName).running) {
    if (Date.now() > limit) {
      throw new MachineError(
        errnoNumber('ETIMEDOUT'),
        `see the link of interface ${interfaceName} come up within ${UP_LIMIT_MS} ms`,
      );
    }
    await sleep(1);
  }
}
