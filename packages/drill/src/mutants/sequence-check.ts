/** Of the first check: what lies in the window. */
import { referenceParts } from '@tcblab/tcp';
import { broken, mutant, type Mutant } from './mutant.ts';

const { connection } = referenceParts;

export const sequenceCheckMutants: readonly Mutant[] = [
  mutant(
    'takes every segment for acceptable',
    ['9293-3.10.7.4-1seq-00', '9293-3.10.7.4-1seq-0w', '9293-3.10.7.4-1seq-lw', '9293-3.10.7.4-1seq-bad'],
    broken({ checkSequence: () => true }),
  ),
  mutant(
    'drops what is not acceptable in silence',
    ['9293-3.10.7.4-1seq-bad'],
    broken({
      checkSequence(now, tcb, segment) {
        const ackNow = tcb.ackNow;
        const good = connection.checkSequence(now, tcb, segment);
        if (!good) tcb.ackNow = ackNow;
        return good;
      },
    }),
  ),
  mutant(
    'answers a reset outside the window',
    ['9293-3.10.7.4-1seq-bad', '9293-3.10.7.4-2rst-out', 'RFC5961-3.2-1'],
    broken({
      checkSequence(now, tcb, segment) {
        const good = connection.checkSequence(now, tcb, segment);
        if (!good) tcb.ackNow = true;
        return good;
      },
    }),
  ),
  mutant(
    'is deaf while its window is shut',
    ['9293-3.10.7.4-1seq-l0', '9293-3.10.7.4-1seq-00', 'MUST-66', 'MAY-8'],
    broken({
      checkSequence: (now, tcb, segment) => tcb.rcv.wnd > 0 && connection.checkSequence(now, tcb, segment),
    }),
  ),
  mutant(
    'does not start TIME-WAIT anew',
    ['9293-3.10.7.4-8fin-tw', '9293-3.10.7.4-5ack-tw'],
    broken({
      checkSequence(now, tcb, segment) {
        const deadline = tcb.timers.deadline('time-wait');
        const good = connection.checkSequence(now, tcb, segment);
        if (deadline !== Infinity) tcb.timers.set('time-wait', deadline);
        return good;
      },
    }),
  ),
  mutant(
    'accepts a number just beyond the window',
    ['9293-3.10.7.4-1seq-0w', '9293-3.10.7.4-1seq-lw'],
    broken({
      checkSequence(now, tcb, segment) {
        tcb.rcv.wnd++;
        const good = connection.checkSequence(now, tcb, segment);
        tcb.rcv.wnd--;
        return good;
      },
    }),
  ),
  mutant(
    'refuses the last number of its window',
    ['9293-3.10.7.4-1seq-0w', '9293-3.10.7.4-1seq-lw'],
    broken({
      checkSequence(now, tcb, segment) {
        if (tcb.rcv.wnd > 0) tcb.rcv.wnd--;
        const good = connection.checkSequence(now, tcb, segment);
        if (tcb.rcv.wnd > 0) tcb.rcv.wnd++;
        return good;
      },
    }),
  ),
];
