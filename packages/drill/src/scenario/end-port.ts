/**
 * What an application program needs of a TCP: the surface that an `EndDriver` uses. Our own stack and the kernel's
 * sockets both stand behind it, so one program runs over either.
 *
 * Nothing here blocks, calls back or throws for what a peer does. Every call is tried at once; a call that cannot go on
 * says so, and the driver tries again at its next `step`. Whoever owns the port calls `step` whenever something may have
 * become possible: after frames, after readiness of a kernel socket, after a timeout.
 */
import type { Micros, Octets } from '@tcblab/tcp';
import type { State } from '@tcblab/tcp/trace';

/** An error as POSIX names it: `ECONNREFUSED`, `ECONNRESET`, `ETIMEDOUT`, `EADDRINUSE` … */
export type Errno = string;

export interface EndPort {
  /**
   * Active OPEN. Returns at once; the socket is `connecting` until the handshake is over.
   * A refusal that is known at once (no route, port in use) is a socket whose `error` is set.
   */
  open(now: Micros, to: { address: string; port: number; localPort?: number }): EndSocket;
  /** Passive OPEN, as bind + listen. A refusal is a listener whose `error` is set. */
  listen(now: Micros, at: { port: number; backlog?: number }): EndListener;
}

export interface EndListener {
  readonly error: Errno | null;
  /** @returns the next connection whose handshake is over; null when there is none yet */
  accept(now: Micros): EndSocket | null;
  /** Stop listening. Connections already accepted go on. */
  close(now: Micros): void;
}

export interface EndSocket {
  /** Why the connection failed, from then on; null while it is well, and after an orderly close. */
  readonly error: Errno | null;
  /** The handshake is not over yet, and has not failed. Asked before `error`, which may become known by asking. */
  readonly connecting: boolean;
  /** SEND. @returns octets taken, 0 when there is no room now or the connection failed (`error` tells which) */
  send(now: Micros, bytes: Uint8Array, from: number, to: number): Octets;
  /**
   * RECEIVE into `into[from, to)`.
   *
   * @returns octets read; 0 when nothing is there now or the connection failed; -1 at the end of the peer's bytes
   */
  receive(now: Micros, into: Uint8Array, from: number, to: number): Octets;
  /** CLOSE as RFC 9293 means it: no more to send, still receiving. `shutdown(fd, SHUT_WR)`. @rfc 9293 3.10.4 */
  close(now: Micros): void;
  /** The application lets go of the connection: `close(fd)`. Nothing may be called on the socket afterwards but `state`. */
  release(now: Micros): void;
  /** ABORT: a RST. `SO_LINGER` 0 and `close(fd)`. @rfc 9293 3.10.5 */
  abort(now: Micros): void;
  /** The connection's state, where the implementation tells it (a snapshot, TCP_INFO); null where it does not. */
  state(): State | null;
}
