/** Segments that arrive before the connection is synchronized: in CLOSED, LISTEN and SYN-SENT. @rfc 9293 3.10.7.1, 3.10.7.2, 3.10.7.3 */
import type { Micros, Octets } from '../units.ts';
import { RST, SYN, type Segment } from '../wire/segment.ts';
import { seq, seqAdd } from '../wire/seq.ts';
import { watchPeer } from './keep-alive.ts';
import type { Outgoing } from './parts.ts';
import { effectiveMss } from './path-mtu.ts';
import { insertText } from './receive-window.ts';
import { agreeOnOptions } from './segment-options.ts';
import { defaultMss, type Tcb } from './tcb.ts';
import { end, sendSyn } from './user-calls.ts';
import { progress } from './user-timeout.ts';

/** @rfc 9293 3.10.7.1, 3.5.2 group 1 */
export function closedArrives(segment: Segment): Outgoing | null {
  if (segment.rst) return null;
  if (segment.hasAck) return { seq: segment.ack, flags: RST };
  return { seq: seq(0), ack: seqAdd(segment.seq, segment.len), flags: RST };
}

/** @rfc 9293 3.10.7.2 */
export function listenArrives(now: Micros, tcb: Tcb, segment: Segment): void {
  if (segment.rst) return;
  if (segment.hasAck) {
    tcb.output.push({ seq: segment.ack, flags: RST });
    return;
  }
  // A SYN that carries a FIN opens nothing, as in Linux: no sane peer ends what it has not begun.
  if (!segment.syn || segment.fin) return;
  takeSyn(now, tcb, segment);
  sendSyn(tcb);
  tcb.output.push({ seq: tcb.iss, ack: tcb.rcv.nxt, flags: SYN });
  tcb.state = 'SYN-RECEIVED';
}

/** @rfc 9293 3.10.7.3, 3.5 MUST-10; 5961 3.2-synsent */
export function synSentArrives(now: Micros, tcb: Tcb, segment: Segment): void {
  const { sequence, retransmission } = tcb.parts;
  const { snd } = tcb;
  const acceptable =
    segment.hasAck && sequence.less(snd.una, segment.ack) && sequence.lessOrEqual(segment.ack, snd.nxt);
  if (segment.hasAck && !acceptable) {
    if (!segment.rst) tcb.output.push({ seq: segment.ack, flags: RST });
    return;
  }
  if (segment.rst) {
    if (acceptable) end(tcb, 'ECONNREFUSED');
    return;
  }
  if (!segment.syn) return;
  if (acceptable) {
    retransmission.acknowledged(now, tcb, segment.ack, sequence.distance(snd.una, segment.ack));
    snd.una = segment.ack;
  }
  takeSyn(now, tcb, segment);
  if (acceptable) {
    established(now, tcb);
    tcb.ackNow = true;
    tcb.state = 'ESTABLISHED';
    // Its text is in already; a FIN may end it.
    segment.flags &= ~SYN;
    segment.seq = sequence.add(segment.seq, 1);
    tcb.parts.connection.checkFin(now, tcb, segment);
    return;
  }
  // Both ends opened at once: our SYN goes out again, now as an answer. @rfc 9293 3.5 figure 8
  tcb.output.push({ seq: tcb.iss, ack: tcb.rcv.nxt, flags: SYN });
  tcb.state = 'SYN-RECEIVED';
}

/** What a SYN tells: the peer's numbers, window, options and early text. @rfc 9293 3.7.1 MUST-14, MUST-15 */
function takeSyn(now: Micros, tcb: Tcb, segment: Segment): void {
  tcb.irs = segment.seq;
  tcb.rcv.nxt = tcb.parts.sequence.add(segment.seq, 1);
  takeSynOptions(now, tcb, segment);
  // Text on a SYN waits in the reassembler; it is readable once the connection is open. RFC 9293 §3.4.
  insertText(tcb, 0, segment, segment.payloadStart);
}

/** The window and the options of a SYN, once IRS and RCV.NXT are known. */
export function takeSynOptions(now: Micros, tcb: Tcb, segment: Segment): void {
  const { rcv, snd } = tcb;
  rcv.up = rcv.nxt;
  snd.wnd = segment.wnd;
  snd.maxWnd = Math.max(snd.maxWnd, snd.wnd);
  snd.wl1 = segment.seq;
  snd.wl2 = segment.ack;
  agreeOnOptions(now, tcb, segment);
  tcb.path.peerMss = Math.max(MIN_MSS, Math.min(segment.mss > 0 ? segment.mss : defaultMss(tcb), rcv.mss));
  snd.mss = effectiveMss(tcb);
}

/** A peer that announces less is given this, so that headers do not swamp data. Linux uses the same floor. */
const MIN_MSS: Octets = 48;

/** What was said of segments that did not arrive is over: the peer has answered. */
export function noTrouble(tcb: Tcb): void {
  tcb.softError = null;
  tcb.unanswered = false;
}

/** @rfc 6298 5.7 */
const RTO_AFTER_LOST_SYN: Micros = 3_000_000;

/** Our SYN is acknowledged. @rfc 5681 3.1-IW-hs, 3.1-IW-loss */
export function established(now: Micros, tcb: Tcb): void {
  const { parts, snd, settings } = tcb;
  tcb.synAcked = true;
  noTrouble(tcb);
  watchPeer(now, tcb);
  progress(now, tcb);
  tcb.congestion = parts.congestion.create(snd.mss, settings.initialWindow);
  // RFC 6298 §5.7 and RFC 5681 §3.1: a SYN that was lost asks for caution.
  if (tcb.rtt === null && tcb.rto > settings.initialRto) {
    tcb.rto = Math.min(RTO_AFTER_LOST_SYN, settings.maxRto);
    tcb.congestion.cwnd = Math.min(tcb.congestion.cwnd, snd.mss);
  }
}
