/** Of keep-alive and of the user timeout: how long a peer may be silent. @rfc 9293 3.8.3, 3.8.4; 5482 */
import { referenceParts } from '@tcblab/tcp';
import { broken, mutant, reading, writing, type Mutant } from './mutant.ts';

const { connection } = referenceParts;
const MINUTES = 0x8000;

export const patienceMutants: readonly Mutant[] = [
  mutant('asks silent peers unasked', ['MUST-25'], {}, { keepAlive: 1 }),
  mutant('asks after one hour', ['MUST-28'], {}, { keepAliveIdle: 3_600_000_000 }),
  mutant('always asks after two hours', ['MUST-27'], {}, { keepAliveIdle: 7_200_000_000 }),
  mutant('takes one unanswered probe for the end', ['MUST-29'], {}, { keepAliveProbes: 1 }),
  mutant('asks for ever', ['9293-3.10.8-user'], {}, { keepAliveProbes: 1_000_000_000 }),
  mutant(
    'counts only data for a sign of life',
    ['MUST-26'],
    broken({
      checkAck(now, tcb, segment) {
        if (segment.len === 0) tcb.heardAt = tcb.openedAt;
        return connection.checkAck(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'puts an octet into its probes',
    ['SHLD-12'],
    writing((segment) => {
      if (segment.len > 0 || segment.syn || segment.rst || segment.bytes.length > 0) return;
      segment.bytes = new Uint8Array(1);
      segment.payloadEnd = 1;
    }),
  ),
  mutant('has no patience of its own', ['9293-3.10.8-user', 'MUST-22'], {}, { userTimeout: 0 }),
  mutant(
    'is patient no longer than R2',
    ['MUST-21'],
    broken({
      retransmissionTimeout(now, tcb) {
        const { timeout } = tcb.userTimeout;
        tcb.userTimeout.timeout = 0;
        connection.retransmissionTimeout(now, tcb);
        tcb.userTimeout.timeout = timeout;
      },
    }),
  ),
  mutant(
    'counts its patience from the first octet',
    ['9293-3.10.8-user', 'MUST-37'],
    broken({
      checkAck(now, tcb, segment) {
        const { waitsSince } = tcb.userTimeout;
        const waits = tcb.sendBuffer.length > 0;
        const good = connection.checkAck(now, tcb, segment);
        if (waits) tcb.userTimeout.waitsSince = waitsSince;
        return good;
      },
    }),
  ),
  mutant('always sends and heeds the user timeout option', ['RFC5482-3.1-off'], {}, { userTimeoutOption: 1 }),
  mutant(
    'heeds no user timeout option',
    ['RFC5482-3.1-range', 'RFC5482-3.2-late'],
    reading((segment) => {
      segment.userTimeout = -1;
    }),
  ),
  mutant(
    'heeds the user timeout option on SYNs alone',
    ['RFC5482-3.2-late'],
    reading((segment) => {
      if (!segment.syn) segment.userTimeout = -1;
    }),
  ),
  mutant(
    'sends the user timeout option on SYNs alone',
    ['RFC5482-3.2-late'],
    writing((segment) => {
      if (!segment.syn) segment.userTimeout = -1;
    }),
  ),
  mutant('knows no upper limit of patience', ['RFC5482-3.1-range'], {}, { userTimeoutMost: 86_400_000_000 }),
  mutant(
    'takes minutes for seconds',
    ['RFC5482-3.3-format'],
    reading((segment) => {
      if (segment.userTimeout >= 0) segment.userTimeout &= ~MINUTES;
    }),
  ),
  mutant(
    'takes a wish of zero for one second',
    ['RFC5482-3.3-zero'],
    reading((segment) => {
      if (segment.userTimeout === 0) segment.userTimeout = 1;
    }),
  ),
  mutant(
    'lets the peer move what the user has set',
    ['RFC5482-3.1-changeable'],
    broken({
      listenArrives(now, tcb, segment) {
        tcb.userTimeout.changeable = true;
        connection.listenArrives(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'forgets at its first timeout how patient its user is',
    ['MUST-21', '9293-3.10.8-user'],
    broken({
      retransmissionTimeout(now, tcb) {
        tcb.userTimeout.timeout = 0;
        tcb.timers.cancel('user-timeout');
        connection.retransmissionTimeout(now, tcb);
      },
    }),
  ),
];
