/** What a sender knows of losses, and how it answers one: shared by all ways to detect them. @rfc 5681 3.2, 6582 3.2, 6675 5 */
import type { Micros, Octets, Seq } from '../units.ts';
import { createRack, type Rack } from './rack.ts';
import { RetransmitQueue, type SentSegment } from './retransmit-queue.ts';
import type { SequencePart } from './sequence.ts';
import type { Tcb } from './tcb.ts';

export interface Recovery {
  readonly queue: RetransmitQueue;
  /** Duplicate ACKs in a row; with SACK, ACKs in a row that told of new octets beyond a hole. @rfc 5681 2, 6675 2 */
  duplicateAcks: number;
  /** What was in flight when the first of them came: what limited transmit adds does not count. @rfc 5681 3.2 */
  flightAtFirst: Octets;
  /** Between the detection of a loss and the ACK of `recover`. */
  inRecovery: boolean;
  /** SND.NXT when the last recovery or timeout began; null = all of that is acknowledged. @rfc 6582 3.2, 6675 2 RecoveryPoint */
  recover: Seq | null;
  /** When the congestion window was last reduced for a loss. */
  reducedAt: Micros;
  /** The first partial ACK of a recovery restarts the timer, later ones do not. */
  partialAcks: number;
  /** A segment that goes out whatever the congestion window says: the fast retransmit, or a probe. */
  urgent: SentSegment | null;
  /** Behind the furthest octet that this recovery has sent again; null = none. @rfc 6675 2 HighRxt */
  highRxt: Seq | null;
  /** This recovery has made its rescue retransmission. @rfc 6675 2 RescueRxt */
  rescued: boolean;
  /** When something that takes up sequence space was last sent. @rfc 5681 4.1 */
  lastSentAt: Micros;
  /** When the first unanswered retransmission was sent; null = nothing is overdue. */
  overdueSince: Micros | null;
  /** How often the timer has expired since SND.UNA moved last. */
  expiries: number;
  /** Null = the connection does not detect losses by time. */
  readonly rack: Rack | null;
}

/** Of a connection that has sent nothing. */
export function createRecovery(sequence: SequencePart, rack: boolean): Recovery {
  return {
    queue: new RetransmitQueue(sequence),
    duplicateAcks: 0,
    flightAtFirst: 0,
    inRecovery: false,
    recover: null,
    reducedAt: 0,
    partialAcks: 0,
    urgent: null,
    highRxt: null,
    rescued: false,
    lastSentAt: 0,
    overdueSince: null,
    expiries: 0,
    rack: rack ? createRack() : null,
  };
}

/** Octets in flight: sent, neither acknowledged in any way nor taken for lost. @rfc 5681 2, 6675 4-pipe */
export function flightSize(tcb: Tcb): Octets {
  return tcb.parts.sequence.distance(tcb.snd.una, tcb.snd.nxt) - tcb.recovery.queue.absentOctets;
}

/**
 * A loss was detected by ACKs: reduce the window, and recover up to SND.NXT.
 *
 * @param flight what was in flight before
 * @rfc 5681 3.2 step 2, 6582 3.2 step 2, 6675 5 (4)
 */
export function enterRecovery(now: Micros, tcb: Tcb, flight: Octets): void {
  const { recovery } = tcb;
  reduceWindow(now, tcb, flight);
  recovery.inRecovery = true;
  recovery.recover = tcb.snd.nxt;
  recovery.partialAcks = 0;
  recovery.highRxt = null;
  recovery.rescued = false;
}

/** The one answer to a sign of congestion. @rfc 5681 3.2 step 2, 6675 5 (4.2) */
export function reduceWindow(now: Micros, tcb: Tcb, flight: Octets): void {
  const { congestion, options, parts, recovery } = tcb;
  const before = congestion.cwnd;
  parts.congestion.enterRecovery(congestion, flight, tcb.snd.mss);
  // What each duplicate ACK would add, the scoreboard counts: with it the window is not inflated.
  if (options.sack) congestion.cwnd = Math.min(before, congestion.ssthresh);
  recovery.reducedAt = now;
}

/** Send the record at `index` again, before anything else and whatever the congestion window says. */
export function sendUrgently({ recovery }: Tcb, index: number): void {
  recovery.queue.markLost(index);
  recovery.urgent = recovery.queue.at(index);
}
