/** Tail loss probes: where the last segments of a flight are lost nothing tells of it, so one more is sent to ask. @rfc 8985 7 */
import type { Micros, Octets, Seq } from '../units.ts';
import type { Segment } from '../wire/segment.ts';
import { rackOf, type Rack } from './rack.ts';
import { flightSize, reduceWindow } from './recovery.ts';
import type { Tcb } from './tcb.ts';

/** What a peer may add to a round trip before it acknowledges a single segment. @rfc 8985 7.2 TLP.max_ack_delay */
const MAX_ACK_DELAY: Micros = 200_000;
/** PTO while no round-trip time is known. @rfc 8985 7.2 */
const UNKNOWN: Micros = 1_000_000;

/**
 * New octets were sent, or acknowledged: start the timer anew, unless losses are being repaired or the peer has something
 * beyond a hole, where other means find out. With a probe out, or none answered by a sample since, none would be sent.
 *
 * @rfc 8985 7.2
 */
export function scheduleProbe(now: Micros, tcb: Tcb): void {
  const { recovery, timers, rtt } = tcb;
  const rack = rackOf(tcb);
  if (rack === null) return;
  timers.cancel('tail-loss-probe');
  const { queue } = recovery;
  const busy = recovery.inRecovery || recovery.recover !== null || queue.sackedSegments > 0;
  if (busy || queue.length === 0 || rack.probeEnd !== null || !rack.sampled) return;
  const single = queue.length === 1 ? MAX_ACK_DELAY : 0;
  const probeTimeout = rtt === null ? UNKNOWN : 2 * rtt.srtt + single;
  timers.set('tail-loss-probe', Math.min(now + probeTimeout, timers.deadline('retransmission')));
}

/** The timer has expired: one segment goes out, new if there is one, and the retransmission timer starts anew. @rfc 8985 7.3, 7.3-new, 7.3-retransmit, 7.3-once */
export function sendProbe(now: Micros, tcb: Tcb): void {
  const { recovery, snd, parts, timers } = tcb;
  const rack = rackOf(tcb);
  if (rack === null || recovery.queue.length === 0) return;
  const outstanding = parts.sequence.distance(snd.una, snd.nxt);
  if (unsentText(tcb) > 0 && outstanding < snd.wnd) rack.probing = true;
  else {
    const { queue } = recovery;
    const last = queue.at(queue.length - 1);
    if (last.sacked || parts.sequence.distance(snd.una, last.seq) >= snd.wnd) return;
    recovery.urgent = last;
    rack.probedAgain = true;
    rack.probeEnd = snd.nxt;
    rack.sampled = false;
  }
  timers.set('retransmission', now + tcb.rto);
}

/** The payload of a probe of new octets; 0 = none is to go out. */
export function probePayload(tcb: Tcb): Octets {
  const { recovery, snd, parts } = tcb;
  if (recovery.rack === null || !recovery.rack.probing) return 0;
  const room = snd.wnd - parts.sequence.distance(snd.una, snd.nxt);
  return Math.max(0, Math.min(unsentText(tcb), snd.mss, room));
}

/** A segment that ends with `end` was sent for the first time. @returns whether it was the probe */
export function isProbe(rack: Rack, end: Seq): boolean {
  if (!rack.probing) return false;
  rack.probing = false;
  rack.probedAgain = false;
  rack.probeEnd = end;
  rack.sampled = false;
  return true;
}

/**
 * What an ACK tells of the probe. Where its acknowledgement goes on beyond the retransmission, and no duplicate is told
 * of, the probe has repaired a loss that nothing else will answer.
 *
 * @rfc 8985 7.4.2
 */
export function judgeProbe(now: Micros, tcb: Tcb, rack: Rack, { ack, len, sack }: Segment): void {
  const { probeEnd } = rack;
  const { sequence } = tcb.parts;
  if (probeEnd === null || sequence.less(ack, probeEnd)) return;
  const bare = ack === tcb.snd.una && len === 0 && sack.length === 0;
  const beyond = sequence.less(probeEnd, ack);
  if (rack.probedAgain && rack.duplicateEnd !== probeEnd && !bare) {
    if (!beyond) return;
    reduceWindow(now, tcb, flightSize(tcb));
  }
  rack.probeEnd = null;
}

function unsentText({ parts, sendBuffer, snd, synAcked }: Tcb): Octets {
  return sendBuffer.length - (parts.sequence.distance(snd.una, snd.nxt) - (synAcked ? 0 : 1));
}
