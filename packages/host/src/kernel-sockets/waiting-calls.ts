/** The calls that a blocking socket would wait in, as promises: the socket stays non-blocking, the caller waits. */
import { POLL } from './constants.ts';
import type { Outcome } from './errno.ts';
import type { KernelSocket } from './kernel-socket.ts';
import type { SocketAddress } from './socket-address.ts';

/** Connect, and wait until the connection is there or refused.
 *
 * @param signal ends the wait by rejecting with its reason; so in all of these calls
 */
export async function connect(
  socket: KernelSocket,
  address: SocketAddress,
  signal?: AbortSignal,
): Promise<Outcome<number>> {
  const begun = socket.connect(address);
  if (begun.errno !== 'EINPROGRESS') return begun;
  const ready = await socket.ready(POLL.OUT, signal);
  if (ready.errno !== undefined) return ready;
  const error = socket.takeError();
  if (error.errno !== undefined) return error;
  return error.value === null ? { value: 0 } : { errno: error.value };
}

/** Wait for a connection and accept it. */
export function accept(
  listener: KernelSocket,
  signal?: AbortSignal,
): Promise<Outcome<{ readonly socket: KernelSocket; readonly from: SocketAddress | null }>> {
  return whenReady(listener, POLL.IN, () => listener.accept(), signal);
}

/** Wait for octets and read what is there.
 *
 * @returns how many; 0 when the peer has finished
 */
export function read(socket: KernelSocket, into: Uint8Array, signal?: AbortSignal): Promise<Outcome<number>> {
  return whenReady(socket, POLL.IN, () => socket.read(into), signal);
}

/** Write all of `data`, waiting for room where there is none.
 *
 * @returns its length; an errno when the connection failed, though part may have been written
 */
export async function write(
  socket: KernelSocket,
  data: Uint8Array,
  signal?: AbortSignal,
): Promise<Outcome<number>> {
  let written = 0;
  while (written < data.length) {
    const rest = data.subarray(written);
    const some = await whenReady(socket, POLL.OUT, () => socket.write(rest), signal);
    if (some.errno !== undefined) return some;
    written += some.value;
  }
  return { value: written };
}

/** Wait until a call can be made, and make it; again, should another caller have been faster. */
async function whenReady<T>(
  socket: KernelSocket,
  events: number,
  call: () => Outcome<T>,
  signal: AbortSignal | undefined,
): Promise<Outcome<T>> {
  for (;;) {
    // Wait even where the call would succeed at once: a fast peer must not keep everything else from its turn.
    const ready = await socket.ready(events, signal);
    if (ready.errno !== undefined) return ready;
    const result = call();
    if (result.errno !== 'EAGAIN') return result;
  }
}
