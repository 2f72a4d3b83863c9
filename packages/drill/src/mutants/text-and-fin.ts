/** Of text, FIN and what follows a FIN: the seventh and eighth checks. */
import { referenceParts } from '@tcblab/tcp';
import { FIN, RST, URG } from '@tcblab/tcp/wire';
import { broken, mutant, writing, type Mutant } from './mutant.ts';

const { connection } = referenceParts;

export const textAndFinMutants: readonly Mutant[] = [
  mutant(
    'delays no ACK',
    ['SHLD-18', 'MUST-58'],
    broken({
      takeText(now, tcb, segment) {
        const good = connection.takeText(now, tcb, segment);
        if (segment.payloadLength > 0) tcb.ackNow = true;
        return good;
      },
    }),
  ),
  mutant(
    'delays every ACK',
    ['SHLD-19', 'RFC5681-4.2-2nd', 'RFC5681-3.2-gap'],
    broken({
      takeText(now, tcb, segment) {
        const good = connection.takeText(now, tcb, segment);
        if (tcb.ackNow) tcb.timers.set('delayed-ack', now + tcb.settings.delayedAck);
        tcb.ackNow = false;
        return good;
      },
    }),
  ),
  mutant(
    'takes text only in ESTABLISHED',
    ['9293-3.10.7.4-7text'],
    broken({
      takeText: (now, tcb, segment) => tcb.state !== 'ESTABLISHED' || connection.takeText(now, tcb, segment),
    }),
  ),
  mutant(
    'takes text after the FIN',
    ['9293-3.10.7.4-7text-late', '9293-3.10.7.4-6urg-late'],
    broken({
      takeText(now, tcb, segment) {
        if (segment.payloadLength > 0 && tcb.finReceived) tcb.ackNow = true;
        return connection.takeText(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'drops segments that it has in part',
    ['9293-3.10.7.4-1trim'],
    broken({
      takeText: (now, tcb, segment) =>
        tcb.parts.sequence.less(segment.seq, tcb.rcv.nxt) || connection.takeText(now, tcb, segment),
    }),
  ),
  mutant(
    'drops segments that pass the right edge',
    ['9293-3.10.7.4-1trim', 'RFC7323-2.4-1'],
    broken({
      takeText: (now, tcb, segment) =>
        tcb.parts.sequence.distance(tcb.rcv.nxt, segment.seq) + segment.payloadLength > tcb.rcv.wnd ||
        connection.takeText(now, tcb, segment),
    }),
  ),
  mutant(
    'skips urgent octets',
    ['MUST-30', 'MUST-31', '9293-3.10.7.4-6urg'],
    broken({
      takeText: (now, tcb, segment) => (segment.flags & URG) !== 0 || connection.takeText(now, tcb, segment),
    }),
  ),
  mutant(
    'drops a FIN at a hole',
    ['9293-3.10.7.4-8fin-estab'],
    broken({
      checkFin(now, tcb, segment) {
        const good = connection.checkFin(now, tcb, segment);
        if (!tcb.finReceived) tcb.finAt = null;
        return good;
      },
    }),
  ),
  mutant(
    'goes from FIN-WAIT-1 to TIME-WAIT on any FIN',
    ['9293-3.10.7.4-8fin-fw1'],
    broken({
      checkFin(now, tcb, segment) {
        const good = connection.checkFin(now, tcb, segment);
        if (tcb.state === 'CLOSING') tcb.state = 'TIME-WAIT';
        return good;
      },
    }),
  ),
  mutant(
    'does not acknowledge a FIN',
    ['9293-3.10.7.4-8fin-estab', '9293-3.10.7.4-8fin-fw2'],
    broken({
      checkFin(now, tcb, segment) {
        const good = connection.checkFin(now, tcb, segment);
        if ((segment.flags & FIN) !== 0) tcb.ackNow = false;
        return good;
      },
    }),
  ),
  mutant(
    'is deaf to FINs',
    [
      '9293-3.10.7.4-8fin-estab',
      '9293-3.10.7.4-8fin-fw1',
      '9293-3.10.7.4-8fin-fw1-acked',
      '9293-3.10.7.4-8fin-fw2',
    ],
    broken({ checkFin: () => true }),
  ),
  mutant(
    'leaves TIME-WAIT after one MSL',
    ['MUST-13', '9293-3.10.8-2msl'],
    broken({
      checkFin(now, tcb, segment) {
        const good = connection.checkFin(now, tcb, segment);
        if (tcb.timers.isSet('time-wait')) tcb.timers.set('time-wait', now + tcb.settings.msl);
        return good;
      },
    }),
  ),
  mutant('stays in TIME-WAIT', ['9293-3.10.8-2msl'], broken({ timeWaitTimeout: () => undefined })),
  mutant(
    'knows no half-close',
    ['9293-3.10.7.4-5ack-cw', '9293-3.10.2-send'],
    broken({
      checkFin(now, tcb, segment) {
        const good = connection.checkFin(now, tcb, segment);
        if (tcb.state === 'CLOSE-WAIT' && !tcb.closing) connection.close(now, tcb);
        return good;
      },
    }),
  ),
  mutant(
    'answers octets after the FIN',
    ['9293-3.10.7.4-7text-late', '9293-3.10.7.4-6urg-late'],
    broken({
      checkAck(now, tcb, segment) {
        const late = tcb.finReceived && segment.payloadLength > 0;
        const good = connection.checkAck(now, tcb, segment);
        if (late && tcb.state !== 'CLOSED') tcb.ackNow = true;
        return good;
      },
    }),
  ),
  mutant(
    'leaves its state for a FIN that it has taken already',
    ['9293-3.10.7.4-8fin-stay'],
    broken({
      checkSequence(now, tcb, segment) {
        const stays = tcb.state === 'CLOSE-WAIT' || tcb.state === 'CLOSING' || tcb.state === 'LAST-ACK';
        const good = connection.checkSequence(now, tcb, segment);
        if (stays && segment.fin) tcb.state = 'TIME-WAIT';
        return good;
      },
    }),
  ),
  mutant(
    'takes a FIN before there is a connection',
    ['9293-3.10.7.4-8fin-early'],
    broken({
      listenArrives(now, tcb, segment) {
        if (segment.fin && !segment.hasAck && !segment.syn) tcb.output.push({ seq: segment.seq, flags: RST });
        connection.listenArrives(now, tcb, segment);
      },
      synSentArrives(now, tcb, segment) {
        if (segment.fin && !segment.syn) connection.abort(now, tcb);
        else connection.synSentArrives(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'points at the last urgent octet',
    ['MUST-62'],
    writing((segment) => {
      if ((segment.flags & URG) !== 0) segment.up--;
    }),
  ),
  mutant(
    'points at urgent data from its last segment alone',
    ['MUST-31'],
    writing((segment) => {
      const length = segment.payloadEnd - segment.payloadStart;
      if ((segment.flags & URG) !== 0 && segment.up !== length) segment.flags &= ~URG;
    }),
  ),
  mutant(
    'tells nobody of urgent data',
    ['MUST-32', 'MUST-33', '9293-3.10.3-recv'],
    broken({
      checkUrgent(now, tcb, segment) {
        const { up } = tcb.rcv;
        const good = connection.checkUrgent(now, tcb, segment);
        tcb.rcv.up = up;
        return good;
      },
    }),
  ),
];
