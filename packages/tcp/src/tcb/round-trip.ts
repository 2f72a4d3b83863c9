/** Which acknowledgements give a round-trip time, and what it does to the estimate. @rfc 6298 3, 7323 4.1 */
import type { Micros, Seq } from '../units.ts';
import type { Tcb } from './tcb.ts';
import { echoedRoundTrip } from './timestamps.ts';

/** Fold one round-trip time into the estimate. @rfc 6298 2 */
export function sampleRoundTrip(tcb: Tcb, sample: Micros): void {
  const { rtt } = tcb.parts;
  tcb.rtt = rtt.addSample(tcb.rtt, sample);
  tcb.rto = rtt.timeout(tcb.rtt, tcb.settings);
  const { rack } = tcb.recovery;
  if (rack !== null) rack.sampled = true;
}

/**
 * SND.UNA is about to move to `ack`. Karn: no sample when any of the acknowledged segments was sent twice. The youngest
 * of them gives the sample, of those that no selective acknowledgement told of before: their time is over.
 *
 * @rfc 6298 3, 3b; 9293 3.8.1 MUST-18
 */
export function sampleAcknowledged(now: Micros, tcb: Tcb, ack: Seq): void {
  const { queue } = tcb.recovery;
  const { sequence } = tcb.parts;
  let sentAt = -1;
  for (let i = 0; i < queue.length; i++) {
    const record = queue.at(i);
    if (sequence.less(ack, sequence.add(record.seq, record.len))) break;
    if (record.transmissions > 1) return sampleEcho(now, tcb);
    if (!record.sacked) sentAt = record.sentAt;
  }
  if (sentAt >= 0) sampleRoundTrip(tcb, now - sentAt);
}

/**
 * What Karn forbids to measure, the echo of a timestamp tells: which of the transmissions was acknowledged. A handshake
 * that needed its timer is left out, so that the transfer begins with the caution that RFC 6298 §5.7 asks for.
 *
 * @rfc 7323 4.1, 6298 3
 */
function sampleEcho(now: Micros, tcb: Tcb): void {
  const sample = tcb.synAcked ? echoedRoundTrip(now, tcb, tcb.openedAt) : -1;
  if (sample >= 0) sampleRoundTrip(tcb, sample);
}
