/** Of losses seen by time, and of tail loss probes. */
import { referenceParts, type Tcb } from '@tcblab/tcp';
import { altered, mutant, type Mutant } from './mutant.ts';

const { retransmission } = referenceParts;

/** Does `first` before whatever ACKs make RACK look. */
const beforeLooking = (first: (tcb: Tcb) => void) =>
  altered('retransmission', {
    selective(now, tcb, segment) {
      first(tcb);
      const news = retransmission.selective?.(now, tcb, segment) ?? false;
      first(tcb);
      return news;
    },
    acknowledged(now, tcb, ack, acked) {
      first(tcb);
      retransmission.acknowledged(now, tcb, ack, acked);
    },
  });

export const rackMutants: readonly Mutant[] = [
  mutant(
    'waits for no late segment',
    ['RFC8985-6.2-s4'],
    beforeLooking(({ recovery: { rack } }) => {
      if (rack !== null) rack.minRtt = 0;
    }),
  ),
  mutant(
    'always waits for late segments',
    ['RFC8985-6.2-s4', 'RFC8985-3.3.2'],
    beforeLooking(({ recovery: { rack } }) => {
      if (rack !== null) rack.reorderingSeen = true;
    }),
  ),
  mutant(
    'sees no reordering',
    ['RFC8985-6.2-s3'],
    beforeLooking(({ recovery: { rack } }) => {
      if (rack !== null) rack.reorderingSeen = false;
    }),
  ),
  mutant(
    'waits no longer for all that came twice',
    ['RFC8985-6.2-s4'],
    beforeLooking(({ recovery: { rack } }) => {
      if (rack !== null) rack.multiplier = 1;
    }),
  ),
  mutant(
    'forgets whom it waits for',
    ['RFC8985-6.2-s5'],
    altered('retransmission', {
      suspicion(now, tcb, timer) {
        if (timer !== 'reordering') retransmission.suspicion?.(now, tcb, timer);
      },
    }),
  ),
  mutant(
    'counts ACKs beside the time',
    ['RFC8985-9.2'],
    altered('retransmission', {
      duplicate(now, tcb) {
        const { recovery } = tcb;
        retransmission.duplicate(now, tcb);
        if (recovery.rack === null || !tcb.options.sack || recovery.duplicateAcks !== 3) return;
        recovery.urgent = recovery.queue.at(0);
      },
    }),
  ),
  mutant(
    'suspects no retransmission',
    ['RFC8985-6.2-s5', 'RFC5681-4.3'],
    altered('retransmission', {
      sentAgain(now, tcb, record) {
        retransmission.sentAgain(now, tcb, record);
        if (tcb.recovery.inRecovery) record.sentAt = Infinity;
      },
    }),
  ),
  mutant(
    'makes no probes',
    ['RFC8985-7.2', 'RFC8985-7.3'],
    altered('retransmission', {
      suspicion(now, tcb, timer) {
        if (timer === 'reordering') retransmission.suspicion?.(now, tcb, timer);
      },
    }),
  ),
  mutant(
    'probes with nothing new',
    ['RFC8985-7.3-new'],
    altered('retransmission', {
      suspicion(now, tcb, timer) {
        retransmission.suspicion?.(now, tcb, timer);
        const { rack, queue } = tcb.recovery;
        if (rack === null || !rack.probing) return;
        rack.probing = false;
        tcb.recovery.urgent = queue.at(queue.length - 1);
      },
    }),
  ),
  mutant(
    'probes with the oldest segment',
    ['RFC8985-7.3-retransmit'],
    altered('retransmission', {
      suspicion(now, tcb, timer) {
        retransmission.suspicion?.(now, tcb, timer);
        const { urgent, queue } = tcb.recovery;
        if (timer === 'tail-loss-probe' && urgent !== null) tcb.recovery.urgent = queue.at(0);
      },
    }),
  ),
  mutant(
    'probes twice',
    ['RFC8985-7.3', 'RFC8985-7.3-once'],
    altered('retransmission', {
      suspicion(now, tcb, timer) {
        retransmission.suspicion?.(now, tcb, timer);
        const { rack } = tcb.recovery;
        if (timer !== 'tail-loss-probe' || rack === null) return;
        rack.probeEnd = null;
        rack.sampled = true;
        tcb.timers.set('tail-loss-probe', now + tcb.rto / 2);
      },
    }),
  ),
  mutant(
    'probes while it repairs',
    ['RFC8985-7.2'],
    altered('retransmission', {
      sentAgain(now, tcb, record) {
        retransmission.sentAgain(now, tcb, record);
        if (tcb.recovery.inRecovery) tcb.timers.set('tail-loss-probe', now + 200_000);
      },
    }),
  ),
  mutant(
    'waits no longer for a single segment',
    ['RFC8985-7.2'],
    altered('retransmission', {
      sent(now, tcb) {
        retransmission.sent(now, tcb);
        if (tcb.timers.isSet('tail-loss-probe') && tcb.rtt !== null) {
          tcb.timers.set('tail-loss-probe', now + 2 * tcb.rtt.srtt);
        }
      },
    }),
  ),
  mutant(
    'takes a probe that was needed for one that was not',
    ['RFC8985-7.4.2'],
    altered('retransmission', {
      selective(now, tcb, segment) {
        if (tcb.recovery.rack !== null) tcb.recovery.rack.probeEnd = null;
        return retransmission.selective?.(now, tcb, segment) ?? false;
      },
    }),
  ),
  mutant(
    'takes a probe that was not needed for one that was',
    ['RFC8985-7.4.2'],
    altered('retransmission', {
      selective(now, tcb, segment) {
        const { rack } = tcb.recovery;
        const probed = rack !== null && rack.probeEnd !== null && rack.probedAgain;
        const news = retransmission.selective?.(now, tcb, segment) ?? false;
        if (probed && rack.probeEnd === null) {
          tcb.parts.congestion.enterRecovery(tcb.congestion, 0, tcb.snd.mss);
        }
        return news;
      },
    }),
  ),
  mutant(
    'gives up the young with the old',
    ['RFC8985-6.3'],
    altered('retransmission', {
      timeout(now, tcb) {
        const good = retransmission.timeout(now, tcb);
        tcb.recovery.queue.markAllLost();
        return good;
      },
    }),
  ),
  mutant(
    'sees losses by time without SACK',
    ['RFC8985-4'],
    altered('retransmission', {
      duplicate(now, tcb) {
        if (tcb.recovery.rack === null || tcb.options.sack) retransmission.duplicate(now, tcb);
      },
    }),
  ),
];
