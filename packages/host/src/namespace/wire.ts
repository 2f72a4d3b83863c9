/** A wire: two network namespaces and the cable between them, ready for frames. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MachineError } from '@tcblab/raw-socket';
import { errnoNumber } from '../kernel-sockets/errno.ts';
import { addAddress, type CableEnd, layCable, readLink, setUp, turnOffloadsOff } from './links.ts';
import { type Namespace, NamespaceOwner } from './namespace.ts';

const UP_LIMIT_MS = 2000;

export interface WireEnd {
  /** The interface that this end sees; `eth0` unless said. */
  readonly interfaceName?: string;
  /** The MAC of the kernel's interface. A host with its own stack has its own besides. */
  readonly mac?: string;
  /** Addresses of the kernel, each with its prefix length. None for a host that brings its own stack. One of IPv6 lets it speak that. */
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
  /** Put a third namespace in the middle, for a program that carries the frames across and may harm them. */
  readonly middlebox?: boolean;
  /** Of the kernel's TCP in both namespaces; `reno` unless said, whatever the machine's default. */
  readonly congestionControl?: string;
}

export interface WireHost {
  readonly namespace: Namespace;
  readonly interfaceName: string;
  /** The MAC of the kernel's interface. */
  readonly mac: string;
}

/** A host in the middle of the wire, with an interface towards each end and no address: what it does not carry is lost. */
export interface Middlebox {
  readonly namespace: Namespace;
  /** Towards the first host, and towards the second. */
  readonly interfaceNames: readonly [string, string];
}

export interface Wire {
  readonly hosts: readonly [WireHost, WireHost];
  readonly middlebox: Middlebox | null;
  /** Let go of the namespaces; with the last process in them they are gone, and the cables with them. */
  close(): void;
}

/** Make two hosts and the wire between them.
 *
 * @throws MachineError when the kernel refuses; `probeNamespaces` says beforehand, and how to mend it
 */
export async function createWire(options: WireOptions = {}): Promise<Wire> {
  const ends = options.ends ?? [{}, {}];
  const mtu = options.mtu ?? 1500;
  const owner = NamespaceOwner.create();
  const made: Namespace[] = [];
  const close = () => {
    for (const namespace of made) namespace.close();
    owner.close();
  };
  const add = () => {
    const namespace = owner.createNamespace();
    made.push(namespace);
    setUp(namespace, 'lo');
    return namespace;
  };
  try {
    const cableEnds = [cableEnd(add(), ends[0]), cableEnd(add(), ends[1])] as const;
    let middlebox: Middlebox | null = null;
    if (options.middlebox === true) {
      middlebox = { namespace: add(), interfaceNames: ['eth0', 'eth1'] };
      for (const side of [0, 1] as const) {
        const interfaceName = middlebox.interfaceNames[side];
        layCable(cableEnds[side], { namespace: middlebox.namespace, interfaceName }, mtu);
        plugIn(middlebox.namespace, interfaceName, false);
      }
    } else {
      layCable(...cableEnds, mtu);
    }
    const hosts = [
      configure(cableEnds[0], ends[0], options),
      configure(cableEnds[1], ends[1], options),
    ] as const;
    for (const host of hosts) await running(host);
    return { hosts, middlebox, close };
  } catch (error) {
    close();
    throw error;
  }
}

function cableEnd(namespace: Namespace, { interfaceName = 'eth0', mac }: WireEnd): CableEnd {
  return { namespace, interfaceName, ...(mac === undefined ? {} : { mac }) };
}

function configure({ namespace, interfaceName }: CableEnd, end: WireEnd, options: WireOptions): WireHost {
  chooseCongestionControl(namespace, options.congestionControl ?? 'reno');
  const { addresses = [] } = end;
  plugIn(namespace, interfaceName, options.ipv6 === true || addresses.some((one) => one.includes(':')));
  for (const address of addresses) addAddress(namespace, interfaceName, address);
  for (const [name, value] of Object.entries(end.settings ?? {})) namespace.writeSetting(name, value);
  return { namespace, interfaceName, mac: readLink(namespace, interfaceName).mac };
}

function plugIn(namespace: Namespace, interfaceName: string, ipv6: boolean): void {
  // Before the interface is up, or the kernel greets its neighbours on it.
  if (!ipv6) silenceIpv6(namespace, interfaceName);
  turnOffloadsOff(namespace, interfaceName);
  setUp(namespace, interfaceName);
}

function chooseCongestionControl(namespace: Namespace, name: string): void {
  try {
    namespace.writeSetting('net.ipv4.tcp_congestion_control', name);
  } catch (error) {
    if (!(error instanceof MachineError)) throw error;
    // A namespace may use what the machine allows to everybody: reno always, others by this list.
    const setting = 'net.ipv4.tcp_allowed_congestion_control';
    const remedies: Record<string, string> = {
      EPERM: `sudo sysctl -w ${setting}="${namespace.readSetting(setting)} ${name}"`,
      ENOENT: `sudo modprobe tcp_${name}`,
    };
    throw new MachineError(error.errno, error.tried, remedies[error.code]);
  }
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
      const tried = `see the link of interface ${interfaceName} come up within ${UP_LIMIT_MS} ms`;
      throw new MachineError(errnoNumber('ETIMEDOUT'), tried, 'try again when the machine is less busy');
    }
    await sleep(1);
  }
}
