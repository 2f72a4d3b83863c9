/** Of segments where there is no connection, or none yet. */
import { referenceParts } from '@tcblab/tcp';
import { ACK, RST, SYN } from '@tcblab/tcp/wire';
import { broken, mutant, type Mutant } from './mutant.ts';

const { connection } = referenceParts;

export const openingMutants: readonly Mutant[] = [
  mutant(
    'is silent on closed ports',
    ['9293-3.10.7.1-noack', '9293-3.10.7.1-ack', '9293-3.10.4-close-listen'],
    broken({ closedArrives: () => null }),
  ),
  mutant(
    'answers resets on closed ports',
    ['9293-3.10.7.1-rst'],
    broken({
      closedArrives(segment) {
        segment.flags &= ~RST;
        return connection.closedArrives(segment);
      },
    }),
  ),
  mutant(
    'acknowledges one number whatever came',
    ['9293-3.10.7.1-noack'],
    broken({
      closedArrives(segment) {
        segment.payloadEnd = segment.payloadStart;
        return connection.closedArrives(segment);
      },
    }),
  ),
  mutant(
    'listens to resets',
    ['9293-3.10.7.2-1rst'],
    broken({
      listenArrives(now, tcb, segment) {
        segment.flags &= ~RST;
        connection.listenArrives(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'drops ACKs for a listener in silence',
    ['9293-3.10.7.2-2ack'],
    broken({
      listenArrives(now, tcb, segment) {
        if (!segment.hasAck) connection.listenArrives(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'takes anything for a SYN',
    ['9293-3.10.7.2-4other'],
    broken({
      listenArrives(now, tcb, segment) {
        if (!segment.hasAck && !segment.rst && !segment.syn) {
          tcb.output.push({ seq: segment.ack, flags: RST });
        }
        connection.listenArrives(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'loses text on a SYN',
    ['9293-3.10.7.2-3syn'],
    broken({
      listenArrives(now, tcb, segment) {
        segment.payloadEnd = segment.payloadStart;
        connection.listenArrives(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'knows no simultaneous open',
    ['MUST-10', '9293-3.10.7.3-4syn'],
    broken({
      synSentArrives(now, tcb, segment) {
        if (segment.hasAck || !segment.syn) connection.synSentArrives(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'drops a bad ACK in SYN-SENT in silence',
    ['9293-3.10.7.3-1ackbad'],
    broken({
      synSentArrives(now, tcb, segment) {
        if (!segment.hasAck || segment.ack === tcb.snd.nxt) connection.synSentArrives(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'takes any reset in SYN-SENT',
    ['9293-3.10.7.3-2rst-noack', 'RFC5961-3.2-synsent'],
    broken({
      synSentArrives(now, tcb, segment) {
        if (segment.rst) {
          segment.flags |= ACK;
          segment.ack = tcb.snd.nxt;
        }
        connection.synSentArrives(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'ignores resets in SYN-SENT',
    ['9293-3.10.7.3-2rst-ack'],
    broken({
      synSentArrives(now, tcb, segment) {
        if (!segment.rst) connection.synSentArrives(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'takes an ACK for a SYN,ACK',
    ['9293-3.10.7.3-5none'],
    broken({
      synSentArrives(now, tcb, segment) {
        if (segment.hasAck && !segment.rst) segment.flags |= SYN;
        connection.synSentArrives(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'loses text on a SYN,ACK',
    ['9293-3.10.7.3-4synack', '9293-3.10.3-recv-early'],
    broken({
      synSentArrives(now, tcb, segment) {
        segment.payloadEnd = segment.payloadStart;
        connection.synSentArrives(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'begins with a SYN,ACK',
    ['9293-3.10.1-open-active'],
    broken({
      openActive(now, tcb) {
        connection.openActive(now, tcb);
        const [syn] = tcb.output.splice(0);
        tcb.output.push({ ...syn, ack: syn.seq });
      },
    }),
  ),
  mutant(
    'leaves a SYN,ACK without an answer',
    ['9293-3.10.7.3-1ackok', '9293-3.10.7.3-4synack'],
    broken({
      synSentArrives(now, tcb, segment) {
        connection.synSentArrives(now, tcb, segment);
        tcb.ackNow = false;
      },
    }),
  ),
  mutant(
    'forgets that its SYN was lost',
    ['RFC6298-5.7', 'RFC5681-3.1-IW-loss'],
    broken({
      synSentArrives(now, tcb, segment) {
        tcb.rto = tcb.settings.initialRto;
        connection.synSentArrives(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'loses octets that come before accept()',
    ['9293-3.10.3-recv-early', '9293-3.10.7.2-3syn'],
    broken({
      receive: (now, tcb) => (tcb.passive ? 'connection-does-not-exist' : connection.receive(now, tcb)),
    }),
  ),
];
