/** TIME-WAIT, and the ways out of it: what a SYN, or a reset, may do to a connection that only waits. @rfc 9293 3.6.1; 6191; 1337 */
import type { Micros } from '../units.ts';
import type { Segment } from '../wire/segment.ts';
import type { Tcb } from './tcb.ts';
import { isOlder } from './timestamps.ts';

/** @rfc 9293 3.4.2 MUST-13 */
export function startTimeWait(now: Micros, tcb: Tcb): void {
  tcb.state = 'TIME-WAIT';
  tcb.timers.cancelAll();
  tcb.timers.set('time-wait', now + 2 * tcb.settings.msl);
  // Minutes of waiting need no buffers.
  tcb.sendBuffer.clear();
  if (tcb.reassembler.available === 0) tcb.reassembler.clear();
}

/** In TIME-WAIT the peer's FIN came again: two MSL begin anew. @rfc 9293 3.10.7.4 eighth */
export function repeatedFin(now: Micros, tcb: Tcb): void {
  startTimeWait(now, tcb);
}

/** Which SYNs may end TIME-WAIT and open the pair of sockets anew. */
export const TIME_WAIT_REUSE = {
  never: 0,
  /** Where timestamps are in use. @rfc 9293 3.6.1 SHLD-4 */
  byTimestamps: 1,
  /** Also where they are not, by the sequence number. @rfc 9293 3.6.1 MAY-2 */
  bySequence: 2,
} as const;

/**
 * Whether a SYN is newer than the connection that it would replace. One that is not is challenged, as in every other
 * synchronized state: RFC 9293 §3.10.7.4 prefers that to the silence of RFC 6191. Either way TIME-WAIT goes on.
 *
 * @rfc 6191 2-ts, 2-nots; 9293 3.6.1 SHLD-4, MAY-2
 */
export function mayReopen({ options, rcv, parts, settings }: Tcb, syn: Segment): boolean {
  if (!syn.syn || syn.hasAck || syn.rst || syn.fin) return false;
  const stamps = Boolean(settings.timestamps);
  if (settings.timeWaitReuse < (stamps ? TIME_WAIT_REUSE.byTimestamps : TIME_WAIT_REUSE.bySequence))
    return false;
  const higher = !parts.sequence.less(syn.seq, rcv.nxt);
  if (!stamps || !syn.timestamps) return higher;
  if (!options.timestamps || isOlder(options.tsRecent, syn.tsVal)) return true;
  return syn.tsVal === options.tsRecent && higher;
}
