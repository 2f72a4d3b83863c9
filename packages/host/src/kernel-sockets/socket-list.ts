/** The sockets of a network and their states, as `ss` lists them: read from the kernel's sock_diag. */
import { AF, IPPROTO, SOCK, TCP_STATES } from './constants.ts';
import type { KernelTcpState } from './constants.ts';
import { thisNetwork, withSocket } from './kernel-socket.ts';
import type { Network } from './kernel-socket.ts';
import { ask, NETLINK, NLM, readAttributes } from './netlink.ts';
import { addressText } from './socket-address.ts';
import type { SocketAddress } from './socket-address.ts';
import { readTcpInfo } from './tcp-info.ts';
import type { TcpInfo } from './tcp-info.ts';

// linux/sock_diag.h and linux/inet_diag.h
const SOCK_DIAG_BY_FAMILY = 20;
const SOCK_DESTROY = 21;
const INET_DIAG_INFO = 2;
const ALL_STATES = 0xffffffff;
const ID = 4; // struct inet_diag_sockid in struct inet_diag_msg
const ID_LENGTH = 48;
const REQUEST_ID = 8; // the same in struct inet_diag_req_v2
const EXPIRES = ID + ID_LENGTH;
const MESSAGE_LENGTH = 72;

const timers = ['none', 'retransmit', 'keepalive', 'time-wait', 'window-probe'] as const;

export interface ListedSocket {
  readonly state: KernelTcpState;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** Octets to be read; of a listener, connections to be accepted. */
  readonly receiveQueue: number;
  /** Octets not acknowledged; of a listener, the limit of its accept queue. */
  readonly sendQueue: number;
  /** The timer that runs, and in how many milliseconds it will end. */
  readonly timer: (typeof timers)[number] | 'unknown';
  readonly timerMilliseconds: number;
  /** How often the segment in question has been sent again. */
  readonly retransmits: number;
  /** 0 when no program holds the socket any more. */
  readonly inode: number;
  /** Null in SYN-RECEIVED and TIME-WAIT, of which the kernel keeps too little. */
  readonly info: TcpInfo | null;
  /** What the kernel knows the socket by. */
  readonly id: Uint8Array;
}

/** Every TCP socket of a network, over IPv4 and IPv6; those in SYN-RECEIVED and TIME-WAIT too.
 *
 * @throws MachineError when the kernel refuses
 */
export function listSockets(network: Network = thisNetwork): ListedSocket[] {
  return withSocket(network, [AF.NETLINK, SOCK.RAW, NETLINK.SOCK_DIAG], (socket) =>
    [AF.INET, AF.INET6].flatMap((family) => {
      const body = request(family);
      return ask(socket, { type: SOCK_DIAG_BY_FAMILY, flags: NLM.DUMP, body }, 'list sockets').map(read);
    }),
  );
}

/** End a connection from outside, as `tcpdrop` does: its peer gets RST, its program ECONNABORTED.
 *
 * @throws MachineError with ENOENT when it is gone already, ENOTSUP when this kernel cannot
 */
export function destroySocket(listed: ListedSocket, network: Network = thisNetwork): void {
  withSocket(network, [AF.NETLINK, SOCK.RAW, NETLINK.SOCK_DIAG], (socket) => {
    const body = request(listed.local.family === 'ipv4' ? AF.INET : AF.INET6);
    body.set(listed.id, REQUEST_ID);
    ask(socket, { type: SOCK_DESTROY, flags: NLM.ACK, body }, 'end a connection');
  });
}

/** struct inet_diag_req_v2 for all of a family. */
function request(family: number): Uint8Array {
  const body = new Uint8Array(REQUEST_ID + ID_LENGTH);
  body.set([family, IPPROTO.TCP, 1 << (INET_DIAG_INFO - 1)]);
  new DataView(body.buffer).setUint32(4, ALL_STATES, true);
  return body;
}

function read(message: Uint8Array): ListedSocket {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const u32 = (at: number) => view.getUint32(at, true);
  const info = readAttributes(message.subarray(MESSAGE_LENGTH)).get(INET_DIAG_INFO);
  const ipv4 = message[0] === AF.INET;
  const address = (portAt: number, at: number): SocketAddress => ({
    family: ipv4 ? 'ipv4' : 'ipv6',
    address: addressText(message.subarray(at, at + (ipv4 ? 4 : 16))),
    port: view.getUint16(portAt),
  });
  return {
    state: TCP_STATES[message[1]] ?? 'UNKNOWN',
    local: address(ID, ID + 4),
    remote: address(ID + 2, ID + 20),
    receiveQueue: u32(EXPIRES + 4),
    sendQueue: u32(EXPIRES + 8),
    timer: timers[message[2]] ?? 'unknown',
    timerMilliseconds: u32(EXPIRES),
    retransmits: message[3],
    inode: u32(EXPIRES + 16),
    info: info === undefined ? null : readTcpInfo(info),
    id: message.slice(ID, ID + ID_LENGTH),
  };
}
