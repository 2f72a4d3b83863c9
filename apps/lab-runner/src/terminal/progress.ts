/**
 * The list of steps of a run while it runs: redrawn in place for a person at a terminal, one line per finished step for
 * a file or a pipe. It takes no signal and never ends the process; whoever owns the run does.
 */
import type { Style, Terminal } from './style.ts';

export interface Progress {
  /** Start the step of this title, in its planned place or after the last one. */
  start(title: string): Step;
  /** Stop drawing; steps that were under way stay as they are. Harmless when repeated. */
  close(): void;
}

export interface Step {
  /** Replace the words beside a step that is under way. */
  note(detail: string): void;
  ok(detail?: string): void;
  warn(detail: string): void;
  fail(detail: string): void;
  /** Not needed this time, and why. */
  skip(detail: string): void;
}

type Mark = 'waiting' | 'running' | 'ok' | 'warn' | 'fail' | 'skip';

interface Line {
  readonly title: string;
  mark: Mark;
  detail: string;
}

const FRAME_MS = 80;
const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';

/** @param plan titles known beforehand, in order, so that a reader sees what is still to come */
export function createProgress(terminal: Terminal, plan: readonly string[]): Progress {
  const lines: Line[] = plan.map((title) => ({ title, mark: 'waiting', detail: '' }));
  const rows = terminal.stream.rows ?? 24;
  const painter =
    terminal.live && plan.length + 2 < rows ? livePainter(terminal, lines) : linePainter(terminal);

  const start = (title: string): Step => {
    let line = lines.find((one) => one.title === title);
    if (line === undefined) {
      line = { title, mark: 'waiting', detail: '' };
      lines.push(line);
    }
    const current = line;
    const become = (mark: Mark, detail: string): void => {
      current.mark = mark;
      current.detail = detail;
      painter.changed(current);
    };
    become('running', '');
    return {
      note: (detail) => become('running', detail),
      ok: (detail = '') => become('ok', detail),
      warn: (detail) => become('warn', detail),
      fail: (detail) => become('fail', detail),
      skip: (detail) => become('skip', detail),
    };
  };
  return { start, close: () => painter.close() };
}

interface Painter {
  changed(line: Line): void;
  close(): void;
}

/** One line per step, when it has ended. */
function linePainter({ stream, style }: Terminal): Painter {
  return {
    changed(line) {
      if (line.mark === 'running' || line.mark === 'waiting') return;
      stream.write(`${inWords(line.mark, style)} ${line.title.padEnd(12)} ${line.detail}`.trimEnd() + '\n');
    },
    close() {},
  };
}

/** The whole list, redrawn where it stands. */
function livePainter({ stream, style }: Terminal, lines: readonly Line[]): Painter {
  let drawn = 0;
  let frame = 0;
  let open = true;

  const draw = (): void => {
    const width = (stream.columns ?? 80) - 1;
    // Each line is cleared from its end, not before it is written: nothing flickers.
    const text = lines
      .map((line) => `${fit(line, width, sign(line.mark, frame, style), style)}\x1b[K\n`)
      .join('');
    stream.write((drawn > 0 ? `\x1b[${drawn}A\r` : '') + text);
    drawn = lines.length;
  };
  const showCursor = (): void => void stream.write(SHOW_CURSOR);
  stream.write(HIDE_CURSOR);
  process.once('exit', showCursor);
  draw();
  const timer = setInterval(() => {
    frame += 1;
    draw();
  }, FRAME_MS);
  timer.unref();

  return {
    changed() {
      if (open) draw();
    },
    close() {
      if (!open) return;
      open = false;
      clearInterval(timer);
      draw();
      showCursor();
      process.off('exit', showCursor);
    },
  };
}

/** A line no wider than the terminal: a wrapped one would spoil the count of lines to climb. */
function fit(line: Line, width: number, mark: string, style: Style): string {
  const title = line.title.padEnd(12);
  const room = width - 4 - title.length;
  const detail = line.detail.length > room ? `${line.detail.slice(0, Math.max(0, room - 1))}…` : line.detail;
  return ` ${mark} ${line.mark === 'waiting' ? style.dim(title) : title} ${style.dim(detail)}`;
}

function sign(mark: Mark, frame: number, style: Style): string {
  switch (mark) {
    case 'waiting':
      return style.dim('·');
    case 'running':
      return style.cyan(SPINNER[frame % SPINNER.length]);
    case 'ok':
      return style.green('✔');
    case 'warn':
      return style.yellow('!');
    case 'fail':
      return style.red('✖');
    case 'skip':
      return style.dim('-');
  }
}

function inWords(mark: Mark, style: Style): string {
  switch (mark) {
    case 'ok':
      return style.green('ok  ');
    case 'warn':
      return style.yellow('warn');
    case 'fail':
      return style.red('FAIL');
    default:
      return style.dim('--  ');
  }
}
