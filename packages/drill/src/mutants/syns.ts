/** Of SYNs where none belongs, the fourth check. */
import { referenceParts } from '@tcblab/tcp';
import { broken, mutant, type Mutant } from './mutant.ts';

const { connection } = referenceParts;

export const synsMutants: readonly Mutant[] = [
  mutant(
    'resets on a SYN in the window',
    ['9293-3.10.7.4-4syn', 'RFC5961-4.2', 'RFC5961-4.2-1'],
    broken({
      checkSyn(now, tcb, segment) {
        if (!segment.syn) return true;
        connection.abort(now, tcb);
        return false;
      },
    }),
  ),
  mutant(
    'ignores SYNs',
    ['9293-3.10.7.4-4syn', 'RFC5961-4.2-1'],
    broken({ checkSyn: (_now, _tcb, segment) => !segment.syn }),
  ),
  mutant(
    'passes over SYNs',
    ['9293-3.10.7.4-4syn', '9293-3.10.7.4-4syn-synrcvd', 'RFC5961-4.2'],
    broken({ checkSyn: () => true }),
  ),
  mutant(
    'has one limit to challenges whatever is set',
    ['RFC5961-7-tune'],
    {},
    { challengeAcksPerSecond: 10 },
  ),
  mutant(
    'challenges without end',
    ['RFC5961-7', 'RFC5961-7-tune'],
    broken({
      checkSyn(now, tcb, segment) {
        tcb.challengeAcks = 0;
        return connection.checkSyn(now, tcb, segment);
      },
    }),
  ),
];
