/** What a connection asks of IP for its packets. @rfc 9293 3.9.1.9, 3.9.2 */
import { MisuseError } from '../misuse-error.ts';

export interface IpService {
  /** The Diffserv field, 0 to 63. */
  readonly diffserv: number;
  /** The time to live, or the hop limit of IPv6: routers that a packet may pass, and one more; 1 to 255. */
  readonly hopLimit: number;
}

/** As a type-of-service octet has it: the two bits of ECN stay 0, for no connection has agreed on it. @rfc 2474 3 */
export function typeOfService({ diffserv }: IpService): number {
  return diffserv << 2;
}

/** @throws MisuseError `bad-diffserv` or `bad-hop-limit` where a number is out of its range */
export function checkService({ diffserv, hopLimit }: IpService): void {
  if (!Number.isInteger(diffserv) || diffserv < 0 || diffserv > 63) {
    throw new MisuseError('bad-diffserv', `${diffserv} is no Diffserv value: they are 0 to 63`);
  }
  if (!Number.isInteger(hopLimit) || hopLimit < 1 || hopLimit > 255) {
    throw new MisuseError('bad-hop-limit', `${hopLimit} is no hop limit: they are 1 to 255`);
  }
}
