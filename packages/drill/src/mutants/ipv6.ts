/** Of IPv6: what it has that IPv4 has otherwise. */
import { referenceParts } from '@tcblab/tcp';
import { altered, broken, mutant, reading, type Mutant } from './mutant.ts';

const { connection, path } = referenceParts;

export const ipv6Mutants: readonly Mutant[] = [
  mutant(
    'leaves room for the header of IPv4 over IPv6',
    ['MUST-67'],
    broken({
      openPassive(now, tcb) {
        if (tcb.tuple.remoteAddress.version === 6) tcb.rcv.mss += 20;
        connection.openPassive(now, tcb);
      },
      openActive(now, tcb) {
        if (tcb.tuple.remoteAddress.version === 6) tcb.rcv.mss += 20;
        connection.openActive(now, tcb);
      },
    }),
  ),
  mutant(
    'takes an IPv6 peer that names no segment size for one of IPv4',
    ['MUST-15'],
    reading((segment) => {
      if (segment.syn && segment.mss === 0) segment.mss = 536;
    }),
  ),
  mutant(
    'goes below the MTU that every IPv6 link has',
    ['RFC8201-4-floor'],
    altered('path', {
      tooBig: (now, tcb, report) => path.tooBig(now, tcb, { ...report, mtu: Math.max(1280, report.mtu) }),
    }),
  ),
  mutant(
    'takes no message for an IPv6 path that asks for the least',
    ['RFC8201-4-reduce'],
    altered('path', {
      tooBig: (now, tcb, report) => report.mtu !== 1280 && path.tooBig(now, tcb, report),
    }),
  ),
];
