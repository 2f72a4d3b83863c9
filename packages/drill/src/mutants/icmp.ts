/** Of ICMP errors and path MTU discovery. */
import { referenceParts } from '@tcblab/tcp';
import { altered, broken, mutant, type Mutant } from './mutant.ts';

const { connection, path } = referenceParts;

export const icmpMutants: readonly Mutant[] = [
  mutant('takes no word of the network', ['MUST-54'], broken({ icmpArrives: () => false })),
  mutant(
    'takes soft errors for hard ones',
    ['MUST-56'],
    broken({
      icmpArrives: (now, tcb, report) =>
        connection.icmpArrives(now, tcb, report.kind === 'soft' ? { ...report, kind: 'hard' } : report),
    }),
  ),
  mutant(
    'takes hard errors for soft ones while it opens',
    ['SHLD-26', 'RFC5927-5.2-opening'],
    broken({
      icmpArrives: (now, tcb, report) =>
        connection.icmpArrives(now, tcb, report.kind === 'hard' ? { ...report, kind: 'soft' } : report),
    }),
  ),
  mutant(
    'lets a hard error end an open connection',
    ['RFC5927-5.2-synchronized'],
    broken({
      icmpArrives(now, tcb, report) {
        if (report.kind === 'hard' && tcb.state !== 'SYN-SENT' && tcb.state !== 'SYN-RECEIVED')
          connection.abort(now, tcb);
        return connection.icmpArrives(now, tcb, report);
      },
    }),
  ),
  mutant(
    'lets any error end an open connection',
    ['MUST-56'],
    broken({
      icmpArrives(now, tcb, report) {
        if (report.kind === 'soft') connection.abort(now, tcb);
        return connection.icmpArrives(now, tcb, report);
      },
    }),
  ),
  mutant(
    'believes an error whatever number it quotes',
    ['RFC5927-4.1', 'RFC8201-4-validate'],
    broken({
      icmpArrives: (now, tcb, report) => connection.icmpArrives(now, tcb, { ...report, seq: tcb.snd.una }),
    }),
  ),
  mutant(
    'believes no error about the last octet that is out',
    ['RFC5927-4.1'],
    broken({
      icmpArrives: (now, tcb, report) =>
        tcb.parts.sequence.distance(report.seq, tcb.snd.nxt) > 1 && connection.icmpArrives(now, tcb, report),
    }),
  ),
  mutant(
    'tells nobody what the network says',
    ['SHLD-25'],
    broken({
      icmpArrives(now, tcb, report) {
        const believed = connection.icmpArrives(now, tcb, report);
        tcb.softError = null;
        return believed;
      },
    }),
  ),
  mutant(
    'tells of an error that has long passed',
    ['SHLD-25'],
    broken({
      checkAck(now, tcb, segment) {
        const { softError } = tcb;
        const goesOn = connection.checkAck(now, tcb, segment);
        tcb.softError = softError;
        return goesOn;
      },
    }),
  ),
  mutant(
    'slows down when a source quench asks for it',
    ['MUST-55', 'RFC5927-6.2'],
    broken({
      icmpArrives(now, tcb, report) {
        if (report.kind === 'quench') tcb.congestion.cwnd = tcb.snd.mss;
        return connection.icmpArrives(now, tcb, report);
      },
    }),
  ),

  // Path MTU.
  mutant(
    'believes no router that a packet was too big',
    ['RFC1191-3-reduce', 'RFC5927-7.2-initial', 'RFC8201-4-reduce', 'RFC7323-5.7'],
    altered('path', { tooBig: () => false }),
  ),
  mutant(
    'believes at once what contradicts ACKs',
    ['RFC5927-7.2-pending'],
    altered('path', {
      tooBig(now, tcb, report) {
        tcb.path.largestAcked = 0;
        return path.tooBig(now, tcb, report);
      },
    }),
  ),
  mutant(
    'never honours a doubtful report',
    ['RFC5927-7.2-pending'],
    altered('path', { timedOut: () => undefined }),
  ),
  mutant(
    'forgets no doubtful report',
    ['RFC5927-7.2-progress'],
    altered('path', {
      acknowledged(tcb, ack) {
        const { pending } = tcb.path;
        path.acknowledged(tcb, ack);
        tcb.path.pending = pending;
      },
    }),
  ),
  mutant(
    'takes an MTU that no link has',
    ['RFC1191-3-floor'],
    altered('path', {
      tooBig: (now, tcb, report) => path.tooBig(now, tcb, { ...report, mtu: Math.max(68, report.mtu) }),
    }),
  ),
  mutant(
    'lets a router raise its estimate',
    ['RFC1191-3-no-increase', 'RFC5927-7.2-sent', 'RFC8201-4-no-increase'],
    altered('path', {
      tooBig(now, tcb, report) {
        if (report.mtu < tcb.path.mtu) return path.tooBig(now, tcb, report);
        tcb.path.mtu = report.mtu;
        tcb.recovery.urgent = tcb.recovery.queue.at(0);
        return true;
      },
    }),
  ),
  mutant(
    'takes a path for narrow that was never tried',
    ['RFC5927-7.2-sent'],
    altered('path', {
      tooBig(now, tcb, report) {
        tcb.path.largestSent = 9000;
        return path.tooBig(now, tcb, report);
      },
    }),
  ),
  mutant(
    'takes 576 where a router tells no MTU',
    ['RFC1191-5'],
    altered('path', {
      tooBig: (now, tcb, report) =>
        path.tooBig(now, tcb, { ...report, mtu: report.mtu === 0 ? 576 : report.mtu }),
    }),
  ),
  mutant(
    'waits for a timeout to send again what was too big',
    ['RFC1191-6.4-resend', 'RFC8201-5.4'],
    altered('path', {
      tooBig(now, tcb, report) {
        const believed = path.tooBig(now, tcb, report);
        const { recovery } = tcb;
        recovery.urgent = null;
        for (let lost = recovery.queue.firstLost(); lost !== null; lost = recovery.queue.firstLost())
          recovery.queue.sentAgain(now, lost);
        return believed;
      },
    }),
  ),
  mutant(
    'sends all at once that was too big',
    ['RFC1191-6.4-slow-start'],
    altered('path', {
      tooBig(now, tcb, report) {
        const { cwnd } = tcb.congestion;
        const believed = path.tooBig(now, tcb, report);
        tcb.congestion.cwnd = cwnd;
        return believed;
      },
    }),
  ),
  mutant(
    'takes a narrow path for a crowded one',
    ['RFC1191-6.4-slow-start'],
    altered('path', {
      tooBig(now, tcb, report) {
        const believed = path.tooBig(now, tcb, report);
        if (believed && tcb.path.pending === 0) tcb.congestion.ssthresh = 2 * tcb.snd.mss;
        return believed;
      },
    }),
  ),
  mutant(
    'never forgets what it knows of a path',
    ['RFC1191-6.3', 'RFC8201-5.3'],
    {},
    { pathMtuAge: 10 ** 15 },
  ),
  mutant('forgets what it knows of a path in a minute', ['RFC1191-3-wait'], {}, { pathMtuAge: 60_000_000 }),
  mutant(
    'tells no other connection what it has learned of a path',
    ['RFC1191-6.2', 'RFC8201-5.2'],
    broken({
      openPassive(now, tcb) {
        connection.openPassive(now, tcb);
        // It never looks again.
        tcb.path.generation = tcb.paths.generation;
      },
    }),
  ),
  mutant(
    'announces the MTU of the path',
    ['RFC1191-3.1'],
    broken({
      openPassive(now, tcb) {
        connection.openPassive(now, tcb);
        const known = tcb.paths.find(now, tcb.tuple.remoteAddress);
        if (known !== null) tcb.rcv.mss = known.mtu - tcb.path.headers;
      },
    }),
  ),
  mutant('makes segments as small as anybody asks', ['RFC1191-3-df'], {}, { minPathMtu: 68 }),
  mutant('never tries smaller segments by itself', ['RFC1191-6.4-resend'], {}, { blackHoleTimeouts: 0 }),
];
