/** What is wrong with a script, and how it is shown: with its line and a caret below the place. */
import type { Position } from './syntax.ts';

export interface ScriptProblem {
  readonly at: Position;
  readonly message: string;
}

/** Carries a problem out of a parse; never leaves this folder. */
export class ScriptError extends Error {
  readonly problem: ScriptProblem;

  constructor(at: Position, message: string) {
    super(message);
    this.name = 'ScriptError';
    this.problem = { at, message };
  }
}

/** Such as `a.pkt:3:7: …`, the line itself, and a caret below the column. */
export function formatScriptProblem(file: string, text: string, { at, message }: ScriptProblem): string {
  const line = text.split('\n')[at.line - 1] ?? '';
  // A tab before the caret keeps its width, whatever the reader's terminal makes of it.
  const before = line.slice(0, at.column - 1).replace(/[^\t]/g, ' ');
  return `${file}:${at.line}:${at.column}: ${message}\n  ${line.trimEnd()}\n  ${before}^`;
}
