/** Of selective acknowledgements, given and taken. */
import { referenceParts } from '@tcblab/tcp';
import { SYN, seqLess } from '@tcblab/tcp/wire';
import { altered, broken, mutant, writing, type Mutant } from './mutant.ts';

const { connection, retransmission } = referenceParts;

export const sackMutants: readonly Mutant[] = [
  mutant(
    'selects nothing',
    ['RFC2018-4-all', 'RFC2018-4-acks'],
    writing((segment) => {
      segment.sack = [];
    }),
  ),
  mutant(
    'selects without leave',
    ['RFC2018-4-no'],
    broken({
      takeText(now, tcb, segment) {
        tcb.options.sack = true;
        return connection.takeText(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'permits SACK on every segment',
    ['RFC2018-2'],
    writing((segment) => {
      segment.sackPermitted = true;
    }),
  ),
  mutant(
    'never permits SACK',
    ['RFC2018-2'],
    writing((segment) => {
      if ((segment.flags & SYN) !== 0) segment.sackPermitted = false;
    }),
  ),
  mutant(
    'tells of the oldest block first',
    ['RFC2018-4-first'],
    writing((segment) => {
      segment.sack = segment.sack.toReversed();
    }),
  ),
  mutant(
    'tells of one block alone',
    ['RFC2018-4-fill', 'RFC2018-3-len'],
    writing((segment) => {
      segment.sack = segment.sack.slice(0, 1);
    }),
  ),
  mutant(
    'tells nothing of what came twice',
    ['RFC2883-4-first'],
    writing((segment) => {
      const [first, second] = segment.sack;
      const within =
        second !== undefined && !seqLess(first.left, second.left) && !seqLess(second.right, first.right);
      if (first !== undefined && (within || seqLess(first.left, segment.ack)))
        segment.sack = segment.sack.slice(1);
    }),
  ),
  mutant(
    'is deaf to selective acknowledgements',
    ['RFC2018-5-record', 'RFC6675-4-pipe'],
    altered('retransmission', { selective: () => false }),
  ),
  mutant(
    'takes any block for news',
    ['RFC6675-2-dup', 'RFC5681-3.2-s1-sack'],
    altered('retransmission', {
      selective(now, tcb, segment) {
        retransmission.selective?.(now, tcb, segment);
        return segment.sack.length > 0;
      },
    }),
  ),
  mutant(
    'takes nothing for news that brings another window',
    ['RFC6675-2-dup'],
    altered('retransmission', {
      selective(now, tcb, segment) {
        const news = retransmission.selective?.(now, tcb, segment) ?? false;
        return news && segment.wnd * 2 ** tcb.snd.scale === tcb.snd.wnd;
      },
    }),
  ),
  mutant(
    'is deaf after a timeout to what is selected',
    ['RFC2018-5-skip', 'RFC6675-5.1'],
    altered('retransmission', {
      selective(now, tcb, segment) {
        const { inRecovery, recover } = tcb.recovery;
        if (!inRecovery && recover !== null) return false;
        return retransmission.selective?.(now, tcb, segment) ?? false;
      },
    }),
  ),
  mutant(
    'trusts a peer that takes back what it selected',
    ['RFC2018-8-renege', 'RFC2018-8-keep'],
    altered('retransmission', {
      acknowledged(now, tcb, ack, acked) {
        const { queue } = tcb.recovery;
        const all = Array.from({ length: queue.length }, (_, i) => queue.at(i));
        const selected = new Set(all.filter(({ sacked }) => sacked));
        retransmission.acknowledged(now, tcb, ack, acked);
        for (let i = 0; i < queue.length; i++) if (selected.has(queue.at(i))) queue.markSacked(i);
      },
    }),
  ),
  mutant(
    'believes blocks of what it never sent',
    ['RFC2018-5-record'],
    altered('retransmission', {
      selective(now, tcb, segment) {
        const { nxt } = tcb.snd;
        segment.sack = segment.sack.map(({ left, right }) => ({
          left,
          right: seqLess(nxt, right) ? nxt : right,
        }));
        return retransmission.selective?.(now, tcb, segment) ?? false;
      },
    }),
  ),
  mutant(
    'waits for three ACKs whatever they tell',
    ['RFC6675-5-DupAcks', 'RFC6675-4-islost'],
    altered('retransmission', {
      duplicate(now, tcb) {
        const { recovery } = tcb;
        if (recovery.inRecovery || recovery.duplicateAcks >= 2) retransmission.duplicate(now, tcb);
        else recovery.duplicateAcks++;
      },
    }),
  ),
  mutant(
    'takes two segments beyond a hole for three',
    ['RFC6675-4-islost'],
    altered('retransmission', {
      duplicate(now, tcb) {
        const { queue } = tcb.recovery;
        if (queue.lostBySack(tcb.snd.mss / 2) > 0) tcb.recovery.duplicateAcks = 3;
        retransmission.duplicate(now, tcb);
      },
    }),
  ),
  mutant(
    'fills one hole in a recovery',
    ['RFC6675-4-nextseg'],
    altered('retransmission', { next: (tcb) => tcb.recovery.urgent }),
  ),
  mutant(
    'sends again what was selected',
    ['RFC2018-5-skip'],
    altered('retransmission', {
      duplicate(now, tcb) {
        retransmission.duplicate(now, tcb);
        if (!tcb.recovery.inRecovery) return;
        tcb.recovery.queue.forgetSacked();
        tcb.recovery.queue.markAllLost();
      },
    }),
  ),
  mutant(
    'inflates its window beside the scoreboard',
    ['RFC6675-4-pipe'],
    altered('retransmission', {
      duplicate(now, tcb) {
        if (tcb.recovery.inRecovery) tcb.congestion.cwnd += tcb.snd.mss;
        retransmission.duplicate(now, tcb);
      },
    }),
  ),
  mutant(
    'tries nothing that may not be lost',
    ['RFC6675-4-nextseg3', 'RFC6675-4-rescue'],
    altered('retransmission', { spare: () => null }),
  ),
  mutant(
    'remembers over a timeout what was selected',
    ['RFC2018-5-rto', 'RFC2018-5.1'],
    altered('retransmission', {
      timeout(now, tcb) {
        const { queue } = tcb.recovery;
        const selected = Array.from({ length: queue.length }, (_, i) => queue.at(i).sacked);
        const good = retransmission.timeout(now, tcb);
        for (const [i, sacked] of selected.entries()) if (sacked) queue.markSacked(i);
        return good;
      },
    }),
  ),
  mutant(
    'stays in a recovery that is over',
    ['RFC6675-5-A'],
    altered('retransmission', {
      acknowledged(now, tcb, ack, acked) {
        const { recovery } = tcb;
        if (recovery.inRecovery) recovery.recover = tcb.parts.sequence.add(tcb.snd.nxt, 1);
        retransmission.acknowledged(now, tcb, ack, acked);
      },
    }),
  ),
];
