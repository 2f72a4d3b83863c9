/** Why a text is no YAML, as one mistake in plain words: a parser tells one slip of a key by many messages. */
import type { YAMLError } from 'yaml';
import { shown } from './shown.ts';

export interface SyntaxProblem {
  /** Offset in the text. */
  readonly at: number;
  readonly message: string;
}

/** @returns the first control character of a file that is none of text; null for a text */
export function binaryProblem(text: string): SyntaxProblem | null {
  const at = text.search(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/);
  if (at < 0) return null;
  return { at, message: `this is not a text file: here it has the control character ${shown(text[at])}` };
}

/**
 * @param text that has the errors
 * @param errors of the parser, at least one, in the order of the file
 */
export function syntaxProblem(text: string, errors: readonly YAMLError[]): SyntaxProblem {
  const tab = /^ *\t/m.exec(text);
  if (tab !== null && errors.some(({ code }) => code === 'TAB_AS_INDENT')) {
    return {
      at: tab.index + tab[0].length - 1,
      message: 'this line is indented by a tab: indent with spaces',
    };
  }
  const lines = text.split('\n');
  for (const { pos } of errors) {
    let line = lineAt(text, pos[0]);
    // The end of a part that is too far left or right may be an empty line before the next part.
    while (lines[line].trim() === '' && line < lines.length - 1) line++;
    const beside = misalignedWith(lines, line);
    if (beside.length === 0) continue;
    const spaces = count(indentOf(lines[line]));
    return {
      at: startOf(lines, line) + indentOf(lines[line]),
      message: `this line is indented by ${spaces}, its neighbours by ${beside.join(' and ')}: begin it in the column of those it belongs with`,
    };
  }
  const [{ pos, message }] = errors;
  const line = lineAt(text, pos[0]);
  const hyphen = [line - 1, line].find((each) => /^ *-[^ -]/.test(lines[each] ?? ''));
  if (hyphen !== undefined) {
    const at = startOf(lines, hyphen) + indentOf(lines[hyphen]) + 1;
    return { at, message: 'there is no blank after this hyphen: write one' };
  }
  const colons = lines[line].split(/:(?: |$)/).length - 1;
  if (message.startsWith('Nested mappings') && colons > 1) {
    return {
      at: pos[0],
      message: 'there is more than one colon in this line: put a text that has one in "quotes"',
    };
  }
  if (message.startsWith('Implicit keys') && colons === 0) {
    return {
      at: pos[0],
      message: 'there is no colon in this line: write a key, a colon, a blank and a value',
    };
  }
  return { at: pos[0], message: `this is not YAML: ${message}` };
}

/** From 0. */
function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length - 1;
}

/** Where a line begins in the text. */
function startOf(lines: readonly string[], line: number): number {
  return lines.slice(0, line).reduce((length, each) => length + each.length + 1, 0);
}

/** Indents of lines of the same kind that begin one column beside a line, which nobody means. */
function misalignedWith(lines: readonly string[], line: number): number[] {
  if (lines[line].trim() === '') return [];
  const item = lines[line].trim().startsWith('- ');
  const others = lines.filter((other) => {
    const text = other.trim();
    return text !== '' && !text.startsWith('#') && text.startsWith('- ') === item;
  });
  const indents = new Set(others.map(indentOf));
  const own = indentOf(lines[line]);
  return [own - 1, own + 1].filter((indent) => indents.has(indent));
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function count(spaces: number): string {
  return spaces === 1 ? '1 space' : `${spaces} spaces`;
}
