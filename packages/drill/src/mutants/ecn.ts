/** Of a congestion notification that nobody agreed on. */
import { CWR, ECE, SYN } from '@tcblab/tcp/wire';
import { mutant, writing, type Mutant } from './mutant.ts';

export const ecnMutants: readonly Mutant[] = [
  mutant(
    'accepts an offer of ECN that it will not keep',
    ['RFC3168-6.1.1-decline'],
    writing((segment) => {
      if (segment.syn && segment.hasAck) segment.flags |= ECE;
    }),
  ),
  mutant(
    'offers an ECN that it does not have',
    ['RFC3168-6.1.1-syn'],
    writing((segment) => {
      if ((segment.flags & SYN) !== 0 && !segment.hasAck) segment.flags |= ECE | CWR;
    }),
  ),
];
