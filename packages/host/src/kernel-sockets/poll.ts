/** poll(2) and epoll(7) as calls that answer at once, for scripts that make them. To wait, use `KernelSocket.ready`. */
import { addon } from './addon.ts';
import { EPOLL_CTL } from './constants.ts';
import { outcome } from './errno.ts';
import type { Outcome } from './errno.ts';
import type { KernelSocket } from './kernel-socket.ts';

const MOST_EVENTS = 64;

/** poll(2) with no time to wait.
 *
 * @param entries the conditions asked of each socket: POLL bits
 * @returns for each entry the conditions that hold; 0 for none
 */
export function poll(
  entries: readonly { readonly socket: KernelSocket; readonly events: number }[],
): Outcome<number[]> {
  // struct pollfd: int fd, short events, short revents
  const table = new DataView(new ArrayBuffer(8 * entries.length));
  entries.forEach(({ socket, events }, index) => {
    table.setInt32(8 * index, socket.fd, true);
    table.setInt16(8 * index + 4, events, true);
  });
  const ready = outcome(addon().poll(new Uint8Array(table.buffer)));
  if (ready.errno !== undefined) return ready;
  return { value: entries.map((_, index) => table.getInt16(8 * index + 6, true)) };
}

/** An epoll instance. */
export class Epoll {
  readonly fd: number;
  readonly #sockets = new Map<number, KernelSocket>();

  private constructor(fd: number) {
    this.fd = fd;
  }

  static create(): Outcome<Epoll> {
    const made = outcome(addon().epollCreate());
    return made.errno === undefined ? { value: new Epoll(made.value) } : made;
  }

  /** epoll_ctl(2).
   *
   * @param operation one of EPOLL_CTL
   * @param events EPOLL bits
   */
  control(operation: number, socket: KernelSocket, events: number): Outcome<number> {
    const done = outcome(addon().epollCtl(this.fd, operation, socket.fd, events));
    if (done.errno === undefined) {
      if (operation === EPOLL_CTL.DEL) this.#sockets.delete(socket.fd);
      else this.#sockets.set(socket.fd, socket);
    }
    return done;
  }

  /** epoll_wait(2) with no time to wait. */
  wait(most = MOST_EVENTS): Outcome<{ readonly socket: KernelSocket; readonly events: number }[]> {
    const pairs = new Int32Array(2 * Math.min(most, MOST_EVENTS));
    const ready = outcome(addon().epollWait(this.fd, pairs));
    if (ready.errno !== undefined) return ready;
    const found = [];
    for (let i = 0; i < ready.value; i++) {
      const socket = this.#sockets.get(pairs[2 * i]);
      if (socket !== undefined) found.push({ socket, events: pairs[2 * i + 1] });
    }
    return { value: found };
  }

  close(): Outcome<number> {
    return outcome(addon().close(this.fd));
  }
}
