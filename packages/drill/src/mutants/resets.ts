/** Of resets, the second check. */
import { referenceParts } from '@tcblab/tcp';
import { broken, mutant, type Mutant } from './mutant.ts';

const { connection } = referenceParts;

export const resetsMutants: readonly Mutant[] = [
  mutant(
    'takes any reset in the window',
    ['9293-3.10.7.4-2rst-in', 'RFC5961-3.2', 'RFC5961-3.2-3'],
    broken({
      checkReset(now, tcb, segment) {
        if (segment.rst) segment.seq = tcb.rcv.nxt;
        return connection.checkReset(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'ignores resets',
    ['9293-3.10.7.4-2rst-exact', '9293-3.10.7.4-2rst-data', 'RFC5961-3.2-2', 'RFC5961-4.2-rst'],
    broken({ checkReset: (_now, _tcb, segment) => !segment.rst }),
  ),
  mutant(
    'ignores resets while it closes',
    ['9293-3.10.7.4-2rst-late', '9293-3.10.7.4-2rst-exact'],
    broken({
      checkReset(now, tcb, segment) {
        const late = tcb.state === 'CLOSING' || tcb.state === 'LAST-ACK' || tcb.state === 'TIME-WAIT';
        return late && segment.rst ? false : connection.checkReset(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'ignores resets that carry octets',
    ['SHLD-2'],
    broken({
      checkReset: (now, tcb, segment) =>
        segment.rst && segment.payloadLength > 0 ? false : connection.checkReset(now, tcb, segment),
    }),
  ),
  mutant(
    'tells nobody of a reset',
    ['MUST-12', '9293-3.10.7.4-2rst-data'],
    broken({
      checkReset(now, tcb, segment) {
        const good = connection.checkReset(now, tcb, segment);
        if (!good && tcb.state === 'CLOSED') tcb.error = null;
        return good;
      },
    }),
  ),
  mutant(
    'forgets how SYN-RECEIVED was reached',
    ['MUST-11', '9293-3.10.7.4-2rst-synrcvd-a'],
    broken({
      checkReset(now, tcb, segment) {
        if (segment.rst) tcb.passive = !tcb.passive;
        return connection.checkReset(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'keeps a half-open connection that was reset',
    ['9293-3.10.7.4-2rst-synrcvd-p', '9293-3.10.7.4-2rst-synrcvd-a'],
    broken({
      checkReset(now, tcb, segment) {
        if (tcb.state === 'SYN-RECEIVED' && segment.rst) return false;
        return connection.checkReset(now, tcb, segment);
      },
    }),
  ),
];
