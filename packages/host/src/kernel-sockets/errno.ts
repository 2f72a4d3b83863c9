/** The names of the kernel's error numbers, and what a system call gave. */
import { constants } from 'node:os';
import { MachineError } from '@tcblab/raw-socket';

/** What a system call gave: its value, or the name of the errno that it failed with. */
export type Outcome<T> =
  | { readonly value: T; readonly errno?: undefined }
  | { readonly errno: string; readonly value?: undefined };

const numbers = new Map<string, number>([
  ...Object.entries(constants.errno),
  // Sockets give these too; Node has no names for them.
  ['EPFNOSUPPORT', 96],
  ['ESHUTDOWN', 108],
  ['EHOSTDOWN', 112],
]);
// Where one number has two names, the one that manual pages and scripts use of sockets.
const aliases = new Set(['EWOULDBLOCK', 'ENOTSUP']);
const names = new Map(
  [...numbers].filter(([name]) => !aliases.has(name)).map(([name, number]) => [number, name]),
);

/** The name of an error number as the manual pages write it, such as `ECONNREFUSED`. */
export function errnoName(number: number): string {
  return names.get(number) ?? `errno ${number}`;
}

/** The number of such a name. Of a name that this machine does not know it is EIO's. */
export function errnoNumber(name: string): number {
  return numbers.get(name) ?? 5;
}

/** Read the addon's convention: a value, or a negative error number. */
export function outcome(result: number): Outcome<number> {
  return result < 0 ? { errno: errnoName(-result) } : { value: result };
}

/** The value of a call that only a fault of the machine, or of ours, can fail.
 *
 * @param tried completes "cannot …"
 * @throws MachineError when the call was refused
 */
export function demand<T>(result: Outcome<T>, tried: string, remedy = ''): T {
  if (result.errno !== undefined) throw new MachineError(errnoNumber(result.errno), tried, remedy);
  return result.value;
}
