/** Ways to break our TCP, each small enough that most of it still works: what the project's scripts must notice. */
import { referenceParts, type ConnectionPart, type PartialParts, type Parts } from '@tcblab/tcp';

const { connection, retransmission, congestion, sendWindow, rtt, codec, listener } = referenceParts;

const FIN = 0x01;
const SYN = 0x02;
const RST = 0x04;
const PSH = 0x08;
const ACK = 0x10;
const URG = 0x20;

const broken = (part: Partial<ConnectionPart>): PartialParts => ({ connection: part });
const altered = <K extends Exclude<keyof Parts, 'connection'>>(
  name: K,
  part: Partial<Parts[K]>,
): PartialParts => ({
  [name]: { ...referenceParts[name], ...part },
});
/** A codec that spoils what it has read. */
const reading = (spoil: (segment: Parameters<typeof codec.parseSegment>[3]) => void): PartialParts =>
  altered('codec', {
    parseSegment(bytes, start, end, into) {
      const bad = codec.parseSegment(bytes, start, end, into);
      spoil(into);
      return bad;
    },
  });
/** A codec that spoils what it is about to write. */
const writing = (spoil: (segment: Parameters<typeof codec.writeSegment>[0]) => void): PartialParts =>
  altered('codec', {
    writeSegment(segment, into, start) {
      spoil(segment);
      return codec.writeSegment(segment, into, start);
    },
  });

export const mutants: Readonly<Record<string, PartialParts>> = {
  // The first check.
  'takes every segment for acceptable': broken({ checkSequence: () => true }),
  'drops what is not acceptable in silence': broken({
    checkSequence(now, tcb, segment) {
      const ackNow = tcb.ackNow;
      const good = connection.checkSequence(now, tcb, segment);
      if (!good) tcb.ackNow = ackNow;
      return good;
    },
  }),
  'answers a reset outside the window': broken({
    checkSequence(now, tcb, segment) {
      const good = connection.checkSequence(now, tcb, segment);
      if (!good) tcb.ackNow = true;
      return good;
    },
  }),
  'is deaf while its window is shut': broken({
    checkSequence: (now, tcb, segment) => tcb.rcv.wnd > 0 && connection.checkSequence(now, tcb, segment),
  }),
  'does not start TIME-WAIT anew': broken({
    checkSequence(now, tcb, segment) {
      const deadline = tcb.timers.deadline('time-wait');
      const good = connection.checkSequence(now, tcb, segment);
      if (deadline !== Infinity) tcb.timers.set('time-wait', deadline);
      return good;
    },
  }),
  'accepts a number just beyond the window': broken({
    checkSequence(now, tcb, segment) {
      tcb.rcv.wnd++;
      const good = connection.checkSequence(now, tcb, segment);
      tcb.rcv.wnd--;
      return good;
    },
  }),

  // Resets.
  'takes any reset in the window': broken({
    checkReset(now, tcb, segment) {
      if (segment.rst) segment.seq = tcb.rcv.nxt;
      return connection.checkReset(now, tcb, segment);
    },
  }),
  'ignores resets': broken({ checkReset: (_now, _tcb, segment) => !segment.rst }),
  'ignores resets while it closes': broken({
    checkReset(now, tcb, segment) {
      const late = tcb.state === 'CLOSING' || tcb.state === 'LAST-ACK' || tcb.state === 'TIME-WAIT';
      return late && segment.rst ? false : connection.checkReset(now, tcb, segment);
    },
  }),
  'ignores resets that carry octets': broken({
    checkReset: (now, tcb, segment) =>
      segment.rst && segment.payloadLength > 0 ? false : connection.checkReset(now, tcb, segment),
  }),
  'tells nobody of a reset': broken({
    checkReset(now, tcb, segment) {
      const good = connection.checkReset(now, tcb, segment);
      if (!good && tcb.state === 'CLOSED') tcb.error = null;
      return good;
    },
  }),
  'forgets how SYN-RECEIVED was reached': broken({
    checkReset(now, tcb, segment) {
      if (segment.rst) tcb.passive = !tcb.passive;
      return connection.checkReset(now, tcb, segment);
    },
  }),

  // SYNs where none belongs.
  'resets on a SYN in the window': broken({
    checkSyn(now, tcb, segment) {
      if (!segment.syn) return true;
      connection.abort(now, tcb);
      return false;
    },
  }),
  'ignores SYNs': broken({ checkSyn: (_now, _tcb, segment) => !segment.syn }),
  'passes over SYNs': broken({ checkSyn: () => true }),
  'challenges without end': broken({
    checkSyn(now, tcb, segment) {
      tcb.challengeAcks = 0;
      return connection.checkSyn(now, tcb, segment);
    },
  }),

  // Acknowledgements.
  'needs no ACK': broken({
    checkAck(now, tcb, segment) {
      if (!segment.hasAck) {
        segment.flags |= ACK;
        segment.ack = tcb.snd.nxt;
      }
      return connection.checkAck(now, tcb, segment);
    },
  }),
  'takes an ACK of the future for the present': broken({
    checkAck(now, tcb, segment) {
      if (tcb.parts.sequence.less(tcb.snd.nxt, segment.ack)) segment.ack = tcb.snd.nxt;
      return connection.checkAck(now, tcb, segment);
    },
  }),
  'drops a bad ACK in SYN-RECEIVED in silence': broken({
    checkAck(now, tcb, segment) {
      const good = connection.checkAck(now, tcb, segment);
      if (!good) tcb.output.length = 0;
      return good;
    },
  }),
  'believes an ACK of any age': broken({
    checkAck(now, tcb, segment) {
      tcb.snd.maxWnd = 2 ** 30;
      return connection.checkAck(now, tcb, segment);
    },
  }),
  'frees whole segments only': broken({
    checkAck(now, tcb, segment) {
      const { queue } = tcb.recovery;
      const first = queue.length > 0 ? queue.at(0) : null;
      const end = first === null ? segment.ack : tcb.parts.sequence.add(first.seq, first.len);
      if (first !== null && tcb.parts.sequence.less(segment.ack, end)) segment.ack = tcb.snd.una;
      return connection.checkAck(now, tcb, segment);
    },
  }),
  'drops the octets of a repeated ACK': broken({
    checkAck: (now, tcb, segment) =>
      connection.checkAck(now, tcb, segment) &&
      !(segment.payloadLength > 0 && tcb.parts.sequence.less(segment.ack, tcb.snd.una)),
  }),
  'takes its FIN for acknowledged at once': broken({
    checkAck(now, tcb, segment) {
      if (tcb.finSent && tcb.state !== 'TIME-WAIT') segment.ack = tcb.snd.nxt;
      return connection.checkAck(now, tcb, segment);
    },
  }),

  // Text and FIN.
  'delays no ACK': broken({
    takeText(now, tcb, segment) {
      const good = connection.takeText(now, tcb, segment);
      if (segment.payloadLength > 0) tcb.ackNow = true;
      return good;
    },
  }),
  'delays every ACK': broken({
    takeText(now, tcb, segment) {
      const good = connection.takeText(now, tcb, segment);
      if (tcb.ackNow) tcb.timers.set('delayed-ack', now + tcb.settings.delayedAck);
      tcb.ackNow = false;
      return good;
    },
  }),
  'takes text only in ESTABLISHED': broken({
    takeText: (now, tcb, segment) => tcb.state !== 'ESTABLISHED' || connection.takeText(now, tcb, segment),
  }),
  'takes text after the FIN': broken({
    takeText(now, tcb, segment) {
      if (segment.payloadLength > 0 && tcb.finReceived) tcb.ackNow = true;
      return connection.takeText(now, tcb, segment);
    },
  }),
  'drops segments that it has in part': broken({
    takeText: (now, tcb, segment) =>
      tcb.parts.sequence.less(segment.seq, tcb.rcv.nxt) || connection.takeText(now, tcb, segment),
  }),
  'drops segments that pass the right edge': broken({
    takeText: (now, tcb, segment) =>
      segment.payloadLength > tcb.rcv.wnd || connection.takeText(now, tcb, segment),
  }),
  'skips urgent octets': broken({
    takeText: (now, tcb, segment) => (segment.flags & URG) !== 0 || connection.takeText(now, tcb, segment),
  }),
  'drops a FIN at a hole': broken({
    checkFin(now, tcb, segment) {
      const good = connection.checkFin(now, tcb, segment);
      if (!tcb.finReceived) tcb.finAt = null;
      return good;
    },
  }),
  'goes from FIN-WAIT-1 to TIME-WAIT on any FIN': broken({
    checkFin(now, tcb, segment) {
      const good = connection.checkFin(now, tcb, segment);
      if (tcb.state === 'CLOSING') tcb.state = 'TIME-WAIT';
      return good;
    },
  }),
  'does not acknowledge a FIN': broken({
    checkFin(now, tcb, segment) {
      const good = connection.checkFin(now, tcb, segment);
      if ((segment.flags & FIN) !== 0) tcb.ackNow = false;
      return good;
    },
  }),
  'is deaf to FINs': broken({ checkFin: () => true }),
  'leaves TIME-WAIT after one MSL': broken({
    checkFin(now, tcb, segment) {
      const good = connection.checkFin(now, tcb, segment);
      if (tcb.timers.isSet('time-wait')) tcb.timers.set('time-wait', now + tcb.settings.msl);
      return good;
    },
  }),
  'stays in TIME-WAIT': broken({ timeWaitTimeout: () => undefined }),
  'knows no half-close': broken({
    checkFin(now, tcb, segment) {
      const good = connection.checkFin(now, tcb, segment);
      if (tcb.state === 'CLOSE-WAIT' && !tcb.closing) connection.close(now, tcb);
      return good;
    },
  }),

  // Where there is no connection yet, or no more.
  'is silent on closed ports': broken({ closedArrives: () => null }),
  'answers resets on closed ports': broken({
    closedArrives(segment) {
      segment.flags &= ~RST;
      return connection.closedArrives(segment);
    },
  }),
  'acknowledges one number whatever came': broken({
    closedArrives(segment) {
      segment.payloadEnd = segment.payloadStart;
      return connection.closedArrives(segment);
    },
  }),
  'listens to resets': broken({
    listenArrives(now, tcb, segment) {
      segment.flags &= ~RST;
      connection.listenArrives(now, tcb, segment);
    },
  }),
  'drops ACKs for a listener in silence': broken({
    listenArrives(now, tcb, segment) {
      if (!segment.hasAck) connection.listenArrives(now, tcb, segment);
    },
  }),
  'takes anything for a SYN': broken({
    listenArrives(now, tcb, segment) {
      if (!segment.hasAck && !segment.rst && !segment.syn) {
        tcb.output.push({ seq: segment.ack, flags: RST });
      }
      connection.listenArrives(now, tcb, segment);
    },
  }),
  'loses text on a SYN': broken({
    listenArrives(now, tcb, segment) {
      segment.payloadEnd = segment.payloadStart;
      connection.listenArrives(now, tcb, segment);
    },
  }),
  'knows no simultaneous open': broken({
    synSentArrives(now, tcb, segment) {
      if (segment.hasAck || !segment.syn) connection.synSentArrives(now, tcb, segment);
    },
  }),
  'drops a bad ACK in SYN-SENT in silence': broken({
    synSentArrives(now, tcb, segment) {
      if (!segment.hasAck || segment.ack === tcb.snd.nxt) connection.synSentArrives(now, tcb, segment);
    },
  }),
  'takes any reset in SYN-SENT': broken({
    synSentArrives(now, tcb, segment) {
      if (segment.rst) {
        segment.flags |= ACK;
        segment.ack = tcb.snd.nxt;
      }
      connection.synSentArrives(now, tcb, segment);
    },
  }),
  'ignores resets in SYN-SENT': broken({
    synSentArrives(now, tcb, segment) {
      if (!segment.rst) connection.synSentArrives(now, tcb, segment);
    },
  }),
  'takes an ACK for a SYN,ACK': broken({
    synSentArrives(now, tcb, segment) {
      if (segment.hasAck && !segment.rst) segment.flags |= SYN;
      connection.synSentArrives(now, tcb, segment);
    },
  }),
  'loses text on a SYN,ACK': broken({
    synSentArrives(now, tcb, segment) {
      segment.payloadEnd = segment.payloadStart;
      connection.synSentArrives(now, tcb, segment);
    },
  }),

  // The user's calls.
  'resets when SYN-SENT is closed': broken({
    close(now, tcb) {
      const opening = tcb.state === 'SYN-SENT';
      const refused = connection.close(now, tcb);
      if (opening) tcb.output.push({ seq: tcb.snd.nxt, flags: RST });
      return refused;
    },
  }),
  'closes SYN-RECEIVED without a FIN': broken({
    close(now, tcb) {
      if (tcb.state === 'SYN-RECEIVED') return null;
      return connection.close(now, tcb);
    },
  }),
  'aborts in silence': broken({
    abort(now, tcb) {
      connection.abort(now, tcb);
      tcb.output.length = 0;
    },
  }),
  'aborts aloud in every state': broken({
    abort(now, tcb) {
      const reset = { seq: tcb.snd.nxt, flags: RST };
      connection.abort(now, tcb);
      if (tcb.output.length === 0) tcb.output.push(reset);
    },
  }),
  'sends after CLOSE': broken({
    send: (_now, tcb) => (tcb.state === 'CLOSED' ? connection.send(_now, tcb) : null),
  }),
  'refuses SEND before the connection is open': broken({
    send: (now, tcb) => (tcb.state === 'SYN-SENT' ? 'connection-does-not-exist' : connection.send(now, tcb)),
  }),
  'hides what was received before the FIN': broken({
    receive: (now, tcb) => (tcb.finReceived ? 'connection-closing' : connection.receive(now, tcb)),
  }),

  // Loss recovery.
  'never gives up': altered('retransmission', {
    timeout(now, tcb) {
      tcb.recovery.overdueSince = null;
      return retransmission.timeout(now, tcb);
    },
  }),
  'gives up at the third timeout': altered('retransmission', {
    timeout: (now, tcb) => retransmission.timeout(now, tcb) && tcb.recovery.queue.at(0).transmissions < 3,
  }),
  'sends nothing again': altered('retransmission', { next: () => null }),
  'samples what was sent twice': altered('retransmission', {
    acknowledged(now, tcb, ack, acked) {
      const { queue } = tcb.recovery;
      for (let i = 0; i < queue.length; i++) queue.at(i).transmissions = 1;
      retransmission.acknowledged(now, tcb, ack, acked);
    },
  }),
  'lets the timer run over an ACK': altered('retransmission', {
    acknowledged(now, tcb, ack, acked) {
      const deadline = tcb.timers.deadline('retransmission');
      retransmission.acknowledged(now, tcb, ack, acked);
      tcb.timers.set('retransmission', deadline);
    },
  }),
  'is deaf to duplicate ACKs': altered('retransmission', { duplicate: () => undefined }),
  'takes two duplicate ACKs for three': altered('retransmission', {
    duplicate(now, tcb) {
      if (tcb.recovery.duplicateAcks === 1) tcb.recovery.duplicateAcks++;
      retransmission.duplicate(now, tcb);
    },
  }),
  'recovers after a timeout': altered('retransmission', {
    duplicate(now, tcb) {
      if (!tcb.recovery.inRecovery) tcb.recovery.recover = null;
      retransmission.duplicate(now, tcb);
    },
  }),
  'takes a partial ACK for a full one': altered('retransmission', {
    acknowledged(now, tcb, ack, acked) {
      tcb.recovery.recover = ack;
      retransmission.acknowledged(now, tcb, ack, acked);
    },
  }),
  'counts any ACK as a duplicate': broken({
    checkAck(now, tcb, segment) {
      const { una } = tcb.snd;
      const before = tcb.recovery.duplicateAcks;
      const good = connection.checkAck(now, tcb, segment);
      const counted = tcb.recovery.duplicateAcks > before;
      if (segment.ack === una && una !== tcb.snd.nxt && !counted) retransmission.duplicate(now, tcb);
      return good;
    },
  }),
  'does not back off': altered('rtt', { backOff: (rto) => rto }),
  'backs off threefold': altered('rtt', { backOff: (rto, settings) => Math.min(settings.maxRto, 3 * rto) }),
  'has no ceiling': altered('rtt', { backOff: (rto) => 2 * rto }),
  'has no floor': altered('rtt', {
    timeout: (one, settings) => rtt.timeout(one, { ...settings, minRto: 0 }),
  }),
  'starts with RTO of 3 s': altered('rtt', {
    timeout: (one, settings) => rtt.timeout(one, { ...settings, initialRto: 3_000_000 }),
  }),
  'takes the variation for nothing': altered('rtt', {
    addSample: (one, sample) => ({ ...rtt.addSample(one, sample), rttvar: 0 }),
  }),
  'believes the last sample alone': altered('rtt', {
    addSample: (_one, sample) => rtt.addSample(null, sample),
  }),

  // Congestion.
  'starts with ten segments': altered('congestion', { create: (smss) => congestion.create(smss, 10 * smss) }),
  'starts with three segments whatever their size': altered('congestion', {
    create: (smss, window) => congestion.create(smss, window || 3 * smss),
  }),
  'never grows its window': altered('congestion', { acknowledged: () => undefined }),
  'grows by what is acknowledged': altered('congestion', {
    acknowledged(state, acked) {
      state.cwnd += acked;
    },
  }),
  'keeps its window after a timeout': altered('congestion', { timeout: () => undefined }),
  'halves again for the same loss': altered('congestion', {
    timeout: (state, flight, smss) => congestion.timeout(state, Math.floor(flight / 2), smss, true),
  }),
  'does not halve': altered('congestion', {
    enterRecovery: (state, flight, smss) => congestion.enterRecovery(state, 2 * flight, smss),
  }),
  'does not inflate': altered('congestion', { duplicate: () => undefined }),
  'does not deflate': altered('congestion', { exitRecovery: () => undefined }),

  // The peer's window.
  'takes a window from any segment': altered('sendWindow', {
    update(tcb, segment) {
      tcb.snd.wl1 = segment.seq;
      tcb.snd.wl2 = segment.ack;
      sendWindow.update(tcb, segment);
    },
  }),
  'keeps the first window': altered('sendWindow', { update: () => undefined }),
  'ignores the peer’s window': altered('sendWindow', {
    nextPayload: (_now, tcb, unsent) => Math.min(unsent, tcb.snd.mss),
  }),
  'takes windows for signed': reading((segment) => {
    segment.wnd = Math.max(0, (segment.wnd << 16) >> 16);
  }),
  'knows no Nagle': altered('sendWindow', {
    nextPayload(now, tcb, unsent) {
      const size = sendWindow.nextPayload(now, tcb, unsent);
      const free = tcb.snd.wnd - tcb.parts.sequence.distance(tcb.snd.una, tcb.snd.nxt);
      return size === 0 ? Math.max(0, Math.min(unsent, free, tcb.snd.mss)) : size;
    },
  }),
  'always gathers small writes': altered('sendWindow', {
    nextPayload(now, tcb, unsent) {
      const size = sendWindow.nextPayload(now, tcb, unsent);
      return size < tcb.snd.mss && tcb.snd.una !== tcb.snd.nxt && !tcb.closing ? 0 : size;
    },
  }),
  'sends no limited transmit': altered('sendWindow', {
    nextPayload(now, tcb, unsent) {
      const { duplicateAcks } = tcb.recovery;
      if (!tcb.recovery.inRecovery) tcb.recovery.duplicateAcks = 0;
      const size = sendWindow.nextPayload(now, tcb, unsent);
      tcb.recovery.duplicateAcks = duplicateAcks;
      return size;
    },
  }),

  // Queues.
  'admits every SYN': altered('listener', { admits: () => true }),
  'completes every handshake': altered('listener', { completes: () => true }),
  'completes no handshake before another waits': altered('listener', {
    completes: ({ acceptable, halfOpen }) => acceptable > 0 || halfOpen > 1,
  }),
  'counts only what waits for accept()': altered('listener', {
    admits: ({ backlog, acceptable }) => acceptable <= backlog,
  }),
  'admits one SYN fewer': altered('listener', {
    admits: (queues) =>
      listener.admits({ ...queues, halfOpen: queues.halfOpen + 1, acceptable: queues.acceptable + 1 }),
  }),

  // The wire.
  'announces no MSS': writing((segment) => {
    segment.mss = 0;
  }),
  'announces its MSS on every segment': writing((segment) => {
    segment.mss = 1460;
  }),
  'ignores the peer’s MSS': reading((segment) => {
    if (segment.mss > 0) segment.mss = 1460;
  }),
  'takes 1460 where no MSS is announced': reading((segment) => {
    if (segment.syn && segment.mss === 0) segment.mss = 1460;
  }),
  'takes an MSS at any time': reading((segment) => {
    if (!segment.syn && segment.mss > 0) segment.payloadEnd = segment.payloadStart;
  }),
  'scales by 15': reading((segment) => {
    if (segment.windowScale === 14) segment.windowScale = 15;
  }),
  'offers no window scale': writing((segment) => {
    segment.windowScale = -1;
  }),
  'offers a window scale where none was offered': writing((segment) => {
    if (segment.syn) segment.windowScale = 5;
  }),
  'does not read the window scale': reading((segment) => {
    segment.windowScale = -1;
  }),
  'sends no PSH': writing((segment) => {
    segment.flags &= ~PSH;
  }),
  'drops segments with options on data': reading((segment) => {
    if (!segment.syn && (segment.windowScale >= 0 || segment.mss > 0)) segment.flags = 0;
  }),
  'always offers the whole window': writing((segment) => {
    segment.wnd = 65_535;
  }),
  'acknowledges one octet too many': writing((segment) => {
    if (!segment.syn && segment.hasAck) segment.ack = ((segment.ack + 1) >>> 0) as typeof segment.ack;
  }),
  'keeps no octets out of order': altered('reassembler', {
    create() {
      const inner = referenceParts.reassembler.create();
      return {
        get available() {
          return inner.available;
        },
        get ranges() {
          return inner.ranges;
        },
        insert: (offset, source, from, to) => (offset > 0 ? 0 : inner.insert(offset, source, from, to)),
        read: (into, from, to) => inner.read(into, from, to),
        clear: () => inner.clear(),
      };
    },
  }),
};
