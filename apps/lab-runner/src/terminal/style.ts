/** Colours for one output stream. Meaning never hangs on a colour alone: a word or a sign always stands beside it. */
import pc from 'picocolors';

export type Style = ReturnType<typeof pc.createColors>;

export interface Terminal {
  readonly stream: NodeJS.WriteStream;
  readonly style: Style;
  /** A person watches and escapes are welcome, so lines may be redrawn. */
  readonly live: boolean;
}

/**
 * What a stream can show. NO_COLOR (any value but the empty one) wins over FORCE_COLOR, and forbids every escape, so
 * nothing is redrawn either. A stream that is not a terminal has colours only when FORCE_COLOR asks for them.
 */
export function terminalFor(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Terminal {
  const forbidden = (env['NO_COLOR'] ?? '') !== '' || env['FORCE_COLOR'] === '0' || env['TERM'] === 'dumb';
  const forced = (env['FORCE_COLOR'] ?? '') !== '';
  const tty = stream.isTTY === true;
  return {
    stream,
    style: pc.createColors(!forbidden && (forced || tty)),
    live: tty && !forbidden && env['CI'] === undefined,
  };
}

/** @returns columns of a terminal, or what COLUMNS says for anything else; undefined when neither tells */
export function columnsOf(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): number | undefined {
  if (stream.isTTY) return stream.columns;
  const told = Number(env['COLUMNS']);
  return Number.isInteger(told) && told > 0 ? told : undefined;
}
