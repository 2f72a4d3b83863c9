/** Whether a run on a wire that was asked to be bad came to its limit with a TCP that had not given up. */
import type { Micros } from '@tcblab/tcp';
import type { WireEnd } from './dead-wire.ts';
import type { Evidence, PlatformFault } from './evidence.ts';

/**
 * On a bad wire each retransmission may wait twice as long as the one before: a TCP that has sent anything new or again
 * in the second half of the time was still trying. One that fell silent before had stopped, and is judged.
 *
 * @returns null when the wire was as the scenario wants it, when the programs were through, or when both ends had stopped
 */
export function outOfTime(evidence: Evidence, ends: readonly WireEnd[], limit: Micros): PlatformFault | null {
  if (evidence.harmed !== true || evidence.ended !== 'limit') return null;
  const trying = ends.find((end) => lastSent(end) >= limit / 2);
  if (trying === undefined) return null;
  const octets = ends.map(({ host }) => host.application.steps.reduce((sum, step) => sum + step.octets, 0));
  return {
    what:
      `the limit of ${limit / 1_000_000} s came while ${trying.end.role} was still sending on a wire that harms frames ` +
      `(${Math.max(...octets)} octets were through)`,
    next: 'ask for less harm, or run it without: that tells the wire from the TCP',
  };
}

/** When this end last sent anything that takes up sequence space, counted from its program's first step; -1 = never. */
function lastSent({ host, sightings }: WireEnd): Micros {
  const began = host.application.steps[0]?.began ?? 0;
  const last = sightings.segments.findLast(({ direction, seq, to }) => direction === 'out' && to > seq);
  return last === undefined ? -1 : host.frames[last.frame - 1].time - began;
}
