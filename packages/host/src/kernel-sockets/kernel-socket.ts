/** One socket of the kernel, call by call: what the kernel answered, errno and all, is the result. */
import { addon } from './addon.ts';
import type { WatchHandle } from './addon.ts';
import { AF, IOCTL, IPPROTO, POLL, SO, SOCK, SOL, TCP } from './constants.ts';
import { demand, outcome } from './errno.ts';
import type { Outcome } from './errno.ts';
import { readSocketAddress, SOCKADDR_ROOM, writeSocketAddress } from './socket-address.ts';
import type { SocketAddress } from './socket-address.ts';
import { readTcpInfo, TCP_INFO_ROOM } from './tcp-info.ts';
import type { TcpInfo } from './tcp-info.ts';

const IFNAMSIZ = 16;
const IFREQ_LENGTH = 40;
const nothing = new Uint8Array(0);

/** What recvmsg gave. */
export interface Received {
  readonly octets: number;
  /** MSG_TRUNC, MSG_OOB, MSG_ERRQUEUE …; 0 for none. */
  readonly flags: number;
  /** Where it came from; null on a connected stream. */
  readonly from: SocketAddress | null;
  /** Control messages, as the kernel wrote them. */
  readonly control: Uint8Array;
}

export interface Linger {
  readonly on: boolean;
  readonly seconds: number;
}

/** Why a wait ended: the conditions that hold (POLL bits), or that the socket was closed meanwhile. */
type Waiter = { readonly wanted: number; readonly settle: (ready: Outcome<number>) => void };

/** A network that sockets can live in: this process's own, or that of a namespace. */
export interface Network {
  /** Open a socket there. @throws MachineError when the kernel refuses */
  socket(domain: number, type: number, protocol?: number): KernelSocket;
}

/** The network that this process is in. */
export const thisNetwork: Network = {
  socket: (domain, type, protocol) => demand(KernelSocket.open(domain, type, protocol), 'open a socket'),
};

/** Do something with a socket that is closed afterwards. */
export function withSocket<T>(
  network: Network,
  [domain, type, protocol]: readonly [domain: number, type: number, protocol: number],
  use: (socket: KernelSocket) => T,
): T {
  const socket = network.socket(domain, type, protocol);
  try {
    return use(socket);
  } finally {
    socket.close();
  }
}

/**
 * A socket of the kernel, always non-blocking: a call that would wait gives EAGAIN or EINPROGRESS.
 *
 * `ready` is the one method that waits. Close a socket through this class only: its descriptor may be watched.
 */
export class KernelSocket {
  readonly fd: number;
  #watch: WatchHandle | null = null;
  #waiters: Waiter[] = [];
  #closed = false;

  /** @param fd a descriptor that is non-blocking and from now on belongs to this object */
  constructor(fd: number) {
    this.fd = fd;
  }

  /** socket(2), in this process's network namespace. */
  static open(domain: number, type: number, protocol = 0): Outcome<KernelSocket> {
    return map(outcome(addon().socket(domain, type, protocol)), (fd) => new KernelSocket(fd));
  }

  /** A stream socket of TCP over the given family. */
  static tcp(family: 'ipv4' | 'ipv6' = 'ipv4'): Outcome<KernelSocket> {
    return KernelSocket.open(family === 'ipv4' ? AF.INET : AF.INET6, SOCK.STREAM, IPPROTO.TCP);
  }

  /** @param address one of IP, or the bytes of another family's `struct sockaddr` */
  bind(address: SocketAddress | Uint8Array): Outcome<number> {
    return outcome(addon().bind(this.fd, sockaddr(address)));
  }

  listen(backlog: number): Outcome<number> {
    return outcome(addon().listen(this.fd, backlog));
  }

  /** accept4(2). The new socket is non-blocking whatever the flags say. */
  accept(flags = 0): Outcome<{ readonly socket: KernelSocket; readonly from: SocketAddress | null }> {
    const address = new Uint8Array(SOCKADDR_ROOM);
    return map(outcome(addon().accept4(this.fd, flags | SOCK.NONBLOCK, address)), (fd) => {
      return { socket: new KernelSocket(fd), from: readSocketAddress(address) };
    });
  }

  connect(address: SocketAddress | Uint8Array): Outcome<number> {
    return outcome(addon().connect(this.fd, sockaddr(address)));
  }

  localAddress(): Outcome<SocketAddress | null> {
    const address = new Uint8Array(SOCKADDR_ROOM);
    return map(outcome(addon().getsockname(this.fd, address)), () => readSocketAddress(address));
  }

  remoteAddress(): Outcome<SocketAddress | null> {
    const address = new Uint8Array(SOCKADDR_ROOM);
    return map(outcome(addon().getpeername(this.fd, address)), () => readSocketAddress(address));
  }

  /** @returns octets; 0 when the peer has finished */
  read(into: Uint8Array): Outcome<number> {
    return outcome(addon().read(this.fd, into));
  }

  write(data: Uint8Array): Outcome<number> {
    return outcome(addon().write(this.fd, data));
  }

  /** recv(2): as `read`, with flags. */
  receive(into: Uint8Array, flags = 0): Outcome<number> {
    return outcome(addon().recvmsg(this.fd, into, flags, nothing, nothing, new Int32Array(0)));
  }

  /** recvfrom(2) and recvmsg(2).
   *
   * @param controlRoom room for control messages, octets
   */
  receiveMessage(into: Uint8Array, flags = 0, controlRoom = 0): Outcome<Received> {
    const address = new Uint8Array(SOCKADDR_ROOM);
    const control = new Uint8Array(controlRoom);
    const facts = new Int32Array(3);
    return map(outcome(addon().recvmsg(this.fd, into, flags, address, control, facts)), (octets) => ({
      octets,
      flags: facts[2],
      from: facts[0] === 0 ? null : readSocketAddress(address),
      control: control.subarray(0, facts[1]),
    }));
  }

  /** send(2): as `write`, with flags. */
  send(data: Uint8Array, flags = 0): Outcome<number> {
    return outcome(addon().sendmsg(this.fd, data, flags, nothing, nothing));
  }

  /** sendto(2) and sendmsg(2). */
  sendMessage(
    data: Uint8Array,
    options: { flags?: number; to?: SocketAddress | Uint8Array; control?: Uint8Array } = {},
  ): Outcome<number> {
    const { flags = 0, to = nothing, control = nothing } = options;
    return outcome(addon().sendmsg(this.fd, data, flags, sockaddr(to), control));
  }

  /** @param how one of SHUT */
  shutdown(how: number): Outcome<number> {
    return outcome(addon().shutdown(this.fd, how));
  }

  /** Close the descriptor; whoever waits for it gets ECANCELED. Closing twice gives EBADF, as the kernel would. */
  close(): Outcome<number> {
    if (this.#closed) return { errno: 'EBADF' };
    this.#closed = true;
    // The watch goes first: the number may belong to another socket a moment later.
    if (this.#watch !== null) addon().unwatch(this.#watch);
    this.#watch = null;
    this.#settle(() => true, { errno: 'ECANCELED' });
    return outcome(addon().close(this.fd));
  }

  setOption(level: number, name: number, value: Uint8Array): Outcome<number> {
    return outcome(addon().setsockopt(this.fd, level, name, value));
  }

  setIntOption(level: number, name: number, value: number): Outcome<number> {
    return this.setOption(level, name, bytesOf(Int32Array.of(value)));
  }

  /** @param room how much the caller is ready to read; the kernel cuts longer values */
  option(level: number, name: number, room: number): Outcome<Uint8Array> {
    const value = new Uint8Array(room);
    return map(outcome(addon().getsockopt(this.fd, level, name, value)), (octets) =>
      value.subarray(0, octets),
    );
  }

  intOption(level: number, name: number): Outcome<number> {
    return map(this.option(level, name, 4), (value) => new DataView(value.buffer).getInt32(0, true));
  }

  /** SO_LINGER. With 0 seconds, close aborts the connection. */
  setLinger(linger: Linger): Outcome<number> {
    return this.setOption(SOL.SOCKET, SO.LINGER, bytesOf(Int32Array.of(linger.on ? 1 : 0, linger.seconds)));
  }

  linger(): Outcome<Linger> {
    return map(this.option(SOL.SOCKET, SO.LINGER, 8), (value) => {
      const view = new DataView(value.buffer);
      return { on: view.getInt32(0, true) !== 0, seconds: view.getInt32(4, true) };
    });
  }

  /** SO_RCVTIMEO and SO_SNDTIMEO: a `struct timeval`. */
  setTimeOption(name: number, microseconds: number): Outcome<number> {
    const seconds = BigInt(Math.trunc(microseconds / 1e6));
    return this.setOption(SOL.SOCKET, name, bytesOf(BigInt64Array.of(seconds, BigInt(microseconds % 1e6))));
  }

  /** An option that is text, such as TCP_CONGESTION. */
  setTextOption(level: number, name: number, value: string): Outcome<number> {
    return this.setOption(level, name, Buffer.from(value, 'latin1'));
  }

  textOption(level: number, name: number): Outcome<string> {
    return map(this.option(level, name, 64), (value) => {
      const end = value.indexOf(0);
      return Buffer.from(end < 0 ? value : value.subarray(0, end)).toString('latin1');
    });
  }

  /** TCP_INFO, every field that this kernel has. */
  tcpInfo(): Outcome<TcpInfo> {
    return map(this.option(SOL.TCP, TCP.INFO, TCP_INFO_ROOM), readTcpInfo);
  }

  /** SO_ERROR: the name of the error that waited, cleared by this read; null for none. */
  takeError(): Outcome<string | null> {
    return map(this.intOption(SOL.SOCKET, SO.ERROR), (number) => {
      const taken = number === 0 ? null : outcome(-number);
      return taken?.errno ?? null;
    });
  }

  /** @param command one of FCNTL */
  fcntl(command: number, argument = 0): Outcome<number> {
    return outcome(addon().fcntl(this.fd, command, argument));
  }

  /** ioctl(2) for requests that give one int, such as FIONREAD and SIOCOUTQ. */
  intIoctl(request: number): Outcome<number> {
    const memory = new Int32Array(1);
    return map(outcome(addon().ioctl(this.fd, request, memory)), () => memory[0]);
  }

  /** ioctl(2) on a structure that the caller has laid out. */
  ioctl(request: number, memory: Uint8Array): Outcome<number> {
    return outcome(addon().ioctl(this.fd, request, memory));
  }

  /** ioctl(2) on a network interface, for requests whose `struct ifreq` points to a structure of their own.
   *
   * @param data that structure, read and written in place
   */
  interfaceIoctl(request: number, interfaceName: string, data: Uint8Array): Outcome<number> {
    const ifreq = new Uint8Array(IFREQ_LENGTH);
    ifreq.set(Buffer.from(interfaceName).subarray(0, IFNAMSIZ - 1));
    return outcome(addon().interfaceRequest(this.fd, request, ifreq, data));
  }

  /** Octets received and not read yet: SIOCINQ. */
  unread(): Outcome<number> {
    return this.intIoctl(IOCTL.SIOCINQ);
  }

  /** Octets written and not acknowledged yet: SIOCOUTQ. */
  unacknowledged(): Outcome<number> {
    return this.intIoctl(IOCTL.SIOCOUTQ);
  }

  /** Wait until one of these conditions holds, an error counting as any: the next call then tells errno.
   *
   * @param events POLL.IN, POLL.OUT, POLL.PRI, POLL.RDHUP or several
   * @param signal ends the wait by rejecting with its reason
   * @returns the conditions that hold; ECANCELED when the socket was closed meanwhile
   */
  async ready(events: number, signal?: AbortSignal): Promise<Outcome<number>> {
    signal?.throwIfAborted();
    if (this.#closed) return { errno: 'EBADF' };
    const watch = this.#watch ?? addon().watch(this.fd, (found) => this.#report(found));
    if (typeof watch === 'number') return outcome(watch);
    this.#watch = watch;
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        wanted: toUv(events),
        settle: (ready) => {
          signal?.removeEventListener('abort', abort);
          resolve(ready);
        },
      };
      const abort = () => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        this.#arm();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiters.push(waiter);
      this.#arm();
    });
  }

  #report(found: number): void {
    this.#settle((waiter) => (waiter.wanted & found) !== 0, { value: fromUv(found) });
    this.#arm();
  }

  #settle(which: (waiter: Waiter) => boolean, ready: Outcome<number>): void {
    const due = this.#waiters.filter(which);
    this.#waiters = this.#waiters.filter((waiter) => !which(waiter));
    for (const waiter of due) waiter.settle(ready);
  }

  #arm(): void {
    if (this.#watch === null) return;
    addon().arm(
      this.#watch,
      this.#waiters.reduce((events, waiter) => events | waiter.wanted, 0),
    );
  }
}

/** Apply `read` to the value, if there is one. */
function map<A, B>(result: Outcome<A>, read: (value: A) => B): Outcome<B> {
  return result.errno === undefined ? { value: read(result.value) } : result;
}

function sockaddr(address: SocketAddress | Uint8Array): Uint8Array {
  return address instanceof Uint8Array ? address : writeSocketAddress(address);
}

function bytesOf(words: Int32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(words.buffer);
}

// libuv counts the conditions of its poll handle in its own way.
const uvBits = [
  [POLL.IN, 1],
  [POLL.OUT, 2],
  [POLL.RDHUP, 4],
  [POLL.PRI, 8],
] as const;

function toUv(events: number): number {
  return uvBits.reduce((bits, [poll, uv]) => (events & poll ? bits | uv : bits), 0);
}

function fromUv(bits: number): number {
  return uvBits.reduce((events, [poll, uv]) => (bits & uv ? events | poll : events), 0);
}
