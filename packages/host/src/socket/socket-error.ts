/** Errors of a connection in the shape that Node's own sockets give them. */
import { constants } from 'node:os';

/** `connect ECONNREFUSED 10.77.0.2:80`, with `code`, `errno`, `syscall` and, where they help, `address` and `port`. */
export function socketError(
  syscall: 'connect' | 'read' | 'write' | 'listen',
  code: string,
  peer?: { readonly address: string; readonly port: number },
): NodeJS.ErrnoException {
  const where = peer === undefined ? '' : ` ${peer.address}:${peer.port}`;
  const number = (constants.errno as Record<string, number | undefined>)[code];
  return Object.assign(new Error(`${syscall} ${code}${where}`), {
    code,
    syscall,
    ...(number === undefined ? {} : { errno: -number }),
    ...peer,
  });
}
