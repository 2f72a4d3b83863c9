/** Counts of what a stack has seen, for people who ask why. */

export class Counters {
  segmentsReceived = 0;
  segmentsSent = 0;
  /** Segments sent again. */
  retransmitted = 0;
  /** Resets sent. */
  resetsSent = 0;
  /** SYNs that a full listener refused. */
  synsRefused = 0;
  /** SYN,ACKs that were cookies, and ACKs that brought one back. */
  cookiesSent = 0;
  cookiesReturned = 0;
  /** Packets and frames that went no further, by reason, such as `tcp: bad-checksum`. */
  readonly dropped = new Map<string, number>();

  drop(reason: string): void {
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + 1);
  }
}
