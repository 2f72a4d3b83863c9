/** Recent acknowledgement: a segment is lost when one that was sent later, by long enough, has arrived. @rfc 8985 5, 6 */
import type { Micros, Seq } from '../units.ts';
import type { SackBlock } from '../wire/segment.ts';
import type { SentSegment } from './retransmit-queue.ts';
import type { Tcb } from './tcb.ts';
import { isOlder, timestamp } from './timestamps.ts';

/** What RACK-TLP knows of a connection. @rfc 8985 5.3, 7.1 */
export interface Rack {
  /** RACK.xmit_ts: when the youngest transmission that has arrived was sent; -1 = none has. */
  sentAt: Micros;
  /** RACK.end_seq: where that segment ends. */
  end: Seq;
  /** RACK.rtt: how long the one that arrived last was under way. */
  rtt: Micros;
  /** RACK.min_RTT of the connection; Infinity = no sample yet. */
  minRtt: Micros;
  /** RACK.fack: behind the furthest octet that has arrived; null = none. */
  furthest: Seq | null;
  /** RACK.reordering_seen: a segment sent once has arrived after one that was sent later. */
  reorderingSeen: boolean;
  /** RACK.reo_wnd_mult: quarters of `minRtt` that a segment may come late. */
  multiplier: number;
  /** RACK.reo_wnd_persist: recoveries that end before `multiplier` is 1 again. */
  persist: number;
  /** RACK.dsack_round: no further duplicate widens the window until this is acknowledged; null = the next does. */
  duplicateRound: Seq | null;
  /** The duplicate that the ACK in hand tells of ends here; null = it tells of none. */
  duplicateEnd: Seq | null;
  /** TLP.end_seq: SND.NXT after the probe that is out; null = none is. */
  probeEnd: Seq | null;
  /** TLP.is_retrans: the probe was a retransmission. */
  probedAgain: boolean;
  /** A round-trip time was taken since the last probe. */
  sampled: boolean;
  /** A probe of new octets is to go out, whatever the congestion window says. */
  probing: boolean;
}

/** Recoveries for which a wider reordering window lasts. @rfc 8985 6.2 step 4 */
const PERSIST = 16;

/** @rfc 8985 6.2 step 4 */
const DUP_THRESH = 3;

export function createRack(): Rack {
  return {
    sentAt: -1,
    end: 0 as Seq,
    rtt: 0,
    minRtt: Infinity,
    furthest: null,
    reorderingSeen: false,
    multiplier: 1,
    persist: 0,
    duplicateRound: null,
    duplicateEnd: null,
    probeEnd: null,
    probedAgain: false,
    sampled: false,
    probing: false,
  };
}

/** Its state where the connection detects losses by time: it was asked to, and the peer selects. @rfc 8985 4 */
export function rackOf({ options, recovery }: Tcb): Rack | null {
  return options.sack ? recovery.rack : null;
}

/** An ACK, of whatever kind, says for the first time that the segment of this record arrived. @rfc 8985 6.2-s3 */
export function noteDelivered(now: Micros, tcb: Tcb, rack: Rack, record: SentSegment): void {
  const { options, parts } = tcb;
  const { sequence } = parts;
  const end = sequence.add(record.seq, record.len);
  const rtt = now - record.sentAt;
  const once = record.transmissions === 1;
  if (once) rack.minRtt = Math.min(rack.minRtt, rtt);
  if (rack.furthest === null || sequence.less(rack.furthest, end)) rack.furthest = end;
  else if (once && sequence.less(end, rack.furthest)) rack.reorderingSeen = true;
  if (!once) {
    // Which of the transmissions it was, only the time can tell.
    if (rtt < rack.minRtt) return;
    if (options.echoed >= 0 && isOlder(options.echoed, timestamp(record.sentAt, options.tsOffset))) return;
  }
  rack.rtt = rtt;
  if (rack.sentAt < 0 || isSentAfter(tcb, record.sentAt, end, rack.sentAt, rack.end)) {
    rack.sentAt = record.sentAt;
    rack.end = end;
  }
}

/** The segments before `ack` that no selective acknowledgement told of. Call before they leave the queue. */
export function noteAcknowledged(now: Micros, tcb: Tcb, rack: Rack, ack: Seq): void {
  const { parts, recovery } = tcb;
  const { sequence } = parts;
  for (let i = 0; i < recovery.queue.length; i++) {
    const record = recovery.queue.at(i);
    if (sequence.less(ack, sequence.add(record.seq, record.len))) return;
    if (!record.sacked) noteDelivered(now, tcb, rack, record);
  }
}

/** The peer has got octets twice: something was sent again for nothing. Wait longer, once in a round trip. @rfc 8985 6.2 step 4 */
export function noteDuplicate(tcb: Tcb, rack: Rack, ack: Seq, { right }: SackBlock): void {
  rack.duplicateEnd = right;
  const { sequence } = tcb.parts;
  if (rack.duplicateRound !== null && sequence.lessOrEqual(rack.duplicateRound, ack)) {
    rack.duplicateRound = null;
  }
  if (rack.duplicateRound !== null) return;
  rack.duplicateRound = tcb.snd.nxt;
  rack.multiplier++;
  rack.persist = PERSIST;
}

/** A recovery has ended: after enough of them without a duplicate, the window is as narrow as at first. @rfc 8985 6.2 step 4 */
export function noteRecovered(rack: Rack): void {
  if (rack.duplicateEnd !== null || rack.persist === 0) return;
  if (--rack.persist === 0) rack.multiplier = 1;
}

/** What a look at the scoreboard found. */
export interface Losses {
  /** Segments that are lost, and were not before. */
  readonly segments: number;
  /** One of them was sent again after the window was last reduced: a second sign of congestion. @rfc 5681 4.3 */
  readonly again: boolean;
}

const NO_LOSSES: Losses = { segments: 0, again: false };

/**
 * Mark as lost what was sent so long before something that has arrived that it cannot be late only; for the rest of what
 * was sent before, set the timer. It ends at the first segment that was sent later: so were all behind it.
 *
 * @rfc 8985 6.2-s5; 5681 4.3
 */
export function detectByTime(now: Micros, tcb: Tcb, rack: Rack): Losses {
  const { parts, recovery, timers } = tcb;
  const { queue } = recovery;
  timers.cancel('reordering');
  if (rack.sentAt < 0) return NO_LOSSES;
  const allowed = rack.rtt + reorderingWindow(tcb, rack);
  let segments = 0;
  let again = false;
  let wait: Micros = 0;
  for (let i = 0; i < queue.length; i++) {
    const record = queue.at(i);
    if (record.sacked || record.lost) continue;
    const end = parts.sequence.add(record.seq, record.len);
    if (!isSentAfter(tcb, rack.sentAt, rack.end, record.sentAt, end)) {
      if (record.transmissions === 1) break;
      continue;
    }
    const left = record.sentAt + allowed - now;
    if (left > 0) {
      wait = Math.max(wait, left);
      continue;
    }
    if (record.transmissions > 1 && record.sentAt >= recovery.reducedAt) again = true;
    segments++;
    queue.markLost(i);
  }
  if (wait > 0) timers.set('reordering', now + wait);
  return segments === 0 ? NO_LOSSES : { segments, again };
}

/** After the retransmission timer: lost is the oldest, and all that had time enough to be acknowledged. @rfc 8985 6.3 */
export function markLostAtTimeout(now: Micros, tcb: Tcb, rack: Rack): void {
  const { queue } = tcb.recovery;
  const allowed = rack.rtt + reorderingWindow(tcb, rack);
  for (let i = 0; i < queue.length; i++)
    if (i === 0 || queue.at(i).sentAt + allowed <= now) queue.markLost(i);
}

/** RACK.reo_wnd. @rfc 8985 6.2-s4, 3.3.2 */
function reorderingWindow({ recovery, rtt }: Tcb, rack: Rack): Micros {
  const { inRecovery, recover, queue } = recovery;
  if (!rack.reorderingSeen && (inRecovery || recover !== null || queue.sackedSegments >= DUP_THRESH))
    return 0;
  if (rack.minRtt === Infinity) return 0;
  return Math.min(Math.round((rack.multiplier * rack.minRtt) / 4), rtt === null ? Infinity : rtt.srtt);
}

/** RACK_sent_after: of segments that left together, the one further on was sent later. @rfc 8985 6.2 step 2 */
function isSentAfter({ parts }: Tcb, sentAt: Micros, end: Seq, otherSentAt: Micros, otherEnd: Seq): boolean {
  return sentAt > otherSentAt || (sentAt === otherSentAt && parts.sequence.less(otherEnd, end));
}
