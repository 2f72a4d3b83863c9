/** One arrow of a ladder: a label on a line from one host to the other, or as far as it came. */
import type { SegmentRow } from './rows.ts';

/** What a piece of the text is, for a caller who has colours. */
export type LadderRole =
  | 'host'
  | 'address'
  | 'heading'
  | 'time'
  | 'frame'
  | 'state'
  | 'new-state'
  | 'arrow'
  | 'segment'
  | 'lost'
  | 'mark'
  | 'detail'
  | 'fold'
  | 'legend';

/** Pieces of one line: what each is, and its text. */
export type Line = [LadderRole, string][];

/** The characters that a ladder is drawn with. */
export interface Symbols {
  readonly line: string;
  readonly right: string;
  readonly left: string;
  readonly lost: string;
  readonly away: string;
  readonly dot: string;
  readonly ellipsis: string;
  readonly rightward: string;
  readonly leftward: string;
  readonly call: string;
  readonly rule: string;
  /** In the place of what had no room. */
  readonly cut: string;
}

export const BOX: Symbols = {
  line: '─',
  right: '▶',
  left: '◀',
  lost: '✗',
  away: '┄',
  dot: '·',
  ellipsis: '⋮',
  rightward: '→',
  leftward: '←',
  call: '●',
  rule: '─',
  cut: '…',
};
export const ASCII: Symbols = {
  line: '-',
  right: '>',
  left: '<',
  lost: 'X',
  away: '.',
  dot: '|',
  ellipsis: ':',
  rightward: '->',
  leftward: '<-',
  call: '*',
  rule: '-',
  cut: '...',
};

export interface ArrowOptions {
  readonly symbols: Symbols;
  readonly width: number;
  readonly from: 0 | 1;
  readonly lost: boolean;
  readonly part: SegmentRow['part'];
}

/** Columns of an arrow round its label: a blank on either side, a dash before it, a dash and the head after it. */
export const ARROW_AROUND = 5;

/** Draw an arrow of exactly `width` columns round a label that leaves it {@link ARROW_AROUND}. */
export function drawArrow(text: string, { symbols, width, from, lost, part }: ArrowOptions): Line {
  const { line, away } = symbols;
  const label = ` ${text} `;
  // What is lost stops short of the other end; what is still under way when something else happens fades out.
  const length = lost ? Math.max(label.length + 3, Math.floor(width * 0.8)) : width;
  const dashes = length - label.length - 1;
  const behind = Math.min(3, Math.ceil(dashes / 2));
  const before = dashes - behind;
  const tail = (part === 'arrives' ? away : line).repeat(behind);
  const fading = part === 'departs' ? Math.min(4, before + 1) : 0;
  const solid = line.repeat(before + (fading > 0 ? 1 : 0) - fading);
  const head = lost ? symbols.lost : from === 0 ? symbols.right : symbols.left;
  const front = fading === 0 ? [solid, head] : [solid, away.repeat(fading)];
  const role: LadderRole = lost ? 'lost' : 'arrow';
  const pieces: Line = [
    [role, tail],
    ['segment', label],
    [role, (from === 0 ? front : front.toReversed()).join('')],
    ['detail', ' '.repeat(width - length)],
  ];
  return from === 0 ? pieces : pieces.toReversed();
}
