/** The socket calls of a script, by their C names, on sockets of the kernel. */
import type { Value } from '@tcblab/drill/sut';
import {
  AF,
  EPOLL,
  EPOLL_CTL,
  Epoll,
  IOCTL,
  IPPROTO,
  KernelSocket,
  MSG,
  POLL,
  SHUT,
  SOCK,
  poll,
  type Outcome,
  type SocketAddress,
} from '../kernel-sockets/index.ts';
import { mapped, readOption, setOption } from './socket-option.ts';

/**
 * A call under way: tried at once, and again when something may have changed. Null = it blocks still.
 *
 * `ready` says when: a socket's conditions, or a time. Sockets never block in the kernel; to block is done here.
 */
export interface Attempt {
  readonly try: () => Outcome<Value> | null;
  readonly ready: { readonly socket: KernelSocket; readonly events: number } | 'soon';
}

/** One descriptor of the script. */
interface Descriptor {
  readonly what: KernelSocket | Epoll;
  /** As the script wants it. */
  blocking: boolean;
  /** SO_LINGER: how many seconds close() waits; null = it does not. */
  linger: number | null;
}

type Arguments = readonly Value[];

/** Why a call cannot even begin: an errno. */
class Refused extends Error {
  readonly errno: string;
  constructor(errno: string) {
    super(errno);
    this.errno = errno;
  }
}

export interface KernelPlace {
  /** Open a socket where the kernel under test is. */
  /** Of sockets for which a script names none. */
  readonly ipVersion: 4 | 6;
  socket(domain: number, type: number, protocol: number): KernelSocket;
  /** Whether the kernel still works at ending a connection. */
  isEnding(local: SocketAddress, remote: SocketAddress): boolean;
}

export class KernelCalls {
  readonly #place: KernelPlace;
  readonly #descriptors = new Map<number, Descriptor>();

  constructor(place: KernelPlace) {
    this.#place = place;
  }

  /** @returns what is to be tried; an outcome for a call that cannot begin */
  begin(name: string, args: Arguments): Attempt | Outcome<Value> {
    const call = Object.hasOwn(this.#calls, name) ? this.#calls[name] : undefined;
    if (call === undefined) return { errno: 'ENOSYS' };
    try {
      return call(args);
    } catch (error) {
      if (error instanceof Refused) return { errno: error.errno };
      throw error;
    }
  }

  /** The socket of a descriptor. @returns null when it has none */
  socketOf(fd: Value): KernelSocket | null {
    const what = typeof fd === 'number' ? this.#descriptors.get(fd)?.what : undefined;
    return what instanceof KernelSocket ? what : null;
  }

  close(): void {
    for (const { what } of this.#descriptors.values()) what.close();
    this.#descriptors.clear();
  }

  readonly #calls: Record<string, (args: Arguments) => Attempt | Outcome<Value>> = {
    socket: ([domain, type]) => {
      const kind = words(type, SOCK, 'SOCK_');
      const named = domain === 'AF_INET6' || domain === 'PF_INET6';
      const family = named || this.#place.ipVersion === 6 ? AF.INET6 : AF.INET;
      const socket = this.#place.socket(family, kind & 0xf || SOCK.STREAM, IPPROTO.TCP);
      return { value: this.#add(socket, (kind & SOCK.NONBLOCK) === 0) };
    },
    bind: ([fd, address, port]) => this.#socket(fd).bind(socketAddress(address, port)),
    listen: ([fd, backlog]) => this.#socket(fd).listen(Number(backlog)),
    accept: ([fd]) => this.#accept(fd, 0),
    accept4: ([fd, flags]) => this.#accept(fd, words(flags, SOCK, 'SOCK_')),
    connect: ([fd, address, port]) => this.#connect(fd, socketAddress(address, port)),
    read: ([fd, room]) => this.#receive(fd, room, ''),
    recv: ([fd, room, flags]) => this.#receive(fd, room, flags),
    write: ([fd, octets]) => this.#send(fd, octets, ''),
    send: ([fd, octets, flags]) => this.#send(fd, octets, flags),
    shutdown: ([fd, how]) => this.#socket(fd).shutdown(words(how, SHUT, 'SHUT_')),
    close: ([fd]) => this.#close(fd),
    setsockopt: ([fd, , name, value]) => {
      const socket = this.#socket(fd);
      if (name === 'SO_LINGER') {
        const [on, seconds] = Array.isArray(value) ? (value as readonly Value[]).map(Number) : [0, 0];
        this.#get(fd).linger = on !== 0 && seconds > 0 ? seconds : null;
      }
      return setOption(socket, String(name), value);
    },
    getsockopt: ([fd, , name]) => readOption(this.#socket(fd), String(name)),
    fcntl: ([fd, command, flags]) => {
      const descriptor = this.#get(fd);
      // The kernel's sockets are always non-blocking: whether the script's are is known here alone.
      if (command === 'F_GETFL') return { value: descriptor.blocking ? 'O_RDWR' : 'O_RDWR|O_NONBLOCK' };
      if (command !== 'F_SETFL') return { errno: 'EINVAL' };
      descriptor.blocking = !String(flags).split('|').includes('O_NONBLOCK');
      return { value: 0 };
    },
    ioctl: ([fd, request]) => {
      const name = String(request);
      return Object.hasOwn(IOCTL, name)
        ? this.#socket(fd).intIoctl((IOCTL as Readonly<Record<string, number>>)[name])
        : { errno: 'EINVAL' };
    },
    poll: ([entries, timeout]) => this.#poll(entries, Number(timeout)),
    epoll_create: () => mapped(Epoll.create(), (epoll) => this.#add(epoll, true)),
    epoll_ctl: ([fd, operation, watched, events]) =>
      this.#epoll(fd).control(
        words(operation, EPOLL_CTL, 'EPOLL_CTL_'),
        this.#socket(watched),
        words(events, EPOLL, 'EPOLL'),
      ),
    epoll_wait: ([fd, most, timeout]) => this.#epollWait(this.#epoll(fd), Number(most), Number(timeout)),
  };

  #add(what: KernelSocket | Epoll, blocking: boolean): number {
    let fd = 3;
    while (this.#descriptors.has(fd)) fd++;
    this.#descriptors.set(fd, { what, blocking, linger: null });
    return fd;
  }

  #get(fd: Value): Descriptor {
    const descriptor = typeof fd === 'number' ? this.#descriptors.get(fd) : undefined;
    if (descriptor === undefined) throw new Refused('EBADF');
    return descriptor;
  }

  #socket(fd: Value): KernelSocket {
    const { what } = this.#get(fd);
    if (what instanceof KernelSocket) return what;
    throw new Refused('ENOTSOCK');
  }

  #epoll(fd: Value): Epoll {
    const { what } = this.#get(fd);
    if (what instanceof Epoll) return what;
    throw new Refused('EINVAL');
  }

  #accept(fd: Value, flags: number): Attempt {
    const { blocking } = this.#get(fd);
    const socket = this.#socket(fd);
    return waiting(socket, POLL.IN, blocking, () =>
      mapped(socket.accept(), (accepted): Value => {
        const descriptor = this.#add(accepted.socket, (flags & SOCK.NONBLOCK) === 0);
        return [descriptor, accepted.from?.address ?? '', accepted.from?.port ?? 0];
      }),
    );
  }

  #connect(fd: Value, address: SocketAddress): Attempt {
    const { blocking } = this.#get(fd);
    const socket = this.#socket(fd);
    let begun = false;
    const connect = (): Outcome<Value> | null => {
      if (!begun) {
        begun = true;
        const first = socket.connect(address);
        return blocking && first.errno === 'EINPROGRESS' ? null : first;
      }
      const error = socket.takeError();
      if (error.errno !== undefined) return error;
      return error.value === null ? { value: 0 } : { errno: error.value };
    };
    return { try: connect, ready: { socket, events: POLL.OUT } };
  }

  #receive(fd: Value, room: Value, flags: Value): Attempt {
    const { blocking } = this.#get(fd);
    const socket = this.#socket(fd);
    const into = new Uint8Array(Number(room));
    const bits = words(flags, MSG, 'MSG_');
    // Urgent data is not waited for.
    const waits = blocking && (bits & (MSG.DONTWAIT | MSG.OOB | MSG.ERRQUEUE)) === 0;
    // A socket that does not block waits for no more than it has: to wait for all is done here too.
    const all = waits && (bits & MSG.WAITALL) !== 0 && (bits & MSG.PEEK) === 0;
    let had = 0;
    const receive = (): Outcome<Value> => {
      for (;;) {
        const some = socket.receive(into.subarray(had), bits);
        if (some.errno !== undefined)
          return had > 0 && some.errno !== 'EAGAIN' ? { value: into.slice(0, had) } : some;
        had += some.value;
        if (!all || some.value === 0 || had === into.length) return { value: into.slice(0, had) };
      }
    };
    return waiting(socket, POLL.IN, waits, receive);
  }

  #send(fd: Value, octets: Value, flags: Value): Attempt {
    const { blocking } = this.#get(fd);
    const socket = this.#socket(fd);
    if (!(octets instanceof Uint8Array)) throw new Refused('EFAULT');
    const bits = words(flags, MSG, 'MSG_');
    const waits = blocking && (bits & MSG.DONTWAIT) === 0;
    let taken = 0;
    const send = (): Outcome<Value> => {
      for (;;) {
        const some = socket.send(octets.subarray(taken), bits);
        if (some.errno !== undefined) return taken > 0 && some.errno !== 'EAGAIN' ? { value: taken } : some;
        taken += some.value;
        if (taken === octets.length || !waits) return { value: taken };
      }
    };
    return waiting(socket, POLL.OUT, waits, send);
  }

  #close(fd: Value): Attempt | Outcome<Value> {
    const { what, linger } = this.#get(fd);
    this.#descriptors.delete(Number(fd));
    const local = what instanceof KernelSocket ? (what.localAddress().value ?? null) : null;
    const remote = what instanceof KernelSocket ? (what.remoteAddress().value ?? null) : null;
    if (!(what instanceof KernelSocket) || linger === null || local === null || remote === null)
      return what.close();
    // The kernel would hold up this whole process: it is told not to linger, and watched until the end is done.
    const limit = performance.now() + linger * 1000;
    what.setLinger({ on: false, seconds: 0 });
    what.close();
    const over = () => performance.now() >= limit || !this.#place.isEnding(local, remote);
    return { try: () => (over() ? { value: 0 } : null), ready: 'soon' };
  }

  /** @param timeout in ms: 0 looks once, a negative one waits for ever */
  #poll(entries: Value, timeout: number): Attempt {
    const asked = (Array.isArray(entries) ? (entries as readonly Value[]) : []).map((entry) => {
      const [fd, events] = Array.isArray(entry) ? (entry as readonly Value[]) : [null, null];
      return { socket: this.#socket(fd), events: words(events, POLL, 'POLL') };
    });
    const limit = timeout < 0 ? Infinity : performance.now() + timeout;
    const look = (): Outcome<Value> | null => {
      const found = poll(asked);
      if (found.errno !== undefined) return found;
      const none = found.value.every((revents) => revents === 0);
      if (none && performance.now() < limit) return null;
      return { value: found.value.map((revents) => names(revents, POLL, 'POLL')) };
    };
    return { try: look, ready: 'soon' };
  }

  #epollWait(epoll: Epoll, most: number, timeout: number): Attempt {
    const limit = timeout < 0 ? Infinity : performance.now() + timeout;
    const look = (): Outcome<Value> | null => {
      const found = epoll.wait(most);
      if (found.errno !== undefined) return found;
      if (found.value.length === 0 && performance.now() < limit) return null;
      return {
        value: found.value.map(({ socket, events }) => [
          [...this.#descriptors].find(([, { what }]) => what === socket)?.[0] ?? -1,
          names(events, EPOLL, 'EPOLL'),
        ]),
      };
    };
    return { try: look, ready: 'soon' };
  }
}

/** A call that gives EAGAIN while it would wait. */
function waiting(
  socket: KernelSocket,
  events: number,
  blocking: boolean,
  call: () => Outcome<Value>,
): Attempt {
  const attempt = () => {
    const outcome = call();
    return blocking && outcome.errno === 'EAGAIN' ? null : outcome;
  };
  return { try: attempt, ready: { socket, events } };
}

function socketAddress(address: Value, port: Value): SocketAddress {
  const text = String(address);
  return { family: text.includes(':') ? 'ipv6' : 'ipv4', address: text, port: Number(port) };
}

/** `MSG_OOB|MSG_DONTWAIT` as the kernel counts it; a number as it is. @throws Refused EINVAL for a word it has not */
function words(value: Value, table: Readonly<Record<string, number>>, prefix: string): number {
  if (typeof value === 'number') return value;
  if (value === null || value === '' || value === undefined) return 0;
  return String(value)
    .split('|')
    .reduce((sum, word) => {
      const name = word.slice(prefix.length);
      if (word.startsWith(prefix) && Object.hasOwn(table, name)) return sum | table[name];
      const number = Number(word);
      if (Number.isInteger(number)) return sum | number;
      throw new Refused('EINVAL');
    }, 0);
}

function names(bits: number, table: Readonly<Record<string, number>>, prefix: string): string {
  return Object.entries(table)
    .filter(([, bit]) => (bits & bit) !== 0)
    .map(([name]) => `${prefix}${name}`)
    .join('|');
}
