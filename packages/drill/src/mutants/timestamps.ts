/** Of the timestamps option: negotiation, what is echoed, PAWS, round trips. @rfc 7323 */
import { referenceParts, type Tcb } from '@tcblab/tcp';
import { ACK, RST, SYN, type Segment } from '@tcblab/tcp/wire';
import { altered, broken, mutant, writing, type Mutant } from './mutant.ts';

const { connection, retransmission, rtt, sendWindow } = referenceParts;

/** Does something before the first check looks at the segment. */
const before = (spoil: (tcb: Tcb, segment: Segment, now: number) => void) =>
  broken({
    checkSequence(now, tcb, segment) {
      spoil(tcb, segment, now);
      return connection.checkSequence(now, tcb, segment);
    },
  });

const isOld = (tcb: Tcb, segment: Segment) =>
  tcb.options.timestamps && segment.timestamps && ((segment.tsVal - tcb.options.tsRecent) | 0) < 0;

export const timestampsMutants: readonly Mutant[] = [
  mutant(
    'stamps its SYNs only',
    ['RFC7323-3.2-all'],
    writing((segment) => {
      if ((segment.flags & SYN) === 0) segment.timestamps = false;
    }),
  ),
  mutant(
    'stamps a repeated SYN with the time of the first',
    ['RFC7323-3.2-all'],
    broken({
      retransmissionTimeout(now, tcb) {
        tcb.options.tsOffset -= Math.floor((now - tcb.openedAt) / 1000);
        connection.retransmissionTimeout(now, tcb);
      },
    }),
  ),
  mutant(
    'stamps no SYN,ACK',
    ['RFC7323-3.2-all'],
    writing((segment) => {
      if (segment.syn && segment.hasAck) segment.timestamps = false;
    }),
  ),
  mutant(
    'stamps no reset',
    ['RFC7323-3.2-rst', 'RFC7323-5.2-rstgen'],
    writing((segment) => {
      if ((segment.flags & RST) !== 0) segment.timestamps = false;
    }),
  ),
  mutant(
    'echoes on a SYN without ACK',
    ['RFC7323-3.2-tsecr'],
    writing((segment) => {
      if ((segment.flags & (SYN | ACK)) === SYN && segment.timestamps) segment.tsEcr = segment.tsVal;
    }),
  ),
  mutant(
    'drops a SYN whose echo it never sent',
    ['RFC7323-3.2-tsecr'],
    broken({
      listenArrives(now, tcb, segment) {
        if (!segment.timestamps || segment.tsEcr === 0) connection.listenArrives(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'uses timestamps that nobody agreed on',
    ['RFC7323-3.2-unneg'],
    before((tcb, segment) => {
      if (segment.timestamps) tcb.options.timestamps = true;
    }),
  ),
  mutant(
    'answers timestamps that it was told not to use',
    ['RFC7323-3.2-unneg'],
    broken({
      listenArrives(now, tcb, segment) {
        connection.listenArrives(now, tcb, segment);
        tcb.options.timestamps = segment.timestamps;
      },
    }),
  ),
  mutant(
    'takes segments that lack the option',
    ['RFC7323-3.2-drop'],
    before((tcb, segment) => {
      if (segment.timestamps) return;
      segment.timestamps = true;
      segment.tsVal = tcb.options.tsRecent;
    }),
  ),
  mutant(
    'aborts where the option is missing',
    ['RFC7323-3.2-noabort'],
    before((tcb, segment, now) => {
      if (tcb.options.timestamps && !segment.timestamps && !segment.rst) connection.abort(now, tcb);
    }),
  ),
  mutant(
    'drops resets that lack the option',
    ['RFC7323-5.2-rst'],
    before((tcb, segment) => {
      if (tcb.options.timestamps && !segment.timestamps) segment.flags &= ~RST;
    }),
  ),
  mutant(
    'holds resets to their timestamps',
    ['RFC7323-5.2-rst'],
    before((tcb, segment) => {
      if (isOld(tcb, segment)) segment.flags &= ~RST;
    }),
  ),
  mutant(
    'learns timestamps from resets',
    ['RFC7323-5.2-rst'],
    before((tcb, segment) => {
      if (segment.rst && segment.timestamps) tcb.options.tsRecent = segment.tsVal;
    }),
  ),
  mutant(
    'knows no PAWS',
    ['RFC7323-5.3-R1', 'RFC1337-3-F2'],
    before((tcb, segment) => {
      if (isOld(tcb, segment)) segment.tsVal = tcb.options.tsRecent;
    }),
  ),
  mutant(
    'drops old timestamps in silence',
    ['RFC7323-5.3-R1'],
    broken({
      checkSequence(now, tcb, segment) {
        const old = isOld(tcb, segment);
        const good = connection.checkSequence(now, tcb, segment);
        if (old && !good) tcb.ackNow = false;
        return good;
      },
    }),
  ),
  mutant(
    'looks at timestamps after the acknowledgement',
    ['RFC7323-5.3-order', 'RFC7323-5.3-R1'],
    before((tcb, segment, now) => {
      if (isOld(tcb, segment)) connection.checkAck(now, tcb, segment);
    }),
  ),
  mutant(
    'compares timestamps as plain numbers',
    ['RFC7323-5.2-cmp'],
    before((tcb, segment) => {
      if (!tcb.options.timestamps || !segment.timestamps) return;
      if (segment.tsVal < tcb.options.tsRecent) segment.tsVal = (tcb.options.tsRecent - 1) >>> 0;
    }),
  ),
  mutant(
    'believes its TS.Recent for ever',
    ['RFC7323-5.5'],
    before((tcb, _segment, now) => {
      tcb.options.tsRecentAt = now;
    }),
  ),
  mutant(
    'forgets its TS.Recent after 12 days',
    ['RFC7323-5.5'],
    before((tcb, _segment, now) => {
      if (now - tcb.options.tsRecentAt > 12 * 86_400e6) tcb.options.tsRecentAt = -Infinity;
    }),
  ),
  mutant(
    'checks queued segments again',
    ['RFC7323-5.3-once'],
    broken({
      takeText(now, tcb, segment) {
        const waiting = tcb.reassembler.ranges.length > 0;
        const good = connection.takeText(now, tcb, segment);
        if (tcb.options.timestamps && waiting && tcb.reassembler.ranges.length === 0) tcb.reassembler.clear();
        return good;
      },
    }),
  ),
  mutant(
    'echoes the latest segment whatever its number',
    ['RFC7323-4.3-A', 'RFC7323-4.3-B'],
    before((tcb, segment) => {
      if (segment.timestamps && !isOld(tcb, segment) && !segment.rst) tcb.options.tsRecent = segment.tsVal;
    }),
  ),
  mutant(
    'echoes the SYN for ever',
    ['RFC7323-4.3-2', 'RFC7323-4.3-C'],
    broken({
      checkSequence(now, tcb, segment) {
        const { tsRecent } = tcb.options;
        const good = connection.checkSequence(now, tcb, segment);
        tcb.options.tsRecent = tsRecent;
        return good;
      },
    }),
  ),
  mutant(
    'measures no echo',
    ['RFC7323-4.1-rttm', 'RFC6298-3'],
    altered('retransmission', {
      acknowledged(now, tcb, ack, acked) {
        tcb.options.echoed = -1;
        retransmission.acknowledged(now, tcb, ack, acked);
      },
    }),
  ),
  mutant(
    'measures every echo',
    ['RFC7323-4.1-rttm'],
    broken({
      checkAck(now, tcb, segment) {
        const sample = ((Math.floor(now / 1000) + tcb.options.tsOffset - segment.tsEcr) | 0) * 1000;
        if (tcb.options.timestamps && sample >= 0) tcb.rtt = rtt.addSample(tcb.rtt, sample);
        return connection.checkAck(now, tcb, segment);
      },
    }),
  ),
  mutant(
    'has no room for its options',
    ['RFC6691-2-data', 'MUST-16'],
    altered('sendWindow', {
      nextPayload(now, tcb, unsent) {
        if (tcb.options.timestamps) tcb.snd.mss = tcb.rcv.mss;
        return sendWindow.nextPayload(now, tcb, unsent);
      },
    }),
  ),
  mutant(
    'announces an MSS without its options',
    ['RFC6691-2-mss'],
    writing((segment) => {
      if (segment.mss > 0 && segment.timestamps) segment.mss -= 12;
    }),
  ),
  mutant(
    'ticks a hundred times too slowly',
    ['RFC7323-5.4-clock'],
    writing((segment) => {
      if (segment.timestamps && segment.tsVal > 0) segment.tsVal -= segment.tsVal % 100;
    }),
  ),
];
