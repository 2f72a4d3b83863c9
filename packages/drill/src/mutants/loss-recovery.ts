/** Of retransmission, its timer and fast recovery. */
import { referenceParts } from '@tcblab/tcp';
import { altered, broken, mutant, type Mutant } from './mutant.ts';

const { connection, retransmission, rtt } = referenceParts;

export const lossRecoveryMutants: readonly Mutant[] = [
  mutant(
    'never gives up',
    ['MUST-20', 'SHLD-11', '9293-3.10.8-user'],
    altered('retransmission', {
      timeout(now, tcb) {
        tcb.recovery.overdueSince = null;
        return retransmission.timeout(now, tcb);
      },
    }),
  ),
  mutant(
    'gives up at the third timeout',
    ['MUST-20', 'SHLD-11', 'MUST-23', 'MUST-22', 'MUST-37'],
    altered('retransmission', {
      timeout: (now, tcb) => retransmission.timeout(now, tcb) && tcb.recovery.queue.at(0).transmissions < 3,
    }),
  ),
  mutant(
    'sends nothing again',
    ['9293-3.10.8-rto', 'RFC6298-5.4', 'SHLD-16'],
    altered('retransmission', { next: () => null }),
  ),
  mutant(
    'samples what was sent twice',
    ['RFC6298-3', 'MUST-18', 'RFC7323-4.1-rttm'],
    altered('retransmission', {
      acknowledged(now, tcb, ack, acked) {
        const { queue } = tcb.recovery;
        for (let i = 0; i < queue.length; i++) queue.at(i).transmissions = 1;
        retransmission.acknowledged(now, tcb, ack, acked);
      },
    }),
  ),
  mutant(
    'lets the timer run over an ACK',
    ['RFC6298-5.3'],
    altered('retransmission', {
      acknowledged(now, tcb, ack, acked) {
        const deadline = tcb.timers.deadline('retransmission');
        retransmission.acknowledged(now, tcb, ack, acked);
        tcb.timers.set('retransmission', deadline);
      },
    }),
  ),
  mutant(
    'starts the timer anew with each segment',
    ['RFC6298-5.1'],
    altered('retransmission', {
      sent(now, tcb) {
        retransmission.sent(now, tcb);
        tcb.timers.set('retransmission', now + tcb.rto);
      },
    }),
  ),
  mutant(
    'is deaf to duplicate ACKs',
    ['RFC5681-3.2-frtx'],
    altered('retransmission', { duplicate: () => undefined }),
  ),
  mutant(
    'takes two duplicate ACKs for three',
    ['RFC5681-3.2-frtx', 'RFC6675-5-DupAcks'],
    altered('retransmission', {
      duplicate(now, tcb) {
        if (tcb.recovery.duplicateAcks === 1) tcb.recovery.duplicateAcks++;
        retransmission.duplicate(now, tcb);
      },
    }),
  ),
  mutant(
    'recovers after a timeout',
    ['RFC6582-3.2-2', 'RFC6582-3.2-4', 'RFC6675-5.1'],
    altered('retransmission', {
      duplicate(now, tcb) {
        if (!tcb.recovery.inRecovery) tcb.recovery.recover = null;
        retransmission.duplicate(now, tcb);
      },
    }),
  ),
  mutant(
    'takes a partial ACK for a full one',
    ['RFC6582-3.2-3partial'],
    altered('retransmission', {
      acknowledged(now, tcb, ack, acked) {
        tcb.recovery.recover = ack;
        retransmission.acknowledged(now, tcb, ack, acked);
      },
    }),
  ),
  mutant(
    'counts any ACK as a duplicate',
    ['RFC5681-2-dupdef'],
    broken({
      checkAck(now, tcb, segment) {
        const { una } = tcb.snd;
        const before = tcb.recovery.duplicateAcks;
        const good = connection.checkAck(now, tcb, segment);
        const counted = tcb.recovery.duplicateAcks > before;
        if (segment.ack === una && una !== tcb.snd.nxt && !counted) retransmission.duplicate(now, tcb);
        return good;
      },
    }),
  ),
  mutant(
    'does not back off',
    ['RFC6298-5.5', 'MUST-19', 'RFC6298-5.6', 'SHLD-30'],
    altered('rtt', { backOff: (rto) => rto }),
  ),
  mutant(
    'backs off threefold',
    ['RFC6298-5.5'],
    altered('rtt', { backOff: (rto, settings) => Math.min(settings.maxRto, 3 * rto) }),
  ),
  mutant('has no ceiling', ['RFC6298-2.5'], altered('rtt', { backOff: (rto) => 2 * rto })),
  mutant(
    'has no floor',
    ['RFC6298-2.4'],
    altered('rtt', {
      timeout: (one, settings) => rtt.timeout(one, { ...settings, minRto: 0 }),
    }),
  ),
  mutant(
    'starts with RTO of 3 s',
    ['RFC6298-2.1'],
    altered('rtt', {
      timeout: (one, settings) => rtt.timeout(one, { ...settings, initialRto: 3_000_000 }),
    }),
  ),
  mutant(
    'takes the variation for nothing',
    ['RFC6298-2.2', 'RFC6298-2.3'],
    altered('rtt', {
      addSample: (one, sample) => ({ ...rtt.addSample(one, sample), rttvar: 0 }),
    }),
  ),
  mutant(
    'believes the last sample alone',
    ['RFC6298-2.3', 'RFC6298-2.3b'],
    altered('rtt', {
      addSample: (_one, sample) => rtt.addSample(null, sample),
    }),
  ),
  mutant('lets its timer run when nothing is out', ['RFC6298-5.2'], {
    ...altered('retransmission', {
      acknowledged(now, tcb, ack, acked) {
        retransmission.acknowledged(now, tcb, ack, acked);
        if (!tcb.timers.isSet('retransmission')) tcb.timers.set('retransmission', now + tcb.rto);
      },
    }),
    ...broken({
      retransmissionTimeout(now, tcb) {
        if (tcb.recovery.queue.length === 0 && tcb.state === 'FIN-WAIT-2') connection.abort(now, tcb);
        else connection.retransmissionTimeout(now, tcb);
      },
    }),
  }),
  mutant(
    'measures nothing after the handshake',
    ['RFC6298-3b'],
    altered('rtt', { addSample: (one, sample) => one ?? rtt.addSample(null, sample) }),
  ),
  mutant(
    'sends again before its timer is due',
    ['RFC6298-5', 'RFC6298-5.6'],
    altered('rtt', { timeout: (one, settings) => Math.floor(rtt.timeout(one, settings) / 2) }),
  ),
  mutant(
    'forgets where its recovery began',
    ['RFC6582-3.2-1', 'RFC6582-3.2-3partial'],
    altered('retransmission', {
      acknowledged(now, tcb, ack, acked) {
        if (tcb.recovery.inRecovery) tcb.recovery.recover = null;
        retransmission.acknowledged(now, tcb, ack, acked);
      },
    }),
  ),
  mutant(
    'keeps half-open connections for ever',
    ['RFC4987-3.3', 'MUST-22'],
    {},
    { synReceivedLimit: 1e12, synAckRetries: 1e9 },
  ),
  mutant('gives a SYN up after ten seconds', ['MUST-22', 'MUST-23'], {}, { synLimit: 10_000_000 }),
];
