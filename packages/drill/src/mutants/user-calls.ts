/** Of the user’s calls. */
import { referenceParts } from '@tcblab/tcp';
import { RST } from '@tcblab/tcp/wire';
import { broken, mutant, type Mutant } from './mutant.ts';

const { connection } = referenceParts;

export const userCallsMutants: readonly Mutant[] = [
  mutant(
    'resets when SYN-SENT is closed',
    ['9293-3.10.4-close-synsent'],
    broken({
      close(now, tcb) {
        const opening = tcb.state === 'SYN-SENT';
        const refused = connection.close(now, tcb);
        if (opening) tcb.output.push({ seq: tcb.snd.nxt, flags: RST });
        return refused;
      },
    }),
  ),
  mutant(
    'closes SYN-RECEIVED without a FIN',
    ['9293-3.10.4-close-synrcvd'],
    broken({
      close(now, tcb) {
        if (tcb.state === 'SYN-RECEIVED') return null;
        return connection.close(now, tcb);
      },
    }),
  ),
  mutant(
    'aborts in silence',
    ['9293-3.10.5-abort-sync', '9293-3.10.4-close-listen'],
    broken({
      abort(now, tcb) {
        connection.abort(now, tcb);
        tcb.output.length = 0;
      },
    }),
  ),
  mutant(
    'aborts aloud in every state',
    ['9293-3.10.5-abort-quiet'],
    broken({
      abort(now, tcb) {
        const reset = { seq: tcb.snd.nxt, flags: RST };
        connection.abort(now, tcb);
        if (tcb.output.length === 0) tcb.output.push(reset);
      },
    }),
  ),
  mutant(
    'sends after CLOSE',
    ['9293-3.10.2-send-closing'],
    broken({
      send: (_now, tcb) => (tcb.state === 'CLOSED' ? connection.send(_now, tcb) : null),
    }),
  ),
  mutant(
    'refuses SEND before the connection is open',
    ['9293-3.10.2-send-early'],
    broken({
      send: (now, tcb) =>
        tcb.state === 'SYN-SENT' ? 'connection-does-not-exist' : connection.send(now, tcb),
    }),
  ),
  mutant(
    'hides what was received before the FIN',
    ['9293-3.10.3-recv-cw', '9293-3.10.3-recv-closing'],
    broken({
      receive: (now, tcb) => (tcb.finReceived ? 'connection-closing' : connection.receive(now, tcb)),
    }),
  ),
  mutant(
    'says farewell where it should reset',
    ['SHLD-3', 'MAY-1'],
    broken({
      abort(now, tcb) {
        if (tcb.reassembler.available === 0) return connection.abort(now, tcb);
        tcb.reassembler.clear();
        connection.close(now, tcb);
      },
    }),
  ),
  mutant(
    'throws away what waits when it is closed',
    ['9293-3.10.4-close-estab', '9293-3.10.4-close-cw'],
    broken({
      close(now, tcb) {
        const refused = connection.close(now, tcb);
        const sent = tcb.parts.sequence.distance(tcb.snd.una, tcb.snd.nxt);
        if (tcb.synAcked && tcb.sendBuffer.length > sent) connection.abort(now, tcb);
        return refused;
      },
    }),
  ),
  mutant(
    'sends its FIN with the next octets',
    ['9293-3.10.4-close-estab', '9293-3.10.4-close-cw'],
    broken({
      close(now, tcb) {
        const refused = connection.close(now, tcb);
        if (tcb.synAcked && tcb.sendBuffer.length === 0) tcb.closing = false;
        return refused;
      },
    }),
  ),
];
