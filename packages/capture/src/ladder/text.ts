/** Draws a ladder as text: one host's states left, the other's right, and between them what passed. */
import { ACK, PSH, formatFlags } from '@tcblab/tcp/wire';
import { ASCII, BOX, drawArrow } from './arrow.ts';
import type { LadderRole, Line, Symbols } from './arrow.ts';
import { foldRows } from './fold.ts';
import type {
  FoldRow,
  Ladder,
  LadderEnd,
  LadderMark,
  LadderRow,
  LadderSegment,
  NoteRow,
  OtherRow,
  SegmentRow,
} from './rows.ts';

export interface LadderTextOptions {
  /** Columns, at least 72; 100 unless told. */
  readonly width?: number;
  /** Only characters of ASCII. */
  readonly ascii?: boolean;
  /** Show every row instead of folding long transfers. */
  readonly all?: boolean;
  /** How many rows of one connection are shown before folding goes further; 60 unless told. */
  readonly limit?: number;
  /** How many connections are drawn; 4 unless told. */
  readonly connections?: number;
  /** Wraps a piece in whatever gives it its colour. It must not change the visible width. */
  readonly style?: (role: LadderRole, text: string) => string;
}

/** @returns lines, each ended by a newline and none with trailing blanks; empty for a ladder without rows */
export function writeLadder(ladder: Ladder, options: LadderTextOptions = {}): string {
  return new Text(ladder, options).write();
}

const MARK_WORDS: { readonly [Mark in LadderMark]: string } = {
  lost: 'lost',
  again: 'again',
  duplicate: 'copy',
  overtaken: 'overtaken by a later one',
  altered: 'altered on the wire',
  'bad-checksum': 'bad checksum',
  appeared: 'not seen leaving',
};
const MARKS_COUNTED: readonly LadderMark[] = [
  'lost',
  'again',
  'duplicate',
  'overtaken',
  'altered',
  'bad-checksum',
];
const COUNT_WORDS: Partial<Record<LadderMark, string>> = {
  duplicate: 'duplicate',
  overtaken: 'overtaken',
  altered: 'altered',
};
/** Marks that stand before the flags rather than beneath the arrow, or are drawn. */
const MARKS_SHOWN: readonly LadderMark[] = ['again', 'duplicate', 'lost'];

/** Blanks between columns. */
const GAP = '  ';
const WIDEST_MIDDLE = 60;

class Text {
  readonly #ladder: Ladder;
  readonly #options: LadderTextOptions;
  readonly #symbols: Symbols;
  readonly #style: (role: LadderRole, text: string) => string;
  readonly #timeWidth: number;
  readonly #frameWidths: readonly [number, number];
  readonly #stateWidths: readonly [number, number];
  readonly #middle: number;
  readonly #lines: string[] = [];

  constructor(ladder: Ladder, options: LadderTextOptions) {
    this.#ladder = ladder;
    this.#options = options;
    this.#symbols = options.ascii === true ? ASCII : BOX;
    this.#style = options.style ?? ((_, text) => text);
    const frames: [number, number] = [1, 1];
    const states: [number, number] = [5, 5];
    let time = 2;
    for (const row of ladder.rows) {
      time = Math.max(time, milliseconds(row.time).length);
      for (const side of SIDES) {
        frames[side] = Math.max(frames[side], this.#frameText(endOf(row, side).frame).length);
        states[side] = Math.max(states[side], stateText(endOf(row, side)).length);
      }
    }
    this.#timeWidth = time;
    this.#frameWidths = frames;
    this.#stateWidths = states;
    const taken = time + frames[0] + states[0] + states[1] + frames[1] + 5 * GAP.length;
    this.#middle = Math.min(WIDEST_MIDDLE, Math.max(72, options.width ?? 100) - taken);
  }

  write(): string {
    const { connections, rows } = this.#ladder;
    if (rows.length === 0) return '';
    this.#hosts();
    if (connections.length <= 1) {
      this.#section(connections.length - 1, rows);
    } else {
      const most = this.#options.connections ?? 4;
      const others = rows.filter((row) => row.kind === 'other');
      if (others.length > 0) this.#section(-1, others);
      for (let number = 0; number < Math.min(most, connections.length); number++) {
        this.#section(
          number,
          rows.filter((row) => row.kind !== 'other' && row.connection === number),
        );
      }
      const more = connections.length - most;
      if (more > 0) this.#push([], [['legend', `and ${more} more connection${more === 1 ? '' : 's'}`]]);
    }
    this.#legend(rows);
    return this.#lines.map((line) => `${line}\n`).join('');
  }

  get #width(): number {
    const [left, right] = SIDES.map((side) => this.#frameWidths[side] + this.#stateWidths[side]);
    return this.#timeWidth + left + right + this.#middle + 5 * GAP.length;
  }

  /** `host-a · reference` at the left, the other host at the right. */
  #hosts(): void {
    const names = this.#ladder.hosts.map(({ name, implementation, inferred }) => {
      const what = implementation === undefined ? name : `${name} ${this.#symbols.dot} ${implementation}`;
      return inferred ? `${what} ~` : what;
    });
    this.#push(this.#apart('host', names[0], names[1]));
  }

  #section(connection: number, rows: readonly LadderRow[]): void {
    const { connections } = this.#ladder;
    const several = connections.length > 1;
    if (connection >= 0) {
      const { left, right } = connections[connection];
      if (several) this.#push([]);
      this.#push(this.#apart('address', left, right));
    }
    this.#push([], this.#heading());
    const limit = this.#options.limit ?? 60;
    const shown = this.#options.all === true ? rows : foldRows(rows, limit);
    for (const row of shown) this.#row(row);
  }

  #apart(role: LadderRole, left: string, right: string): Line {
    const blanks = Math.max(2, this.#width - left.length - right.length);
    return [
      [role, left],
      ['detail', ' '.repeat(blanks)],
      [role, right],
    ];
  }

  #heading(): Line {
    const [left, right] = this.#frameWidths;
    const states = SIDES.map((side) => 'state'.padEnd(this.#stateWidths[side]));
    const text = [
      'ms'.padStart(this.#timeWidth),
      '#'.padStart(left),
      states[0],
      ' '.repeat(this.#middle),
      states[1],
      '#'.padStart(right),
    ].join(GAP);
    return [['heading', text]];
  }

  #row(row: LadderRow | FoldRow): void {
    switch (row.kind) {
      case 'segment':
        this.#segmentRow(row);
        return;
      case 'other':
        this.#otherRow(row);
        return;
      case 'note':
        this.#noteRow(row);
        return;
      case 'fold':
        this.#foldRow(row);
    }
  }

  #segmentRow(row: SegmentRow): void {
    const { segment, marks } = row;
    const labels = labelsOf(
      segment,
      marks.includes('again') ? 'again ' : marks.includes('duplicate') ? 'copy ' : '',
    );
    this.#between(row.time, row.ends, this.#arrow(labels, row));
    const details = this.#details(row);
    if (details.length > 0)
      this.#beneath(details.join(` ${this.#symbols.dot} `), marks.length > 0 ? 'mark' : 'detail');
  }

  #details({ segment, marks, notes, part }: SegmentRow): string[] {
    const details: string[] = [];
    if (segment.mss > 0) details.push(`mss ${segment.mss}`);
    if (segment.windowScale >= 0) details.push(`wscale ${segment.windowScale}`);
    if (segment.sackPermitted) details.push('sack permitted');
    if (segment.timestamps && segment.mss > 0) details.push('timestamps');
    if (segment.sack.length > 0 && part !== 'arrives') {
      details.push(`sack ${segment.sack.map(([left, right]) => `${left}-${right}`).join(' ')}`);
    }
    for (const mark of marks) if (!MARKS_SHOWN.includes(mark)) details.push(MARK_WORDS[mark]);
    return [...details, ...notes];
  }

  #otherRow(row: OtherRow): void {
    const { time, text, marks } = row;
    this.#between(time, [endOf(row, 0), endOf(row, 1)], this.#arrow([text], row));
    const words = marks.filter((mark) => mark !== 'lost').map((mark) => MARK_WORDS[mark]);
    if (words.length > 0) this.#beneath(words.join(` ${this.#symbols.dot} `), 'mark');
  }

  #noteRow(row: NoteRow): void {
    const { call } = this.#symbols;
    const text = this.#plain(row.text).slice(0, this.#middle - 2);
    const middle =
      row.host === 0 ? `${call} ${text}`.padEnd(this.#middle) : `${text} ${call}`.padStart(this.#middle);
    this.#between(row.time, [endOf(row, 0), endOf(row, 1)], [['detail', middle]]);
  }

  #foldRow({ segments, octets, acks, timeouts, marks }: FoldRow): void {
    const { ellipsis, rightward, leftward, dot } = this.#symbols;
    const parts: string[] = [];
    for (const side of SIDES) {
      const arrow = side === 0 ? rightward : leftward;
      if (segments[side] > 0) {
        parts.push(`${count(segments[side], 'segment')}, ${thousands(octets[side])} bytes ${arrow}`);
      }
      if (acks[side] > 0) parts.push(`${count(acks[side], 'ack')} ${arrow}`);
    }
    if (timeouts > 0) parts.push(count(timeouts, 'timeout'));
    const marked = MARKS_COUNTED.filter((mark) => marks[mark] !== undefined).map(
      (mark) => `${thousands(marks[mark] ?? 0)} ${COUNT_WORDS[mark] ?? MARK_WORDS[mark]}`,
    );
    const lines = wrap([...parts, ...marked], ` ${dot} `, this.#middle - 2);
    lines.forEach((line, index) => this.#beneath(`${index === 0 ? ellipsis : ' '} ${line}`, 'fold'));
  }

  /** A whole line: time, left end, middle, right end. */
  #between(time: number, ends: readonly [LadderEnd, LadderEnd], middle: Line): void {
    const [left, right] = ends;
    const blank: [LadderRole, string] = ['detail', GAP];
    this.#push([
      ['time', milliseconds(time).padStart(this.#timeWidth)],
      blank,
      ['frame', this.#frameText(left.frame).padStart(this.#frameWidths[0])],
      blank,
      [left.changed ? 'new-state' : 'state', stateText(left).padEnd(this.#stateWidths[0])],
      blank,
      ...middle,
      blank,
      [right.changed ? 'new-state' : 'state', stateText(right).padEnd(this.#stateWidths[1])],
      blank,
      ['frame', this.#frameText(right.frame).padStart(this.#frameWidths[1])],
    ]);
  }

  /** A line in the middle column alone. */
  #beneath(text: string, role: LadderRole): void {
    const indent = this.#timeWidth + this.#frameWidths[0] + this.#stateWidths[0] + 3 * GAP.length;
    const room = this.#middle + GAP.length + this.#stateWidths[1];
    this.#push([
      ['detail', ' '.repeat(indent)],
      [role, this.#plain(text).slice(0, room)],
    ]);
  }

  #arrow(labels: readonly string[], row: SegmentRow | OtherRow): Line {
    return drawArrow(
      labels.map((label) => this.#plain(label)),
      {
        symbols: this.#symbols,
        width: this.#middle,
        from: row.from,
        lost: row.marks.includes('lost'),
        part: row.kind === 'segment' ? row.part : 'whole',
      },
    );
  }

  #legend(rows: readonly LadderRow[]): void {
    const lines: string[] = [];
    if (rows.some((row) => SIDES.some((side) => endOf(row, side).inferred))) {
      lines.push("~  inferred from the segments at that host's own interface");
    }
    if (rows.some((row) => row.kind === 'segment' && row.part !== 'whole')) {
      const { line, away } = this.#symbols;
      lines.push(`${line}${away}  still under way when the next row happens`);
    }
    if (lines.length === 0) return;
    this.#push([]);
    for (const line of lines) this.#push([['legend', line]]);
  }

  #frameText(frame: number | null): string {
    return frame === null ? '' : String(frame);
  }

  /** Text from elsewhere, without what a terminal would obey. */
  #plain(text: string): string {
    const visible = text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?');
    if (this.#options.ascii !== true) return visible;
    return visible
      .replaceAll('→', '->')
      .replaceAll('µ', 'u')
      .replaceAll(/[^\u0020-\u007e]/g, '?');
  }

  #push(...lines: readonly Line[]): void {
    for (const pieces of lines) {
      const kept = withoutTrailingBlanks(pieces);
      // Blanks have no colour: padding stays outside of whatever a style puts round a piece.
      this.#lines.push(kept.map(([role, text]) => this.#styled(role, text)).join(''));
    }
  }

  #styled(role: LadderRole, text: string): string {
    const inner = text.trim();
    if (inner === '') return text;
    const start = text.indexOf(inner);
    return text.slice(0, start) + this.#style(role, inner) + text.slice(start + inner.length);
  }
}

const SIDES = [0, 1] as const;

/** What a row says of one end; the same for every kind of row. */
function endOf(row: LadderRow, side: 0 | 1): LadderEnd {
  switch (row.kind) {
    case 'segment':
      return row.ends[side];
    case 'other':
      return { ...NO_END, frame: row.frames[side] };
    case 'note':
      return row.host === side ? { ...NO_END, state: row.state, changed: row.changed } : NO_END;
  }
}

const NO_END: LadderEnd = { frame: null, state: null, changed: false, inferred: false };

function stateText({ state, inferred }: LadderEnd): string {
  return state === null ? '' : inferred ? `~${state}` : state;
}

/** From the fullest to the barest; flags, numbers and length are in all but the last. */
function labelsOf({ flags, seq, ack, length, wnd }: LadderSegment, before: string): string[] {
  const acked = (flags & ACK) === 0 ? [] : [`ack ${ack}`];
  const carried = length > 0 ? [`len ${length}`] : [];
  const start = before + formatFlags(flags);
  const numbers = [`seq ${seq}`, ...acked, ...carried];
  const words = [start, ...numbers];
  // PSH tells least of a segment.
  const bare = [before + formatFlags(flags & ~PSH), ...numbers];
  return [[...words, `win ${wnd}`].join('  '), words.join('  '), words.join(' '), bare.join(' '), start];
}

function milliseconds(micros: number): string {
  return (micros / 1000).toFixed(3);
}

function thousands(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

function count(value: number, word: string): string {
  return `${thousands(value)} ${word}${value === 1 ? '' : 's'}`;
}

function wrap(parts: readonly string[], separator: string, width: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const longer = lines.length === 0 ? part : `${lines.at(-1)}${separator}${part}`;
    if (lines.length > 0 && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines;
}

function withoutTrailingBlanks(pieces: Line): Line {
  const kept = [...pieces];
  while (kept.length > 0) {
    const [role, text] = kept[kept.length - 1];
    const trimmed = text.trimEnd();
    if (trimmed !== '') {
      kept[kept.length - 1] = [role, trimmed];
      break;
    }
    kept.pop();
  }
  return kept;
}
