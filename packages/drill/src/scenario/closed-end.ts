/** Whether an end's connection was over, as its own segments tell. */
import { ACK, FIN, RST } from '@tcblab/tcp/wire';
import type { SightedSegment } from './sighted-segment.ts';

/**
 * Whether `reset` comes from an end that has closed second and is in CLOSED by now: it took the peer's FIN, sent its own,
 * and saw that acknowledged. A late copy of an older segment is then answered by a reset, as it must be.
 *
 * @param segments of one host, in order; `reset` is one of those it sent
 * @rfc 9293 3.10.7.1
 */
export function isResetFromClosed(segments: readonly SightedSegment[], reset: SightedSegment): boolean {
  if ((reset.flags & RST) === 0) return false;
  const before = segments.filter(({ frame }) => frame < reset.frame);
  const peersFin = before.find(({ direction, flags }) => direction === 'in' && (flags & FIN) !== 0);
  if (peersFin === undefined) return false;
  const ours = before.filter(({ direction, flags }) => direction === 'out' && (flags & ACK) !== 0);
  // The FIN that acknowledges the peer's: sent from CLOSE-WAIT or later. One sent earlier ends in TIME-WAIT.
  const ourFin = ours.find(({ flags }) => (flags & FIN) !== 0);
  if (ourFin === undefined || ourFin.ack < peersFin.to) return false;
  return before.some(
    ({ direction, flags, ack }) => direction === 'in' && (flags & ACK) !== 0 && ack >= ourFin.to,
  );
}
