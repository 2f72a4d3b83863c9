/** Of acknowledgements to come, and of what is handed out. */
import { referenceParts } from '@tcblab/tcp';
import { altered, broken, mutant, type Mutant } from './mutant.ts';

const { connection, reassembler } = referenceParts;

export const receivingMutants: readonly Mutant[] = [
  mutant(
    'acknowledges each segment twice',
    ['RFC5681-4.2-one'],
    broken({
      takeText(now, tcb, segment) {
        const more = connection.takeText(now, tcb, segment);
        if (tcb.ackNow) tcb.duplicatesOwed++;
        return more;
      },
    }),
  ),
  mutant(
    'holds an ACK back for longer than half a second',
    ['MUST-40', 'RFC5681-4.2-500'],
    {},
    { delayedAck: 700_000 },
  ),
  mutant(
    'keeps silent about a hole',
    ['RFC5681-3.2-dup', 'MAY-13'],
    broken({
      takeText(now, tcb, segment) {
        const more = connection.takeText(now, tcb, segment);
        tcb.duplicatesOwed = 0;
        return more;
      },
    }),
  ),
  mutant(
    'hands out one octet at a time',
    ['9293-3.10.3-recv'],
    altered('reassembler', {
      create() {
        const inner = reassembler.create();
        return {
          get available() {
            return inner.available;
          },
          get ranges() {
            return inner.ranges;
          },
          insert: (offset, source, from, to) => inner.insert(offset, source, from, to),
          read: (into, from, to) => inner.read(into, from, Math.min(to, from + 1)),
          clear: () => inner.clear(),
        };
      },
    }),
  ),
];
