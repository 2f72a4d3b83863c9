/** Receiving and sending over our sockets, with the flags that C has for it; urgent data as BSD's sockets show it. */
import type { Connection } from '@tcblab/tcp';
import {
  CallRefused,
  type Arguments,
  type Attempt,
  type Outcome,
  type Socket,
  type SocketTable,
} from './socket-table.ts';

/** What a call may ask for at most, so that a wrong number costs no memory. */
const MOST_OCTETS = 65_536;

export function receive(sockets: SocketTable, args: Arguments): Attempt {
  const socket = sockets.get(args.number(0));
  const room = args.number(1);
  if (room < 0) throw new CallRefused('EINVAL');
  const flags = args.flags(2);
  if (flags.includes('MSG_OOB')) return () => receiveUrgent(socket, flags.includes('MSG_PEEK'));
  const into = new Uint8Array(Math.min(room, MOST_OCTETS));
  const waits = socket.blocking && !flags.includes('MSG_DONTWAIT');
  const least = flags.includes('MSG_WAITALL') ? into.length : 1;
  const peeks = flags.includes('MSG_PEEK');
  let had = 0;
  return (now) => {
    const { connection } = socket;
    if (connection === null) return { errno: 'ENOTCONN' };
    passUrgent(now, socket, connection, peeks);
    const limit = Math.min(into.length, had + upToMark(socket, connection));
    if (peeks) had = connection.peek(into.subarray(0, limit));
    else had += connection.receive(now, into, had, limit);
    const over = connection.ended || connection.error !== null || socket.readShut;
    if (had >= least || (had > 0 && (over || !waits))) return { value: into.slice(0, had) };
    const told = tellError(socket);
    if (told !== null) return told;
    // Once its error has been told, a connection that failed reads as ended.
    if (over || room === 0) return { value: new Uint8Array(0) };
    return waits ? null : { errno: 'EAGAIN' };
  };
}

export function send(sockets: SocketTable, args: Arguments): Attempt {
  const socket = sockets.get(args.number(0));
  const bytes = args.octets(1);
  const flags = args.flags(2);
  const waits = socket.blocking && !flags.includes('MSG_DONTWAIT');
  let taken = 0;
  return (now) => {
    const { connection } = socket;
    if (connection === null) return { errno: 'ENOTCONN' };
    const told = tellError(socket);
    if (told !== null) return taken > 0 ? { value: taken } : told;
    if (connection.error !== null) return { errno: 'EPIPE' };
    const cork = flags.includes('MSG_MORE') || socket.options.get('TCP_CORK') === 1;
    if (connection.tcb.settings.cork !== cork) connection.configure(now, { cork });
    if (taken < bytes.length)
      taken += flags.includes('MSG_OOB')
        ? connection.sendUrgent(now, bytes.subarray(taken))
        : connection.send(now, bytes, taken);
    if (taken === bytes.length) return { value: taken };
    if (waits) return null;
    return taken > 0 ? { value: taken } : { errno: 'EAGAIN' };
  };
}

/** The one octet that BSD calls urgent: the last before the pointer. @rfc 6093 2.2 */
function receiveUrgent(socket: Socket, peeks: boolean): Outcome {
  const { connection } = socket;
  if (connection === null) return { errno: 'ENOTCONN' };
  if (isInline(socket)) return { errno: 'EINVAL' };
  const left = connection.urgent;
  const octet = new Uint8Array(1);
  if (socket.urgentOctet !== null) octet[0] = socket.urgentOctet;
  else if (left === 0 || socket.urgentTaken) return { errno: 'EINVAL' };
  else if (connection.peek(octet, left - 1) === 0) return { errno: 'EAGAIN' };
  if (!peeks) {
    socket.urgentOctet = null;
    socket.urgentTaken = left > 0;
  }
  return { value: octet };
}

/** Whether the next octet to be read is the urgent one. */
export function isAtMark(socket: Socket): boolean {
  return socket.connection !== null && socket.connection.urgent === 1;
}

/** Whether an urgent octet waits that was not received: what poll calls POLLPRI. */
export function hasUrgent(socket: Socket): boolean {
  const { connection, urgentOctet, urgentTaken } = socket;
  if (connection === null || isInline(socket)) return false;
  return urgentOctet !== null || (connection.urgent > 0 && !urgentTaken);
}

/** At the mark, out of line: the urgent octet is passed over, and kept for MSG_OOB. */
function passUrgent(now: number, socket: Socket, connection: Connection, peeks: boolean): void {
  if (peeks || isInline(socket) || connection.urgent !== 1 || connection.readable === 0) return;
  const octet = new Uint8Array(1);
  if (connection.receive(now, octet) === 0) return;
  if (!socket.urgentTaken) [socket.urgentOctet] = octet;
  socket.urgentTaken = false;
}

/** A read stops before the urgent octet, so that its reader can tell where it stands. */
function upToMark(socket: Socket, connection: Connection): number {
  const { urgent } = connection;
  if (urgent === 0) return Infinity;
  return urgent > 1 ? urgent - 1 : isInline(socket) ? Infinity : 0;
}

function isInline({ options }: Socket): boolean {
  return options.get('SO_OOBINLINE') === 1;
}

export function tellError(socket: Socket): Outcome | null {
  const error = socket.connection?.error ?? null;
  if (error === null || socket.errorTold) return null;
  socket.errorTold = true;
  return { errno: error.code };
}
