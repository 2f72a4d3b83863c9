/** Socket options by their C names, and their values as scripts have them. */
import type { Value } from '@tcblab/drill/sut';
import { IP, SO, SOL, TCP, type KernelSocket, type Outcome } from '../kernel-sockets/index.ts';

type Names = Readonly<Record<string, number>>;

const FAMILIES: readonly (readonly [prefix: string, level: number, names: Names])[] = [
  ['SO_', SOL.SOCKET, SO],
  ['TCP_', SOL.TCP, TCP],
  ['IP_', SOL.IP, IP],
];

interface OptionName {
  readonly level: number;
  readonly name: number;
}

/** @returns null for an option that is not known here */
function find(option: string): OptionName | null {
  for (const [prefix, level, names] of FAMILIES) {
    const short = option.startsWith(prefix) ? option.slice(prefix.length) : '';
    if (Object.hasOwn(names, short)) return { level, name: names[short] };
  }
  return null;
}

const UNKNOWN = { errno: 'ENOPROTOOPT' } as const;

/** @param value a number, a text, or a list: of SO_LINGER whether and how many seconds */
export function setOption(socket: KernelSocket, option: string, value: Value): Outcome<Value> {
  const found = find(option);
  if (found === null) return UNKNOWN;
  if (typeof value === 'string') return socket.setTextOption(found.level, found.name, value);
  if (typeof value === 'number') return socket.setIntOption(found.level, found.name, value);
  if (option === 'SO_RCVTIMEO' || option === 'SO_SNDTIMEO') return UNKNOWN;
  if (!Array.isArray(value)) return { errno: 'EFAULT' };
  const numbers = (value as readonly Value[]).map(Number);
  return socket.setOption(found.level, found.name, new Uint8Array(Int32Array.from(numbers).buffer));
}

/** @returns as `setOption` takes it; SO_ERROR the error's name or 0, TCP_INFO [name, number] pairs */
export function readOption(socket: KernelSocket, option: string): Outcome<Value> {
  const found = find(option);
  if (found === null) return UNKNOWN;
  switch (option) {
    case 'SO_ERROR':
      return mapped(socket.takeError(), (error) => error ?? 0);
    case 'SO_LINGER':
      return mapped(socket.linger(), ({ on, seconds }) => [on ? 1 : 0, seconds]);
    case 'TCP_CONGESTION':
      return socket.textOption(found.level, found.name);
    case 'TCP_INFO':
      return mapped(socket.tcpInfo(), ({ fields }) => Object.entries(fields));
    default:
      return socket.intOption(found.level, found.name);
  }
}

export function mapped<A, B>(result: Outcome<A>, read: (value: A) => B): Outcome<B> {
  return result.errno === undefined ? { value: read(result.value) } : { errno: result.errno };
}
