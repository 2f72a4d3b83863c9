/** How much may be sent now: the peer's window, the congestion window, Nagle and silly windows. @rfc 9293 3.7.4, 3.8.6 */
import type { Micros, Octets } from '../units.ts';
import type { Segment } from '../wire/segment.ts';
import { flightSize } from './recovery.ts';
import type { Tcb } from './tcb.ts';

export interface SendWindowPart {
  /** Take SND.WND from a segment, unless an older one brought it. */
  update(tcb: Tcb, segment: Segment): void;
  /**
   * The payload of the next segment.
   *
   * @param unsent octets that wait to be sent for the first time
   * @returns 0 = hold back
   */
  nextPayload(now: Micros, tcb: Tcb, unsent: Octets): Octets;
}

/**
 * Only a segment that is not older than the one that set the window last may set it again.
 *
 * @rfc 9293 3.10.7.4 fifth, 7323 2.3
 */
function update(tcb: Tcb, segment: Segment): void {
  const { snd, parts } = tcb;
  const { sequence } = parts;
  const newer =
    sequence.less(snd.wl1, segment.seq) ||
    (snd.wl1 === segment.seq && sequence.lessOrEqual(snd.wl2, segment.ack));
  if (!newer) return;
  // The window of a SYN is never scaled. RFC 7323 §2.2.
  snd.wnd = segment.syn ? segment.wnd : segment.wnd * 2 ** snd.scale;
  snd.maxWnd = Math.max(snd.maxWnd, snd.wnd);
  snd.wl1 = segment.seq;
  snd.wl2 = segment.ack;
}

/**
 * @rfc 9293 3.8.6.2.1 MUST-38, 3.7.4 MUST-17, SHLD-7, 3.8.6 SHLD-15; 5681 3, 3.1-use, 3.2-s1, 3.2-s1-sack, 3.2-s5, 4.1
 * @rfc 7323 2.4-3; 3042 2
 */
function nextPayload(now: Micros, tcb: Tcb, unsent: Octets): Octets {
  const { snd, recovery, congestion, settings, parts, options } = tcb;
  const outstanding = parts.sequence.distance(snd.una, snd.nxt);
  // After a pause longer than RTO, old ACKs tell nothing of the path any more.
  if (outstanding === 0 && now - recovery.lastSentAt > tcb.rto) {
    const { cwnd } = parts.congestion.create(snd.mss, settings.initialWindow);
    congestion.cwnd = Math.min(congestion.cwnd, cwnd);
  }
  // Limited transmit: each of the first two duplicate ACKs lets one new segment out. With SACK, what it tells of does.
  const limited = recovery.inRecovery || options.sack ? 0 : Math.min(2, recovery.duplicateAcks) * snd.mss;
  const usable = Math.min(snd.wnd - outstanding, congestion.cwnd + limited - flightSize(tcb));
  const size = Math.min(snd.mss, unsent, usable);
  if (size <= 0) return 0;
  if (size === snd.mss) return size;
  const mayBeSmall = (outstanding === 0 || !settings.nagle) && !settings.cork;
  if (size === unsent && (mayBeSmall || tcb.closing)) return size;
  // A window that never grew beyond twice this piece is as good as a peer has.
  return size >= snd.maxWnd / 2 && mayBeSmall ? size : 0;
}

export const sendWindow: SendWindowPart = { update, nextPayload };
