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
    ['9293-3.10.5-abort-sync'],
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
    ['9293-3.10.3-recv-cw'],
    broken({
      receive: (now, tcb) => (tcb.finReceived ? 'connection-closing' : connection.receive(now, tcb)),
    }),
  ),
];
