// A network interface of this machine, as the kernel tells it for the namespace that we are in.
import { existsSync, readFileSync } from 'node:fs';
import { addon } from './addon.ts';
import { MachineError } from './machine-error.ts';

export interface InterfaceFacts {
  readonly name: string;
  readonly index: number;
  /** Six octets in lower-case hex with colons. */
  readonly mac: string;
  readonly mtu: number;
  /** Set up by the administrator (`ip link set … up`). */
  readonly up: boolean;
  /** A cable is plugged in and the other end is alive. */
  readonly carrier: boolean;
  readonly loopback: boolean;
  /** Wi-Fi: its access point drops frames from any MAC but the card's own. */
  readonly wireless: boolean;
}

/** @throws MachineError ENODEV when there is no such interface */
export function interfaceFacts(name: string): InterfaceFacts {
  const flags = ask(name, SIOCGIFFLAGS).getUint16(VALUE, true);
  const hardware = new Uint8Array(ask(name, SIOCGIFHWADDR).buffer, VALUE + 2, 6);
  return {
    name,
    index: ask(name, SIOCGIFINDEX).getInt32(VALUE, true),
    mac: Array.from(hardware, (octet) => octet.toString(16).padStart(2, '0')).join(':'),
    mtu: ask(name, SIOCGIFMTU).getInt32(VALUE, true),
    up: (flags & IFF_UP) !== 0,
    carrier: hasCarrier(name, (flags & IFF_RUNNING) !== 0),
    loopback: (flags & IFF_LOOPBACK) !== 0,
    // The ioctl is right in every namespace but not in every kernel; sysfs is there but shows the namespace that
    // mounted it.
    wireless: request(name, SIOCGIWNAME).result === 0 || existsSync(`/sys/class/net/${name}/phy80211`),
  };
}

/** Names of all interfaces of this network namespace, up or not. */
export function interfaceNames(): string[] {
  // Two lines of heading, then `  name: counters …`.
  const lines = readFileSync('/proc/self/net/dev', 'utf8').trimEnd().split('\n').slice(2);
  return lines.map((line) => line.slice(0, line.lastIndexOf(':')).trim());
}

/** @throws MachineError ENODEV when the index is no interface's (any more) */
export function interfaceName(index: number): string {
  const { ifreq, result } = request('', SIOCGIFNAME, (fresh) => fresh.setInt32(VALUE, index, true));
  if (result < 0) throw new MachineError(-result, `find the name of interface number ${index}`);
  const name = new Uint8Array(ifreq.buffer, 0, NAME_BYTES);
  return Buffer.from(name.subarray(0, name.indexOf(0))).toString();
}

/** Whether some interface of this namespace still has this index. */
export function interfaceExists(index: number): boolean {
  return request('', SIOCGIFNAME, (ifreq) => ifreq.setInt32(VALUE, index, true)).result === 0;
}

/**
 * Give the kernel a command structure for an interface; the answer is written into it.
 *
 * @throws MachineError when the kernel refuses
 */
export function ethtool(name: string, command: Uint8Array, tried: string): void {
  const { result } = request(name, SIOCETHTOOL, () => {}, command);
  if (result < 0) throw interfaceError(-result, name, tried);
}

/** The error for a refusal that names an interface: adds what usually mends it. */
export function interfaceError(errno: number, name: string, tried: string): MachineError {
  const error = new MachineError(errno, tried);
  switch (error.code) {
    case 'EPERM':
    case 'EACCES':
      return new MachineError(
        errno,
        tried,
        'run it through ./tcblab with --bench netns, which makes its own namespace; or as root; or allow this Node: ' +
          `sudo setcap cap_net_raw,cap_net_admin+ep ${process.execPath}`,
      );
    case 'ENODEV':
    case 'ENXIO':
      return new MachineError(errno, tried, `the interfaces here are ${interfaceNames().join(', ')}`);
    case 'ENETDOWN':
      return new MachineError(errno, tried, `bring it up: sudo ip link set dev ${name} up`);
    case 'EOPNOTSUPP':
      return new MachineError(errno, tried, `the driver of ${name} does not offer this`);
    default:
      return error;
  }
}

/** The driver knows at once; the flag follows up to a second later. */
function hasCarrier(name: string, running: boolean): boolean {
  const command = new Uint32Array([ETHTOOL_GLINK, 0]);
  const { result } = request(name, SIOCETHTOOL, () => {}, new Uint8Array(command.buffer));
  return result < 0 ? running : command[1] !== 0;
}

function ask(name: string, code: number): DataView {
  const { ifreq, result } = request(name, code);
  if (result < 0) throw interfaceError(-result, name, `read the facts of interface ${name}`);
  return ifreq;
}

function request(
  name: string,
  code: number,
  fill: (ifreq: DataView) => void = () => {},
  data: Uint8Array = NOTHING,
): { ifreq: DataView; result: number } {
  const bytes = new Uint8Array(IFREQ_BYTES);
  // A longer name cannot exist; cut, it must not become the name of another.
  if (Buffer.byteLength(name) >= NAME_BYTES) return { ifreq: new DataView(bytes.buffer), result: -ENODEV };
  bytes.set(Buffer.from(name));
  const ifreq = new DataView(bytes.buffer);
  fill(ifreq);
  return { ifreq, result: addon().interfaceRequest(code, bytes, data) };
}

// struct ifreq of 64-bit Linux: a name, then a union.
const NAME_BYTES = 16;
const VALUE = 16;
const IFREQ_BYTES = 40;
const NOTHING = new Uint8Array(0);
const ENODEV = 19;
const SIOCGIFNAME = 0x8910;
const SIOCGIFFLAGS = 0x8913;
const SIOCGIFMTU = 0x8921;
const SIOCGIFHWADDR = 0x8927;
const SIOCGIFINDEX = 0x8933;
const SIOCETHTOOL = 0x8946;
const SIOCGIWNAME = 0x8b01;
const ETHTOOL_GLINK = 0x0a;
const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;
const IFF_RUNNING = 0x40;
