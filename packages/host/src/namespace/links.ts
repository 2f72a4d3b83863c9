/** Network interfaces of a namespace: a cable to another namespace, addresses, and whether it is up. */
import type { Offloads } from '@tcblab/raw-socket';
import { MisuseError } from '@tcblab/tcp';
import { AF, IOCTL, SOCK } from '../kernel-sockets/constants.ts';
import { demand } from '../kernel-sockets/errno.ts';
import { withSocket } from '../kernel-sockets/kernel-socket.ts';
import { ask, attributes, NETLINK, NLM, readAttributes, text, u32 } from '../kernel-sockets/netlink.ts';
import type { Attribute } from '../kernel-sockets/netlink.ts';
import { addressBytes } from '../kernel-sockets/socket-address.ts';
import type { Namespace } from './namespace.ts';

// linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h, linux/veth.h
const NEW_LINK = 16;
const GET_LINK = 18;
const NEW_ADDRESS = 20;
const IFLA = { ADDRESS: 1, IFNAME: 3, MTU: 4, OPERSTATE: 16, LINKINFO: 18, NET_NS_FD: 28 } as const;
const INFO = { KIND: 1, DATA: 2 } as const;
const VETH_PEER = 1;
const IFA = { ADDRESS: 1, LOCAL: 2 } as const;
const IFF_UP = 1;
const IFA_F_NODAD = 2;
const OPERSTATE_UP = 6;

/** One end of a cable. */
export interface CableEnd {
  readonly namespace: Namespace;
  /** The interface that the end becomes: at most 15 octets, no `/` or space. */
  readonly interfaceName: string;
  /** `02:…`; absent: the kernel chooses. */
  readonly mac?: string;
}

export interface Link {
  readonly index: number;
  readonly mac: string;
  readonly mtu: number;
  readonly up: boolean;
  /** Frames pass: it is up, and so is the other end. */
  readonly running: boolean;
}

/** Lay a cable between two namespaces: a veth pair, down at first. @throws MachineError when the kernel refuses */
export function layCable(near: CableEnd, far: CableEnd, mtu: number): void {
  const peer = Buffer.concat([interfaceHeader(0), attributes(endAttributes(far, mtu))]);
  route(
    near.namespace,
    {
      type: NEW_LINK,
      flags: NLM.ACK | NLM.CREATE | NLM.EXCL,
      body: interfaceHeader(0),
      attributes: [
        ...endAttributes(near, mtu),
        [
          IFLA.LINKINFO,
          [
            [INFO.KIND, Buffer.from('veth')],
            [INFO.DATA, [[VETH_PEER, peer]]],
          ],
        ],
      ],
    },
    `join two network namespaces by a veth pair (${near.interfaceName} and ${far.interfaceName}, MTU ${mtu})`,
  );
}

/** @throws MachineError with ENODEV when there is no such interface */
export function readLink(namespace: Namespace, interfaceName: string): Link {
  const [answer] = route(
    namespace,
    { type: GET_LINK, flags: 0, body: interfaceHeader(0), attributes: [[IFLA.IFNAME, text(interfaceName)]] },
    `read the state of interface ${interfaceName}`,
  );
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
  const found = readAttributes(answer.subarray(16));
  const mac = found.get(IFLA.ADDRESS) ?? new Uint8Array(6);
  return {
    index: view.getInt32(4, true),
    mac: Array.from(mac, (octet) => octet.toString(16).padStart(2, '0')).join(':'),
    mtu: Buffer.from(found.get(IFLA.MTU) ?? u32(0)).readUInt32LE(0),
    up: (view.getUint32(8, true) & IFF_UP) !== 0,
    running: found.get(IFLA.OPERSTATE)?.[0] === OPERSTATE_UP,
  };
}

/** Set an interface up. */
export function setUp(namespace: Namespace, interfaceName: string): void {
  const { index } = readLink(namespace, interfaceName);
  route(
    namespace,
    { type: NEW_LINK, flags: NLM.ACK, body: interfaceHeader(index, IFF_UP) },
    `set interface ${interfaceName} up`,
  );
}

/** Give the kernel an address on an interface.
 *
 * @param address with its prefix length: `10.77.0.2/24`, `fd00:77::2/64`
 */
export function addAddress(namespace: Namespace, interfaceName: string, address: string): void {
  const [host = '', prefix = ''] = address.split('/');
  const ipv6 = host.includes(':');
  const length = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Infinity;
  if (length > (ipv6 ? 128 : 32)) {
    throw new MisuseError('bad-prefix', `'${address}' should end in a prefix length, as 10.77.0.2/24 does`);
  }
  const octets = addressBytes(ipv6 ? 'ipv6' : 'ipv4', host);
  const header = new Uint8Array(8);
  // No duplicate address detection: the wire is new and ours, and detection keeps an address unusable for a second.
  header.set([ipv6 ? AF.INET6 : AF.INET, length, IFA_F_NODAD, 0]);
  new DataView(header.buffer).setUint32(4, readLink(namespace, interfaceName).index, true);
  route(
    namespace,
    {
      type: NEW_ADDRESS,
      flags: NLM.ACK | NLM.CREATE | NLM.EXCL,
      body: header,
      attributes: [
        [IFA.LOCAL, octets],
        [IFA.ADDRESS, octets],
      ],
    },
    `give interface ${interfaceName} the address ${address}`,
  );
}

// linux/ethtool.h: the requests that read and set each offload. Set in this order: what needs checksums goes after them.
const offloadRequests = {
  txChecksum: [0x16, 0x17],
  tcpSegmentation: [0x1e, 0x1f],
  genericSegmentation: [0x23, 0x24],
  genericReceive: [0x2b, 0x2c],
  rxChecksum: [0x14, 0x15],
} as const satisfies Record<keyof Offloads, readonly [number, number]>;

/** Which of an interface's offloads are on. */
export function readOffloads(namespace: Namespace, interfaceName: string): Offloads {
  return withSocket(namespace, [AF.INET, SOCK.DGRAM, 0], (socket) => {
    const read = (name: keyof Offloads) => {
      const value = Uint32Array.of(offloadRequests[name][0], 0);
      const asked = socket.interfaceIoctl(IOCTL.SIOCETHTOOL, interfaceName, new Uint8Array(value.buffer));
      demand(asked, `read offload ${name} of interface ${interfaceName}`);
      return value[1] !== 0;
    };
    return {
      rxChecksum: read('rxChecksum'),
      txChecksum: read('txChecksum'),
      tcpSegmentation: read('tcpSegmentation'),
      genericSegmentation: read('genericSegmentation'),
      genericReceive: read('genericReceive'),
    };
  });
}

/**
 * Turn every offload off, so that each frame on the wire is one that a wire could carry: no longer than the MTU, its
 * checksum filled in by the sender and verified by the receiver.
 */
export function turnOffloadsOff(namespace: Namespace, interfaceName: string): void {
  withSocket(namespace, [AF.INET, SOCK.DGRAM, 0], (socket) => {
    for (const [name, [, request]] of Object.entries(offloadRequests)) {
      const value = new Uint8Array(Uint32Array.of(request, 0).buffer);
      const set = socket.interfaceIoctl(IOCTL.SIOCETHTOOL, interfaceName, value);
      demand(set, `turn offload ${name} of interface ${interfaceName} off`);
    }
  });
}

function endAttributes(end: CableEnd, mtu: number): Attribute[] {
  const list: Attribute[] = [
    [IFLA.IFNAME, text(end.interfaceName)],
    [IFLA.MTU, u32(mtu)],
    [IFLA.NET_NS_FD, u32(end.namespace.netFd)],
  ];
  if (end.mac !== undefined) list.push([IFLA.ADDRESS, Buffer.from(end.mac.replaceAll(':', ''), 'hex')]);
  return list;
}

/** struct ifinfomsg */
function interfaceHeader(index: number, flags = 0): Uint8Array {
  const header = new Uint8Array(16);
  const view = new DataView(header.buffer);
  view.setInt32(4, index, true);
  view.setUint32(8, flags, true);
  view.setUint32(12, flags, true);
  return header;
}

function route(namespace: Namespace, request: Parameters<typeof ask>[1], tried: string): Uint8Array[] {
  return withSocket(namespace, [AF.NETLINK, SOCK.RAW, NETLINK.ROUTE], (socket) =>
    ask(socket, request, tried),
  );
}
