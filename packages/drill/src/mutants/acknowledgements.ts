/** Of acknowledgements, the fifth check. */
import { referenceParts } from '@tcblab/tcp';
import { ACK } from '@tcblab/tcp/wire';
import { broken, mutant, type Mutant } from './mutant.ts';

const { connection } = referenceParts;

export const acknowledgementsMutants: readonly Mutant[] = [
  mutant(
    'needs no ACK',
    ['9293-3.10.7.4-5noack'],
    broken({
      checkAck(now, tcb, segment) {
        if (!segment.hasAck) {
          segment.flags |= ACK;
          segment.ack = tcb.snd.nxt;
        }
        return connection.checkAck(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'takes an ACK of the future for the present',
    ['9293-3.10.7.4-5ack-future'],
    broken({
      checkAck(now, tcb, segment) {
        if (tcb.parts.sequence.less(tcb.snd.nxt, segment.ack)) segment.ack = tcb.snd.nxt;
        return connection.checkAck(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'drops a bad ACK in SYN-RECEIVED in silence',
    ['9293-3.10.7.4-5ack-synrcvd-bad'],
    broken({
      checkAck(now, tcb, segment) {
        const good = connection.checkAck(now, tcb, segment);
        if (!good) tcb.output.length = 0;
        return good;
      },
    }),
  ),
  mutant(
    'believes an ACK of any age',
    ['RFC5961-5.2', 'RFC5961-5.2-range', 'RFC5961-5.2-maxwnd', 'MAY-12'],
    broken({
      checkAck(now, tcb, segment) {
        tcb.snd.maxWnd = 2 ** 30;
        return connection.checkAck(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'frees whole segments only',
    ['9293-3.10.7.4-5ack-new'],
    broken({
      checkAck(now, tcb, segment) {
        const { queue } = tcb.recovery;
        const first = queue.length > 0 ? queue.at(0) : null;
        const end = first === null ? segment.ack : tcb.parts.sequence.add(first.seq, first.len);
        if (first !== null && tcb.parts.sequence.less(segment.ack, end)) segment.ack = tcb.snd.una;
        return connection.checkAck(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'drops the octets of a repeated ACK',
    ['9293-3.10.7.4-5ack-dup'],
    broken({
      checkAck: (now, tcb, segment) =>
        connection.checkAck(now, tcb, segment) &&
        !(segment.payloadLength > 0 && tcb.parts.sequence.less(segment.ack, tcb.snd.una)),
    }),
  ),
  mutant(
    'takes its FIN for acknowledged at once',
    ['9293-3.10.7.4-5ack-fw1', '9293-3.10.7.4-5ack-closing', '9293-3.10.7.4-5ack-lastack'],
    broken({
      checkAck(now, tcb, segment) {
        if (tcb.finSent && tcb.state !== 'TIME-WAIT') segment.ack = tcb.snd.nxt;
        return connection.checkAck(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'answers what has no ACK',
    ['9293-3.10.7.4-5noack'],
    broken({
      checkAck(now, tcb, segment) {
        if (!segment.hasAck) tcb.ackNow = true;
        return connection.checkAck(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'answers an ACK that is merely old',
    ['9293-3.10.7.4-5ack-dup'],
    broken({
      checkAck(now, tcb, segment) {
        if (tcb.parts.sequence.less(segment.ack, tcb.snd.una)) tcb.ackNow = true;
        return connection.checkAck(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'waits a minute for the peer’s FIN, though its user waits longer',
    ['9293-3.10.7.4-5ack-fw2'],
    broken({
      ackOfFin(now, tcb) {
        const more = connection.ackOfFin(now, tcb);
        if (tcb.state === 'FIN-WAIT-2') tcb.timers.set('fin-wait-2', now + tcb.settings.finWait2Limit);
        return more;
      },
    }),
  ),
];
