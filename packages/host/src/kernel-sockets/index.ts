/** The kernel's own TCP, call by call: every call and option a script can name, errno kept. */
export { KernelSocket, type Linger, type Network, type Received, thisNetwork } from './kernel-socket.ts';
export { accept, connect, read, write } from './waiting-calls.ts';
export { Epoll, poll } from './poll.ts';
export { destroySocket, listSockets, type ListedSocket } from './socket-list.ts';
export { type SocketAddress, socketAddressText } from './socket-address.ts';
export { type Outcome, demand, errnoName, errnoNumber } from './errno.ts';
export { readTcpInfo, type TcpInfo, type TcpInfoField } from './tcp-info.ts';
export {
  AF,
  EPOLL,
  EPOLL_CTL,
  FCNTL,
  IOCTL,
  IP,
  IPPROTO,
  IPV6,
  type KernelTcpState,
  MSG,
  O,
  POLL,
  SHUT,
  SO,
  SOCK,
  SOL,
  TCP,
  TCP_STATES,
} from './constants.ts';
