/** The kernel's TCP as an `EndPort`: non-blocking sockets, and word when one of them may be able to go on. */
import type { EndListener, EndPort, EndSocket, Errno } from '@tcblab/drill/scenario';
import type { Octets } from '@tcblab/tcp';
import type { State } from '@tcblab/tcp/trace';
import { KernelSocket, listSockets, MSG, POLL, SHUT, SO, SOL } from '../../kernel-sockets/index.ts';
import type { Outcome, SocketAddress } from '../../kernel-sockets/index.ts';

const DEFAULT_BACKLOG = 128;

export class KernelPort implements EndPort {
  readonly #address: string;
  readonly #family: SocketAddress['family'];
  readonly #onReady: () => void;
  readonly #waits = new Set<Wait>();

  /**
   * @param address the kernel's own on the wire
   * @param onReady called when a call that had to wait may go on
   */
  constructor(address: string, onReady: () => void) {
    this.#address = address;
    this.#family = address.includes(':') ? 'ipv6' : 'ipv4';
    this.#onReady = onReady;
  }

  open(_now: number, to: { address: string; port: number; localPort?: number }): EndSocket {
    return this.#make((socket) => {
      if (to.localPort !== undefined) {
        const refused = this.#bind(socket, to.localPort);
        if (refused !== null) return refused;
      }
      const { errno } = socket.connect({ family: this.#family, address: to.address, port: to.port });
      return errno === undefined || errno === 'EINPROGRESS' ? null : errno;
    });
  }

  listen(_now: number, { port, backlog }: { port: number; backlog?: number }): EndListener {
    const made = this.#make(
      (socket) => this.#bind(socket, port) ?? socket.listen(backlog ?? DEFAULT_BACKLOG).errno ?? null,
    );
    return {
      error: made.error,
      accept: () => made.accept(),
      close: () => made.release(),
    };
  }

  #make(prepare: (socket: KernelSocket) => Errno | null): KernelEndSocket {
    const opened = KernelSocket.tcp(this.#family);
    if (opened.errno !== undefined) return new KernelEndSocket(null, opened.errno, this.#wait);
    const refused = prepare(opened.value);
    if (refused === null) return new KernelEndSocket(opened.value, null, this.#wait);
    opened.value.close();
    return new KernelEndSocket(null, refused, this.#wait);
  }

  #bind(socket: KernelSocket, port: number): Errno | null {
    socket.setIntOption(SOL.SOCKET, SO.REUSEADDR, 1);
    const local: SocketAddress = { family: this.#family, address: this.#address, port };
    return socket.bind(local).errno ?? null;
  }

  /** Call back when `events` hold; one wait for each socket and condition. */
  readonly #wait = (socket: KernelSocket, events: number): void => {
    for (const wait of this.#waits) if (wait.socket === socket && wait.events === events) return;
    const wait: Wait = { socket, events };
    this.#waits.add(wait);
    void socket.ready(events).then(() => {
      this.#waits.delete(wait);
      this.#onReady();
    });
  };
}

interface Wait {
  readonly socket: KernelSocket;
  readonly events: number;
}

class KernelEndSocket implements EndSocket {
  readonly #socket: KernelSocket | null;
  readonly #wait: (socket: KernelSocket, events: number) => void;
  #error: Errno | null;
  #connected = false;
  #released = false;

  constructor(
    socket: KernelSocket | null,
    error: Errno | null,
    wait: (socket: KernelSocket, events: number) => void,
  ) {
    this.#socket = socket;
    this.#error = error;
    this.#wait = wait;
  }

  get error(): Errno | null {
    return this.#error;
  }

  get connecting(): boolean {
    const socket = this.#socket;
    if (socket === null || this.#connected || this.#error !== null || this.#released) return false;
    this.#error = socket.takeError().value ?? null;
    if (this.#error !== null) return false;
    const state = this.state();
    if (state === 'SYN-SENT' || state === 'SYN-RECEIVED') {
      this.#wait(socket, POLL.OUT);
      return true;
    }
    this.#connected = true;
    return false;
  }

  /** The next connection of a listener. */
  accept(): EndSocket | null {
    const accepted = this.#try(POLL.IN, (socket) => socket.accept());
    if (accepted === null) return null;
    return new KernelEndSocket(accepted.socket, null, this.#wait);
  }

  send(_now: number, bytes: Uint8Array, from: number, to: number): Octets {
    return this.#try(POLL.OUT, (socket) => socket.send(bytes.subarray(from, to), MSG.NOSIGNAL)) ?? 0;
  }

  receive(_now: number, into: Uint8Array, from: number, to: number): Octets {
    const octets = this.#try(POLL.IN, (socket) => socket.read(into.subarray(from, to)));
    if (octets === null) return 0;
    return octets === 0 ? -1 : octets;
  }

  close(): void {
    this.#socket?.shutdown(SHUT.WR);
  }

  release(): void {
    this.#released = true;
    this.#socket?.close();
  }

  abort(): void {
    this.#socket?.setLinger({ on: true, seconds: 0 });
    this.release();
  }

  state(): State | null {
    const socket = this.#socket;
    if (socket === null || this.#released) return null;
    const { value } = socket.tcpInfo();
    const state = value?.state ?? null;
    return state === 'CLOSED' ? this.#stateOfRemains(socket) : known(state);
  }

  /** A connection in TIME-WAIT is the kernel's alone: its socket says CLOSED, the list of sockets knows better. */
  #stateOfRemains(socket: KernelSocket): State {
    const port = socket.localAddress().value?.port;
    const remains = listSockets().find(
      (listed) => listed.local.port === port && listed.state === 'TIME-WAIT',
    );
    return remains === undefined ? 'CLOSED' : 'TIME-WAIT';
  }

  /** @returns null when the call has to wait, or failed for good */
  #try<T>(events: number, call: (socket: KernelSocket) => Outcome<T>): T | null {
    const socket = this.#socket;
    if (socket === null || this.#error !== null || this.#released) return null;
    const { value, errno } = call(socket);
    if (errno === undefined) return value;
    if (errno === 'EAGAIN') this.#wait(socket, events);
    else if (errno !== 'EINTR') this.#error = errno;
    return null;
  }
}

function known(state: string | null): State | null {
  return state === 'UNKNOWN' ? null : (state as State | null);
}
