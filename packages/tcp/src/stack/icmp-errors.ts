/** What an ICMP error means to TCP, and which connection it is about. @rfc 9293 3.9.2.2; 1122 3.2.2, 4.2.3.9; 5927 */
import type { IcmpReport } from '../tcb/icmp-arrives.ts';
import type { ConnectionErrorCode } from '../tcb/tcb.ts';
import {
  ICMP_FRAGMENTATION_NEEDED,
  ICMP_PARAMETER_PROBLEM,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  type IcmpMessage,
} from '../wire/icmp.ts';
import {
  ICMPV6_PACKET_TOO_BIG,
  ICMPV6_PARAMETER_PROBLEM,
  ICMPV6_PORT_UNREACHABLE,
  ICMPV6_UNREACHABLE,
} from '../wire/icmpv6.ts';
import { seq } from '../wire/seq.ts';
import { viewOf } from '../wire/byte-view.ts';

/** By code of "unreachable"; what is not here is as good as EHOSTUNREACH. The names are those that Linux gives. */
const UNREACHABLE: Readonly<Record<number, ConnectionErrorCode>> = {
  0: 'ENETUNREACH',
  2: 'ENOPROTOOPT',
  3: 'ECONNREFUSED',
  4: 'EMSGSIZE',
  5: 'EOPNOTSUPP',
  6: 'ENETUNREACH',
  7: 'EHOSTDOWN',
  8: 'ENONET',
  9: 'ENETUNREACH',
  11: 'ENETUNREACH',
};

/** Codes 2 and 3 of "unreachable": nobody there speaks TCP, or has that port. */
const HARD: ReadonlySet<number> = new Set([2, 3]);

/** The report that an error about a TCP segment makes. @rfc 9293 3.9.2.2 */
export function reportOf(message: IcmpMessage): IcmpReport {
  const { type, code } = message;
  const about = aboutOf(message);
  switch (type) {
    case ICMP_UNREACHABLE: {
      const kind = code === ICMP_FRAGMENTATION_NEEDED ? 'too-big' : HARD.has(code) ? 'hard' : 'soft';
      return { ...about, kind, code: UNREACHABLE[code] ?? 'EHOSTUNREACH' };
    }
    case ICMP_TIME_EXCEEDED:
      return { ...about, kind: 'soft', code: 'EHOSTUNREACH' };
    case ICMP_PARAMETER_PROBLEM:
      return { ...about, kind: 'soft', code: 'EPROTO' };
    default:
      return { ...about, kind: 'quench', code: 'EHOSTUNREACH' };
  }
}

/** The same of an error of ICMPv6. @rfc 9293 3.9.2.2; 4443 3 */
export function reportOfIcmpv6(message: IcmpMessage): IcmpReport {
  const { type, code } = message;
  const about = aboutOf(message);
  switch (type) {
    case ICMPV6_UNREACHABLE: {
      const kind = code === ICMPV6_PORT_UNREACHABLE || FORBIDDEN.has(code) ? 'hard' : 'soft';
      return {
        ...about,
        kind,
        code: FORBIDDEN.has(code) ? 'EACCES' : (UNREACHABLE_V6[code] ?? 'EHOSTUNREACH'),
      };
    }
    case ICMPV6_PACKET_TOO_BIG:
      return { ...about, kind: 'too-big', code: 'EMSGSIZE' };
    case ICMPV6_PARAMETER_PROBLEM:
      return { ...about, kind: 'soft', code: 'EPROTO' };
    default:
      return { ...about, kind: 'soft', code: 'EHOSTUNREACH' };
  }
}

/** Codes of ICMPv6's "unreachable": no route, and no such port. */
const UNREACHABLE_V6: Readonly<Record<number, ConnectionErrorCode>> = { 0: 'ENETUNREACH', 4: 'ECONNREFUSED' };

/** Codes that say that somebody forbids it; hard as in Linux. */
const FORBIDDEN: ReadonlySet<number> = new Set([1, 5, 6]);

function aboutOf({ bytes, quote, mtu }: IcmpMessage): Pick<IcmpReport, 'seq' | 'mtu' | 'quotedLength'> {
  return {
    seq: seq(viewOf(bytes).getUint32(quote.payloadStart + SEQ)),
    mtu,
    quotedLength: quote.totalLength,
  };
}

/** The ports of the segment that an error quotes: ours first. */
export function quotedPorts({ bytes, quote }: IcmpMessage): { local: number; remote: number } {
  const view = viewOf(bytes);
  return { local: view.getUint16(quote.payloadStart), remote: view.getUint16(quote.payloadStart + 2) };
}

/** Of the sequence number within a segment. */
const SEQ = 4;
