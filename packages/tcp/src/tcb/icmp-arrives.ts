/** An ICMP error about a segment of ours. @rfc 9293 3.9.2.2; 5927 */
import type { Micros, Octets, Seq } from '../units.ts';
import type { ConnectionErrorCode, Tcb } from './tcb.ts';
import { end } from './user-calls.ts';

/** What IP has learned of one segment that we sent. Anyone can write an ICMP error: all of it may be a lie. */
export interface IcmpReport {
  /**
   * `hard` will not pass, `soft` may pass, `too-big` asks for smaller packets, `quench` for fewer.
   *
   * @rfc 9293 3.9.2.2; 1122 4.2.3.9
   */
  readonly kind: 'hard' | 'soft' | 'too-big' | 'quench';
  /** What a user is told. */
  readonly code: ConnectionErrorCode;
  /** SEG.SEQ of the quoted segment. */
  readonly seq: Seq;
  /** With `too-big`: what the next hop takes; 0 = not told, by routers older than RFC 1191. */
  readonly mtu: Octets;
  /** Of the quoted packet with its header. */
  readonly quotedLength: Octets;
}

/**
 * Take a report, unless it is about nothing in flight: a stranger who does not see our segments cannot name one.
 *
 * Hard errors end a connection only before it is synchronized; later they count as soft. The retransmission timer ends
 * one whose peer is truly gone, and no forged packet does.
 *
 * @returns false when it was passed over
 * @rfc 5927 4.1, 5.2, 6.2; 9293 3.9.2.2 MUST-54, MUST-55, MUST-56, SHLD-25, SHLD-26
 */
export function icmpArrives(now: Micros, tcb: Tcb, report: IcmpReport): boolean {
  if (report.kind === 'quench' || !isInFlight(tcb, report.seq)) return false;
  if (report.kind === 'too-big') return tcb.parts.path.tooBig(now, tcb, report);
  const opening = tcb.state === 'SYN-SENT' || tcb.state === 'SYN-RECEIVED';
  const ends = report.kind === 'hard' || tcb.settings.softErrorsEndOpen;
  if (!opening || !ends) tcb.softError = report.code;
  else if (tcb.passive) end(tcb, null, 'LISTEN');
  else end(tcb, report.code);
  return true;
}

/** SND.UNA =< SEG.SEQ < SND.NXT. @rfc 5927 4.1 */
function isInFlight({ snd, parts, state }: Tcb, at: Seq): boolean {
  if (state === 'CLOSED' || state === 'LISTEN') return false;
  return parts.sequence.lessOrEqual(snd.una, at) && parts.sequence.less(at, snd.nxt);
}
