/** Ephemeral ports that a stranger cannot guess. @rfc 6056 */
import { MisuseError } from '../misuse-error.ts';

/** IANA's dynamic ports. @rfc 6335 6 */
const FIRST = 49_152;
const COUNT = 16_384;

/**
 * Pick a port: a random start, then the next one that is free.
 *
 * @param random uniform unsigned 32-bit
 * @throws MisuseError `no-port-left` when every port is taken
 * @rfc 6056 3.1, 3.2-services, 3.3.1
 */
export function ephemeralPort(random: () => number, isFree: (port: number) => boolean): number {
  const start = random() % COUNT;
  for (let i = 0; i < COUNT; i++) {
    const port = FIRST + ((start + i) % COUNT);
    if (isFree(port)) return port;
  }
  throw new MisuseError('no-port-left', `all ${COUNT} ephemeral ports to that address are in use`);
}

/** @throws MisuseError `bad-port` unless 1 to 65535 */
export function checkPort(port: number): void {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new MisuseError('bad-port', `${port} is not a port: ports are 1 to 65535`);
  }
}
