/** Of the peer’s window, Nagle and limited transmit. */
import { referenceParts } from '@tcblab/tcp';
import { altered, mutant, reading, type Mutant } from './mutant.ts';

const { sendWindow } = referenceParts;

export const sendWindowMutants: readonly Mutant[] = [
  mutant(
    'takes a window from any segment',
    ['9293-3.10.7.4-5wnd'],
    altered('sendWindow', {
      update(tcb, segment) {
        tcb.snd.wl1 = segment.seq;
        tcb.snd.wl2 = segment.ack;
        sendWindow.update(tcb, segment);
      },
    }),
  ),
  mutant(
    'keeps the first window',
    ['9293-3.10.7.4-5wnd'],
    altered('sendWindow', { update: () => undefined }),
  ),
  mutant(
    'ignores the peer’s window',
    ['RFC5681-3.1-use', 'RFC7323-2.4-3', 'SHLD-15', 'RFC5681-3'],
    altered('sendWindow', {
      nextPayload: (_now, tcb, unsent) => Math.min(unsent, tcb.snd.mss),
    }),
  ),
  mutant(
    'takes windows for signed',
    ['MUST-1', 'REC-1'],
    reading((segment) => {
      segment.wnd = Math.max(0, (segment.wnd << 16) >> 16);
    }),
  ),
  mutant(
    'knows no Nagle',
    ['SHLD-7', 'MAY-16'],
    altered('sendWindow', {
      nextPayload(now, tcb, unsent) {
        const size = sendWindow.nextPayload(now, tcb, unsent);
        const free = tcb.snd.wnd - tcb.parts.sequence.distance(tcb.snd.una, tcb.snd.nxt);
        return size === 0 ? Math.max(0, Math.min(unsent, free, tcb.snd.mss)) : size;
      },
    }),
  ),
  mutant(
    'always gathers small writes',
    ['MUST-17'],
    altered('sendWindow', {
      nextPayload(now, tcb, unsent) {
        const size = sendWindow.nextPayload(now, tcb, unsent);
        return size < tcb.snd.mss && tcb.snd.una !== tcb.snd.nxt && !tcb.closing ? 0 : size;
      },
    }),
  ),
  mutant(
    'sends no limited transmit',
    ['RFC5681-3.2-s1'],
    altered('sendWindow', {
      nextPayload(now, tcb, unsent) {
        const { duplicateAcks } = tcb.recovery;
        if (!tcb.recovery.inRecovery) tcb.recovery.duplicateAcks = 0;
        const size = sendWindow.nextPayload(now, tcb, unsent);
        tcb.recovery.duplicateAcks = duplicateAcks;
        return size;
      },
    }),
  ),
  mutant(
    'sends every octet alone',
    ['SHLD-27', 'SHLD-28', '9293-3.10.2-send'],
    altered('sendWindow', {
      nextPayload: (now, tcb, unsent) => Math.min(1, sendWindow.nextPayload(now, tcb, unsent)),
    }),
  ),
  mutant(
    'sends into a sliver of window',
    ['MUST-38'],
    altered('sendWindow', {
      nextPayload(now, tcb, unsent) {
        const size = sendWindow.nextPayload(now, tcb, unsent);
        const idle = tcb.snd.una === tcb.snd.nxt;
        return size === 0 && idle ? Math.min(unsent, tcb.snd.wnd, tcb.snd.mss) : size;
      },
    }),
  ),
  mutant(
    'never probes a shut window',
    ['MUST-35', 'MUST-36'],
    altered('sendWindow', {
      nextPayload(now, tcb, unsent) {
        if (tcb.snd.wnd === 0) tcb.probe = false;
        return sendWindow.nextPayload(now, tcb, unsent);
      },
    }),
  ),
  mutant(
    'probes a shut window at once',
    ['SHLD-29'],
    altered('sendWindow', {
      nextPayload(now, tcb, unsent) {
        if (tcb.snd.wnd === 0 && tcb.snd.una === tcb.snd.nxt) tcb.probe = true;
        return sendWindow.nextPayload(now, tcb, unsent);
      },
    }),
  ),
  mutant(
    'gives up when the window shrinks',
    ['SHLD-17', 'MUST-34'],
    altered('sendWindow', {
      update(tcb, segment) {
        const edge = tcb.parts.sequence.add(tcb.snd.una, tcb.snd.wnd);
        sendWindow.update(tcb, segment);
        if (tcb.parts.sequence.less(tcb.parts.sequence.add(tcb.snd.una, tcb.snd.wnd), edge))
          tcb.timers.cancelAll();
      },
    }),
  ),
  mutant(
    'waits until there is a full segment to send',
    ['MUST-60'],
    altered('sendWindow', {
      nextPayload(now, tcb, unsent) {
        const size = sendWindow.nextPayload(now, tcb, unsent);
        return size < tcb.snd.mss && !tcb.closing ? 0 : size;
      },
    }),
  ),
  mutant(
    'acknowledges from before what a shrunken window left out',
    ['MUST-34'],
    altered('sendWindow', {
      update(tcb, segment) {
        sendWindow.update(tcb, segment);
        const { snd } = tcb;
        const edge = tcb.parts.sequence.add(snd.una, snd.wnd);
        if (tcb.parts.sequence.less(edge, snd.nxt)) tcb.sentBeyond = edge;
      },
    }),
  ),
  mutant(
    'sends a whole window after any pause',
    ['RFC5681-4.1'],
    altered('sendWindow', {
      nextPayload(now, tcb, unsent) {
        tcb.recovery.lastSentAt = now;
        return sendWindow.nextPayload(now, tcb, unsent);
      },
    }),
  ),
];
