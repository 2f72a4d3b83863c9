/** Which addresses, and which version of IP, a script is played with. */
import { parseAddress } from '@tcblab/tcp/wire';
import type { Octets } from '@tcblab/tcp';
import type { ScriptOption } from './syntax.ts';

export interface ScriptAddresses {
  readonly version: 4 | 6;
  /** Of the stack. */
  readonly local: string;
  /** Of the peer that the script plays. */
  readonly remote: string;
  /** Of the stack's interface. */
  readonly mtu: Octets;
}

/** packetdrill's own. */
const DEFAULTS = {
  4: { local: '192.168.0.1', remote: '192.0.2.1' },
  6: { local: 'fd3d:a0b:17d6::1', remote: 'fd3d:fa7b:d17d::1' },
} as const;

/** What IPv6 takes more of a packet. */
const LONGER_HEADER: Octets = 20;

/**
 * @param forced to play a script over another version than its own. Its packets may then be longer by the difference of
 *   the headers, so that its segments stay what they are
 */
export function scriptAddresses(
  options: readonly ScriptOption[],
  forced: 4 | 6 | undefined,
): ScriptAddresses {
  const option = (name: string) => options.findLast((one) => one.name === name)?.value;
  // IPv4 under sockets of IPv6 is IPv4 on the wire.
  const own = option('ip_version') === 'ipv6' ? 6 : 4;
  const version = forced ?? own;
  const address = (name: string, otherwise: string) => {
    const text = option(name);
    return typeof text === 'string' && parseAddress(text).version === version ? text : otherwise;
  };
  return {
    version,
    local: address('local_ip', DEFAULTS[version].local),
    remote: address('remote_ip', DEFAULTS[version].remote),
    mtu: Number(option('mtu') ?? 1500) + (version - own) * (LONGER_HEADER / 2),
  };
}
