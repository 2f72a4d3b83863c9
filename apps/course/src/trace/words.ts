/** How a page writes what a trace holds. */
import type { LadderRow, LadderSegment } from '@tcblab/capture';
import { formatFlags } from '@tcblab/tcp/wire';

/** `SYN,ACK`, `PSH,ACK` … */
export function flagsOf(segment: LadderSegment): string {
  return formatFlags(segment.flags);
}

/** `SYN  seq 0  win 65535` */
export function labelOf({ seq, ack, flags, wnd, length }: LadderSegment): string {
  const words = [formatFlags(flags), `seq ${seq}`];
  if ((flags & 0x10) !== 0) words.push(`ack ${ack}`);
  if (length > 0) words.push(`len ${length}`);
  words.push(`win ${wnd}`);
  return words.join('  ');
}

/** The essential of a label, where there is little room. */
export function shortLabelOf({ seq, ack, flags, length }: LadderSegment): string {
  const words = [formatFlags(flags), `s ${seq}`];
  if ((flags & 0x10) !== 0) words.push(`a ${ack}`);
  if (length > 0) words.push(`len ${length}`);
  return words.join(' ');
}

/** Microseconds as `0.300 ms`, `1.204 s`. */
export function timeOf(micros: number): string {
  if (micros < 1_000_000) return `${(micros / 1000).toFixed(3)} ms`;
  return `${(micros / 1_000_000).toFixed(micros < 100_000_000 ? 3 : 1)} s`;
}

/** A whole row as a sentence, for those who hear it. */
export function sentenceOf(row: LadderRow, names: readonly [string, string]): string {
  const at = timeOf(row.time);
  if (row.kind === 'note')
    return `${at}: ${names[row.host]}: ${row.text}${row.state === null ? '' : `, ${row.state}`}`;
  const way = `${names[row.from]} to ${names[row.from === 0 ? 1 : 0]}`;
  const marks = row.marks.length === 0 ? '' : `, ${row.marks.join(', ')}`;
  if (row.kind === 'other') return `${at}: ${way}: ${row.text}${marks}`;
  const states = row.ends
    .map(({ state, changed }, side) => (changed && state !== null ? `, ${names[side]} is now ${state}` : ''))
    .join('');
  return `${at}: ${way}: ${labelOf(row.segment)}${marks}${states}`;
}
