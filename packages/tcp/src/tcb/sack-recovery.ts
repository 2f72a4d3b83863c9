/** Loss recovery by what the peer selects: how the scoreboard is filled, and what it asks for. @rfc 2018 5, 6675 */
import type { Micros } from '../units.ts';
import type { Segment } from '../wire/segment.ts';
import { noteDelivered, rackOf } from './rack.ts';
import { enterRecovery, flightSize, sendUrgently } from './recovery.ts';
import type { SentSegment } from './retransmit-queue.ts';
import { sampleRoundTrip } from './round-trip.ts';
import type { Tcb } from './tcb.ts';

/** ACKs that tell of octets beyond a hole: so many say that the octets in it are lost. @rfc 6675 2 DupThresh */
const DUP_THRESH = 3;

/**
 * Put the blocks of an ACK on the scoreboard. A segment counts as arrived when a block covers it whole.
 *
 * @returns whether one of them arrived that no ACK told of before
 * @rfc 2018 5-record, 5-skip; 6675 2-dup, 4
 */
export function takeBlocks(now: Micros, tcb: Tcb, { ack, sack }: Segment): boolean {
  const { snd, parts, recovery } = tcb;
  const { sequence } = parts;
  const { queue } = recovery;
  const rack = rackOf(tcb);
  const flight = flightSize(tcb);
  let news = false;
  let sentAt = -1;
  for (const { left, right } of sack) {
    // What the ACK itself covers, or what was never sent, tells nothing.
    if (!sequence.less(left, right) || !sequence.less(ack, right) || sequence.less(snd.nxt, right)) continue;
    for (let i = queue.indexOf(sequence.less(left, ack) ? ack : left); i < queue.length; i++) {
      const record = queue.at(i);
      if (sequence.less(right, sequence.add(record.seq, record.len))) break;
      if (!queue.markSacked(i)) continue;
      news = true;
      if (recovery.urgent === record) recovery.urgent = null;
      if (record.transmissions === 1) sentAt = Math.max(sentAt, record.sentAt);
      if (rack !== null) noteDelivered(now, tcb, rack, record);
    }
  }
  if (news && recovery.duplicateAcks === 0) recovery.flightAtFirst = flight;
  if (sentAt >= 0) sampleRoundTrip(tcb, now - sentAt);
  return news;
}

/** Whether the first block tells of octets that came twice, not of what was asked for. @rfc 2883 4-first, 4-second */
export function tellsDuplicate({ parts: { sequence } }: Tcb, { ack, sack }: Segment): boolean {
  if (sack.length === 0) return false;
  if (sequence.less(sack[0].left, ack)) return true;
  return (
    sack.length > 1 &&
    sequence.lessOrEqual(sack[1].left, sack[0].left) &&
    sequence.lessOrEqual(sack[0].right, sack[1].right)
  );
}

/** An ACK told of new octets beyond a hole: what do they say of those before? @rfc 6675 5-DupAcks, 5-4.3, 5.1 */
export function detectBySack(now: Micros, tcb: Tcb): void {
  const { recovery, snd } = tcb;
  const { queue } = recovery;
  const lost = queue.lostBySack(snd.mss);
  if (!recovery.inRecovery) {
    // After a timeout no recovery begins before all that was out is acknowledged. RFC 6675 §5.1.
    if (recovery.recover !== null || (recovery.duplicateAcks < DUP_THRESH && lost === 0)) return;
    enterRecovery(now, tcb, recovery.flightAtFirst);
    sendUrgently(tcb, 0);
  }
  queue.markLostBefore(lost, recovery.reducedAt);
}

/**
 * When neither what is lost nor anything new can go: the next hole though nothing says that it is lost, or once in a
 * recovery the last segment that is out, so that an ACK comes back.
 *
 * @returns null = nothing of the kind
 * @rfc 6675 4-nextseg3, 4-rescue
 */
export function spareSegment(tcb: Tcb): SentSegment | null {
  const { congestion, parts, recovery, snd } = tcb;
  const { queue, highRxt } = recovery;
  if (!recovery.inRecovery || congestion.cwnd - flightSize(tcb) < snd.mss) return null;
  const hole = queue.unsackedHole(highRxt === null ? 0 : queue.indexOf(highRxt));
  const index = hole >= 0 || recovery.rescued ? hole : queue.lastUnsacked();
  if (index < 0) return null;
  const record = queue.at(index);
  // What this recovery has sent already would tell nothing more.
  if (record.transmissions > 1 && record.sentAt >= recovery.reducedAt) return null;
  return parts.sequence.distance(snd.una, record.seq) < snd.wnd ? record : null;
}

/** `record` went out again in a recovery; `wasLost` = it was taken for lost. @rfc 6675 5 (C.2), 4 NextSeg (3), (4) */
export function noteSentAgain({ parts, recovery }: Tcb, record: SentSegment, wasLost: boolean): void {
  const { sequence } = parts;
  const { queue, highRxt } = recovery;
  const index = queue.indexOf(record.seq);
  if (!wasLost && queue.unsackedHole(index) !== index) {
    recovery.rescued = true;
    return;
  }
  if (!wasLost) queue.markDoubled(record);
  const end = sequence.add(record.seq, record.len);
  if (highRxt === null || sequence.less(highRxt, end)) recovery.highRxt = end;
}
