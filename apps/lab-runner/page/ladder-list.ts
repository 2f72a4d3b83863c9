/** The rows of a ladder, of which only those in sight are in the page. */
import type { LadderRow } from '@tcblab/capture';
import { formatFlags } from '@tcblab/tcp/wire';
import { element } from './element.ts';

const ROW_PX = 26;
const BEYOND = 20;

export class LadderList {
  readonly root = element('div', {
    class: 'ladder',
    role: 'listbox',
    tabindex: '0',
    'aria-label': 'Segments between the hosts',
  });
  readonly #space = element('div', { class: 'space', role: 'presentation' });
  readonly #onSelect: (row: number) => void;
  #rows: readonly LadderRow[] = [];
  #selected = -1;

  constructor(onSelect: (row: number) => void) {
    this.#onSelect = onSelect;
    this.root.append(this.#space);
    this.root.addEventListener('scroll', () => this.#draw());
    this.root.addEventListener('keydown', (event) => {
      const step = STEPS[event.key];
      if (step === undefined || this.#rows.length === 0) return;
      event.preventDefault();
      this.#onSelect(Math.min(this.#rows.length - 1, Math.max(0, this.#selected + step)));
    });
  }

  /** @param follow keep the newest in sight, where it was in sight before */
  show(rows: readonly LadderRow[], follow: boolean): void {
    const { scrollTop, clientHeight } = this.root;
    const atEnd = scrollTop + clientHeight >= this.#rows.length * ROW_PX - ROW_PX;
    this.#rows = rows;
    this.#space.style.height = `${rows.length * ROW_PX}px`;
    if (follow && atEnd) this.root.scrollTop = rows.length * ROW_PX;
    this.#draw();
  }

  select(row: number): void {
    this.#selected = row;
    const top = row * ROW_PX;
    const { scrollTop, clientHeight } = this.root;
    if (top < scrollTop || top + ROW_PX > scrollTop + clientHeight) {
      this.root.scrollTop = top - clientHeight / 2;
    }
    this.#draw();
  }

  #draw(): void {
    const { scrollTop, clientHeight } = this.root;
    const from = Math.max(0, Math.floor(scrollTop / ROW_PX) - BEYOND);
    const to = Math.min(this.#rows.length, Math.ceil((scrollTop + clientHeight) / ROW_PX) + BEYOND);
    const drawn: HTMLElement[] = [];
    for (let index = from; index < to; index++) drawn.push(this.#row(index));
    this.#space.replaceChildren(...drawn);
    this.root.setAttribute('aria-activedescendant', `row-${this.#selected}`);
  }

  #row(index: number): HTMLElement {
    const row = this.#rows[index];
    const { left, middle, right, way } = wordsOf(row);
    const line = element(
      'div',
      {
        class: `row ${way}`,
        role: 'option',
        id: `row-${index}`,
        'data-row': String(index),
        'aria-selected': String(index === this.#selected),
      },
      element('span', { class: 'time' }, (row.time / 1000).toFixed(3)),
      element('span', { class: 'end' }, left),
      element('span', { class: 'middle' }, middle),
      element('span', { class: 'end right' }, right),
    );
    line.style.top = `${index * ROW_PX}px`;
    line.addEventListener('click', () => this.#onSelect(index));
    return line;
  }
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 15,
  PageUp: -15,
  Home: -Infinity,
  End: Infinity,
};

function wordsOf(row: LadderRow): { left: string; middle: string; right: string; way: string } {
  if (row.kind === 'note') {
    const at = `● ${row.text}`;
    const state = row.state ?? '';
    return row.host === 0
      ? { left: state, middle: at, right: '', way: 'note' }
      : { left: '', middle: at, right: state, way: 'note right-note' };
  }
  const marks = row.marks.length === 0 ? '' : `  (${row.marks.join(', ')})`;
  const arrow = (text: string): string => (row.from === 0 ? `${text}${marks}  ──▶` : `◀──  ${text}${marks}`);
  const way = `${row.from === 0 ? 'rightward' : 'leftward'}${row.marks.includes('lost') ? ' lost' : ''}`;
  if (row.kind === 'other') return { left: '', middle: arrow(row.text), right: '', way: `${way} other` };
  const { seq, ack, flags, length, wnd } = row.segment;
  const words = [formatFlags(flags), `seq ${seq}`];
  if ((flags & 0x10) !== 0) words.push(`ack ${ack}`);
  if (length > 0) words.push(`len ${length}`);
  words.push(`win ${wnd}`);
  const [left, right] = row.ends.map(({ state }) => state ?? '');
  return { left, middle: arrow(words.join('  ')), right, way };
}
