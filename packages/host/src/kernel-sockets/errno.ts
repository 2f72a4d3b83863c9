/** The names of the kernel's error numbers, and what a system call gave. */
import { getSystemErrorMap } from 'node:util';
import { MachineError } from '@tcblab/raw-socket';

/** What a system call gave: its value, or the name of the errno that it failed with. */
export type Outcome<T> =
  | { readonly value: T; readonly errno?: undefined }
  | { readonly errno: string; readonly value?: undefined };

const table = getSystemErrorMap();
const numbers = new Map([...table].map(([number, [name]]) => [name, -number]));
numbers.set('EOPNOTSUPP', 95);

/** The name of an error number as the manual pages write it, such as `ECONNREFUSED`. */
export function errnoName(number: number): string {
  // 95 has two names; of sockets, POSIX and every script say EOPNOTSUPP.
  if (number === 95) return 'EOPNOTSUPP';
  return table.get(-number)?.[0] ?? `errno ${number}`;
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
