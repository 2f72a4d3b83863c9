/** Draws a ladder as text: one host's states left, the other's right, and between them what passed. */
import type { State } from '@tcblab/tcp/trace';
import { ACK, formatFlags } from '@tcblab/tcp/wire';
import { ARROW_AROUND, ASCII, BOX, drawArrow } from './arrow.ts';
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
  /** Columns, at least 60; 100 unless told. */
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
const NARROWEST = 60;
const WIDEST_MIDDLE = 60;

/** How a segment is told, the same way in all rows: `beneath` has the flags on the arrow and the rest below it. */
type Wording = 'full' | 'no-window' | 'close' | 'beneath';

/** From the fullest to the barest: the first in which every segment fits is taken, else the last. */
const LAYOUTS: readonly { readonly wording: Wording; readonly wholeStates: boolean }[] = [
  { wording: 'full', wholeStates: true },
  { wording: 'no-window', wholeStates: true },
  { wording: 'close', wholeStates: true },
  { wording: 'no-window', wholeStates: false },
  { wording: 'close', wholeStates: false },
  { wording: 'beneath', wholeStates: false },
];

class Text {
  readonly #ladder: Ladder;
  readonly #options: LadderTextOptions;
  readonly #symbols: Symbols;
  readonly #style: (role: LadderRole, text: string) => string;
  readonly #timeWidth: number;
  readonly #frameWidths: readonly [number, number];
  #stateWidths: [number, number] = [5, 5];
  #middle = 0;
  #wording: Wording = 'full';
  #wholeStates = true;
  readonly #lines: string[] = [];

  constructor(ladder: Ladder, options: LadderTextOptions) {
    this.#ladder = ladder;
    this.#options = options;
    this.#symbols = options.ascii === true ? ASCII : BOX;
    this.#style = options.style ?? ((_, text) => text);
    const frames: [number, number] = [1, 1];
    let time = 2;
    for (const row of ladder.rows) {
      time = Math.max(time, milliseconds(row.time).length);
      for (const side of SIDES) {
        frames[side] = Math.max(frames[side], this.#frameText(endOf(row, side).frame).length);
      }
    }
    this.#timeWidth = time;
    this.#frameWidths = frames;
    const width = Math.max(NARROWEST, options.width ?? 100);
    LAYOUTS.some((layout) => this.#fits(layout, width));
  }

  /** Take a layout. @returns whether every segment fits in it */
  #fits({ wording, wholeStates }: (typeof LAYOUTS)[number], width: number): boolean {
    this.#wording = wording;
    this.#wholeStates = wholeStates;
    const { rows } = this.#ladder;
    for (const side of SIDES) {
      this.#stateWidths[side] = rows.reduce(
        (widest, row) => Math.max(widest, this.#stateText(endOf(row, side)).length),
        'state'.length,
      );
    }
    const [left, right] = SIDES.map((side) => this.#frameWidths[side] + this.#stateWidths[side]);
    this.#middle = Math.min(WIDEST_MIDDLE, width - this.#timeWidth - left - right - 5 * GAP.length);
    return rows.every(
      (row) => row.kind !== 'segment' || this.#label(row).length <= this.#middle - ARROW_AROUND,
    );
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
    const half = Math.floor(this.#width / 2) - 1;
    const [one, other] = [left, right].map((text) => this.#cut(text, half));
    return [
      [role, one],
      ['detail', ' '.repeat(this.#width - one.length - other.length)],
      [role, other],
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
    this.#between(row.time, row.ends, this.#arrow(this.#label(row), row));
    if (this.#wording === 'beneath') this.#beneath(numbersOf(row.segment).join(' '), 'segment');
    const role = row.marks.length > 0 ? 'mark' : 'detail';
    const lines = wrap(this.#details(row), ` ${this.#symbols.dot} `, this.#room);
    for (const line of lines) this.#beneath(line, role);
  }

  #label({ segment, marks }: SegmentRow): string {
    const before = marks.includes('again') ? 'again ' : marks.includes('duplicate') ? 'copy ' : '';
    const flags = before + formatFlags(segment.flags);
    const words = [flags, ...numbersOf(segment)];
    switch (this.#wording) {
      case 'full':
        return [...words, `win ${segment.wnd}`].join('  ');
      case 'no-window':
        return words.join('  ');
      case 'close':
        return words.join(' ');
      case 'beneath':
        return flags;
    }
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
    this.#between(time, [endOf(row, 0), endOf(row, 1)], this.#arrow(text, row));
    const words = marks.filter((mark) => mark !== 'lost').map((mark) => MARK_WORDS[mark]);
    if (words.length > 0) this.#beneath(words.join(` ${this.#symbols.dot} `), 'mark');
  }

  #noteRow(row: NoteRow): void {
    const { call } = this.#symbols;
    const text = this.#cut(row.text, this.#middle - 2);
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
      [left.changed ? 'new-state' : 'state', this.#stateText(left).padEnd(this.#stateWidths[0])],
      blank,
      ...middle,
      blank,
      [right.changed ? 'new-state' : 'state', this.#stateText(right).padEnd(this.#stateWidths[1])],
      blank,
      ['frame', this.#frameText(right.frame).padStart(this.#frameWidths[1])],
    ]);
  }

  /** Columns that a line beneath an arrow may take. */
  get #room(): number {
    return this.#middle + GAP.length + this.#stateWidths[1];
  }

  /** A line in the middle column alone. */
  #beneath(text: string, role: LadderRole): void {
    const indent = this.#timeWidth + this.#frameWidths[0] + this.#stateWidths[0] + 3 * GAP.length;
    this.#push([
      ['detail', ' '.repeat(indent)],
      [role, this.#cut(text, this.#room)],
    ]);
  }

  #arrow(label: string, row: SegmentRow | OtherRow): Line {
    return drawArrow(this.#cut(label, this.#middle - ARROW_AROUND), {
      symbols: this.#symbols,
      width: this.#middle,
      from: row.from,
      lost: row.marks.includes('lost'),
      part: row.kind === 'segment' ? row.part : 'whole',
    });
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

  #stateText({ state, inferred }: LadderEnd): string {
    if (state === null) return '';
    const text = this.#wholeStates ? state : SHORT_STATES[state];
    return inferred ? `~${text}` : text;
  }

  /** Text that fits, and shows it where something is missing. */
  #cut(text: string, room: number): string {
    const plain = this.#plain(text);
    const { cut } = this.#symbols;
    return plain.length <= room ? plain : plain.slice(0, Math.max(0, room - cut.length)) + cut;
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

const SHORT_STATES: { readonly [S in State]: string } = {
  CLOSED: 'CLOSED',
  LISTEN: 'LISTEN',
  'SYN-SENT': 'SYN-S',
  'SYN-RECEIVED': 'SYN-R',
  ESTABLISHED: 'ESTAB',
  'FIN-WAIT-1': 'FIN-W1',
  'FIN-WAIT-2': 'FIN-W2',
  'CLOSE-WAIT': 'CLOSE-W',
  CLOSING: 'CLOSING',
  'LAST-ACK': 'LAST-A',
  'TIME-WAIT': 'TIME-W',
};

function numbersOf({ flags, seq, ack, length }: LadderSegment): string[] {
  const acked = (flags & ACK) === 0 ? [] : [`ack ${ack}`];
  const carried = length > 0 ? [`len ${length}`] : [];
  return [`seq ${seq}`, ...acked, ...carried];
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
