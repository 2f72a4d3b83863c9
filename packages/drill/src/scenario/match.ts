/**
 * Whether what was seen is what was asked for. Semantic: a TCP may join an acknowledgement to data, delay it, cut its
 * bytes into other segments or send them again, and still have done what the scenario asks.
 */
import { FIN, SYN, formatFlags } from '@tcblab/tcp/wire';
import type { SegmentPattern } from './scenario.ts';
import type { SightedSegment } from './sighted-segment.ts';

/** How a segment differs from what was asked for, for people; empty = it matches. */
export function differences(pattern: SegmentPattern, segment: SightedSegment): string[] {
  const found: string[] = [];
  const missing = pattern.set & ~segment.flags;
  const unwanted = pattern.clear & segment.flags;
  if (missing !== 0) found.push(`${formatFlags(missing)} is not set`);
  if (unwanted !== 0) found.push(`${formatFlags(unwanted)} is set`);
  if (pattern.carriesData && segment.length === 0) found.push('it carries no data');
  if (pattern.again && !segment.again) found.push('it was not sent before');
  if (pattern.seq !== undefined && segment.seq !== pattern.seq) found.push(`seq is ${segment.seq}`);
  if (pattern.to !== undefined && !reaches(pattern, segment, pattern.to)) {
    found.push(`it carries ${segment.seq} up to ${segment.to}`);
  }
  if (pattern.acks !== undefined && segment.ack < pattern.acks) found.push(`it acknowledges ${segment.ack}`);
  if (pattern.ack !== undefined && segment.ack !== pattern.ack) found.push(`it acknowledges ${segment.ack}`);
  if (pattern.length !== undefined && segment.length !== pattern.length)
    found.push(`length is ${segment.length}`);
  return found;
}

/** Whether the octet before `to` is in the segment; a SYN or FIN that is asked for must itself lie there. */
function reaches(pattern: SegmentPattern, segment: SightedSegment, to: number): boolean {
  if ((pattern.set & (SYN | FIN)) !== 0) return segment.to === to;
  return segment.seq < to && segment.to >= to;
}

/** What one expectation found. */
export interface Match {
  readonly pattern: SegmentPattern;
  /** Index of the segment that matches; -1 when there is none. */
  readonly at: number;
  /** Where the search began. */
  readonly from: number;
}

/**
 * Find expectations in order, each at or after the one before it: one segment may answer several, as a FIN that carries
 * an acknowledgement does. Members of a group are found in any order. After one that is missing, the search goes on.
 *
 * @param roles address of each role
 */
export function matchInOrder(
  patterns: readonly (SegmentPattern & { readonly group: number })[],
  segments: readonly SightedSegment[],
  roles: ReadonlyMap<string, string>,
): Match[] {
  const matches: Match[] = [];
  let from = 0;
  let groupFrom = 0;
  let group = 0;
  for (const pattern of patterns) {
    if (pattern.group !== group || group === 0) {
      group = pattern.group;
      groupFrom = from;
    }
    const start = group === 0 ? from : groupFrom;
    const first = pattern.again && matches.some(({ at }) => at === start) ? start + 1 : start;
    const at = segments.findIndex(
      (segment, index) =>
        index >= first && isFrom(pattern, segment, roles) && differences(pattern, segment).length === 0,
    );
    matches.push({ pattern, at, from: first });
    if (at >= from) from = at;
  }
  return matches;
}

/** Whether the sender is the one that was asked for. */
export function isFrom(
  pattern: SegmentPattern,
  segment: SightedSegment,
  roles: ReadonlyMap<string, string>,
): boolean {
  return pattern.from === undefined || roles.get(pattern.from) === segment.from;
}
