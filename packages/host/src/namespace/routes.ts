/** The kernel's way to a host that it has never heard of: a route, what the route asks of TCP, and a neighbour. */
import { AF, SOCK } from '../kernel-sockets/constants.ts';
import { withSocket } from '../kernel-sockets/kernel-socket.ts';
import { ask, NETLINK, NLM, u32, type Attribute } from '../kernel-sockets/netlink.ts';
import { addressBytes } from '../kernel-sockets/socket-address.ts';
import { readLink } from './links.ts';
import type { Namespace } from './namespace.ts';

// linux/rtnetlink.h and linux/neighbour.h
const NEW_ROUTE = 24;
const NEW_NEIGHBOUR = 28;
const RTA = { OIF: 4, METRICS: 8 } as const;
const RTAX = { LOCK: 1, INITIAL_WINDOW: 11, MINIMUM_RTO: 13 } as const;
const NDA = { ADDRESS: 1, MAC: 2 } as const;
const TABLE_MAIN = 254;
const BY_ADMINISTRATOR = 4;
const SCOPE_LINK = 253;
const UNICAST = 1;
const PERMANENT = 0x80;

/** What a route asks of the TCP connections that take it; absent = the kernel's own. */
export interface RouteMetrics {
  /** Milliseconds. */
  readonly minimumRto?: number;
  /** Segments. */
  readonly initialWindow?: number;
}

/** Send everything that has no better way out on this interface. @throws MachineError when the kernel refuses */
export function addDefaultRoute(
  namespace: Namespace,
  interfaceName: string,
  ipVersion: 4 | 6,
  metrics: RouteMetrics = {},
): void {
  const { minimumRto, initialWindow } = metrics;
  const asked: Attribute[] = [];
  // The kernel heeds a route's minimum RTO only where it is locked.
  if (minimumRto !== undefined) asked.push([RTAX.LOCK, u32(1 << RTAX.MINIMUM_RTO)]);
  if (minimumRto !== undefined) asked.push([RTAX.MINIMUM_RTO, u32(minimumRto)]);
  if (initialWindow !== undefined) asked.push([RTAX.INITIAL_WINDOW, u32(initialWindow)]);
  // struct rtmsg: family, lengths of both addresses, type of service, table, origin, scope, type, flags.
  const header = Uint8Array.of(
    ipVersion === 4 ? AF.INET : AF.INET6,
    0,
    0,
    0,
    TABLE_MAIN,
    BY_ADMINISTRATOR,
    SCOPE_LINK,
    UNICAST,
    0,
    0,
    0,
    0,
  );
  const attributes: Attribute[] = [[RTA.OIF, u32(readLink(namespace, interfaceName).index)]];
  if (asked.length > 0) attributes.push([RTA.METRICS, asked]);
  route(namespace, NEW_ROUTE, header, attributes, `route everything to interface ${interfaceName}`);
}

/** Tell the kernel who answers at an address, so that it need not ask. @throws MachineError when the kernel refuses */
export function addNeighbour(
  namespace: Namespace,
  interfaceName: string,
  address: string,
  mac: string,
): void {
  // struct ndmsg: family, padding, interface, state, flags, type.
  const header = new Uint8Array(12);
  const view = new DataView(header.buffer);
  const ipv6 = address.includes(':');
  header[0] = ipv6 ? AF.INET6 : AF.INET;
  view.setInt32(4, readLink(namespace, interfaceName).index, true);
  view.setUint16(8, PERMANENT, true);
  const attributes: Attribute[] = [
    [NDA.ADDRESS, addressBytes(ipv6 ? 'ipv6' : 'ipv4', address)],
    [NDA.MAC, Buffer.from(mac.replaceAll(':', ''), 'hex')],
  ];
  route(namespace, NEW_NEIGHBOUR, header, attributes, `name the neighbour ${address} on ${interfaceName}`);
}

function route(
  namespace: Namespace,
  type: number,
  body: Uint8Array,
  attributes: readonly Attribute[],
  tried: string,
): void {
  withSocket(namespace, [AF.NETLINK, SOCK.RAW, NETLINK.ROUTE], (socket) =>
    ask(socket, { type, flags: NLM.ACK | NLM.CREATE | NLM.EXCL, body, attributes }, tried),
  );
}
