/** What a puzzle needs of a run: its segments, in the order in which they left. */
import type { Ladder } from '@tcblab/capture';
import type { State } from '@tcblab/tcp/trace';
import { ACK, FIN, SYN, formatFlags } from '@tcblab/tcp/wire';

export interface Moment {
  readonly from: 0 | 1;
  readonly flags: number;
  /** Relative, as Wireshark shows it; so is `ack`. */
  readonly seq: number;
  readonly ack: number;
  /** Octets of data. */
  readonly length: number;
  /** After it was sent or received; null where it is not known. */
  readonly states: readonly [State | null, State | null];
  readonly lost: boolean;
  /** It had arrived before anything else happened. */
  readonly whole: boolean;
  /** In milliseconds from the first row of the run. */
  readonly time: number;
}

export function momentsOf(ladder: Ladder): Moment[] {
  const states: [State | null, State | null] = [null, null];
  return ladder.rows.flatMap((row) => {
    if (row.kind === 'note' && row.state !== null) states[row.host] = row.state;
    if (row.kind !== 'segment') return [];
    row.ends.forEach(({ state }, side) => {
      if (state !== null) states[side] = state;
    });
    if (row.part === 'arrives') return [];
    const { flags, seq, ack, length } = row.segment;
    const lost = row.marks.includes('lost');
    const whole = row.part === 'whole' && !lost;
    return [
      { from: row.from, flags, seq, ack, length, states: [...states], lost, whole, time: row.time / 1000 },
    ];
  });
}

/** The number after the last that it takes: data count, and so do SYN and FIN. */
export function endOf({ seq, length, flags }: Moment): number {
  return seq + length + ((flags & SYN) === 0 ? 0 : 1) + ((flags & FIN) === 0 ? 0 : 1);
}

export function acknowledges({ flags }: Moment): boolean {
  return (flags & ACK) !== 0;
}

/** `SYN,ACK  seq 0  ack 1`; the ack may be left out. */
export function wordsOf(moment: Moment, ack: string = `${moment.ack}`): string {
  const words = [formatFlags(moment.flags), `seq ${moment.seq}`];
  if (acknowledges(moment)) words.push(`ack ${ack}`);
  if (moment.length > 0) words.push(`len ${moment.length}`);
  return words.join('  ');
}
