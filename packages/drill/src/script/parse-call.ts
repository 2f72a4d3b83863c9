/** The system calls of a script, with their arguments in C's manner. */
import { Scanner } from './scanner.ts';
import type { CallAction, Expression, Field, Position } from './syntax.ts';
import type { Micros } from '@tcblab/tcp';

/** @param until when it is to return, if a time stood before it */
export function parseCall(scanner: Scanner, until: Micros | null): CallAction {
  const at = scanner.position;
  const name = scanner.word();
  if (name === null) {
    scanner.fail(`expected a packet, a system call, a command or a code block, found ${scanner.found()}`);
  }
  scanner.expect('(', `after ${name}`);
  const args = parseItems(scanner, ')', `after the arguments of ${name}`);
  scanner.expect('=', `and a result after ${name}(…)`);
  const result = parseExpression(scanner);
  const errno = scanner.seesMatch(/E[A-Z0-9]+\b/y) ? scanner.word() : null;
  return { kind: 'call', name, until, args, result, errno, note: parseNote(scanner), at };
}

/** What strace says of an errno, in parentheses: for people only. */
function parseNote(scanner: Scanner): string | null {
  const note = scanner.enclosed('(', ')');
  return note?.text ?? null;
}

function parseItems(scanner: Scanner, close: string, what: string): Expression[] {
  const items: Expression[] = [];
  if (scanner.accept(close)) return items;
  do items.push(parseExpression(scanner));
  while (scanner.accept(','));
  scanner.expect(close, what);
  return items;
}

export function parseExpression(scanner: Scanner): Expression {
  const at = scanner.position;
  const first = scanner.nested(() => parseSingle(scanner));
  if (!scanner.sees('|')) return first;
  const items = [first];
  while (scanner.accept('|')) items.push(scanner.nested(() => parseSingle(scanner)));
  return { kind: 'either', items, at };
}

function parseSingle(scanner: Scanner): Expression {
  const at = scanner.position;
  if (scanner.accept('...')) return { kind: 'unchecked', at };
  const number = scanner.anyInteger();
  if (number !== null) return { kind: 'integer', ...number, at };
  if (scanner.sees('"')) return parseText(scanner, at);
  if (scanner.accept('[')) return { kind: 'list', items: parseItems(scanner, ']', 'after the list'), at };
  if (scanner.accept('{')) return { kind: 'struct', fields: parseFields(scanner), at };
  // C's address-of says nothing here.
  scanner.accept('&');
  const name = scanner.word();
  if (name === null) scanner.fail(`expected an argument, found ${scanner.found()}`, at);
  const defined = scanner.defines.get(name);
  if (defined !== undefined) return parseDefined(defined, at);
  if (!scanner.accept('(')) return { kind: 'word', name, at };
  return { kind: 'function', name, args: parseItems(scanner, ')', `after the arguments of ${name}`), at };
}

/** Texts side by side are one text, as in C. */
function parseText(scanner: Scanner, at: Position): Expression {
  let value = '';
  for (let part = scanner.quoted('"'); part !== null; part = scanner.quoted('"')) value += unescape(part);
  return { kind: 'text', value, open: scanner.accept('...'), at };
}

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', '0': '\0' };

function unescape(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{2}|.)/g, (_, after: string) =>
    after.length === 3 ? String.fromCharCode(Number.parseInt(after.slice(1), 16)) : (ESCAPES[after] ?? after),
  );
}

function parseDefined(value: string, at: Position): Expression {
  const inner = new Scanner(value, at);
  const expression = parseExpression(inner);
  if (!inner.ended) inner.fail(`the definition '${value}' is more than one value`, at);
  return expression;
}

function parseFields(scanner: Scanner): Field[] {
  const fields: Field[] = [];
  if (scanner.accept('}')) return fields;
  do fields.push(parseField(scanner));
  while (scanner.accept(','));
  scanner.expect('}', 'after the members');
  return fields;
}

const NAMED = /[A-Za-z_][A-Za-z0-9_]*\s*(?:\(\s*(?:\.\.\.|\w+)\s*\)\s*)?=/y;

function parseField(scanner: Scanner): Field {
  if (!scanner.seesMatch(NAMED)) return { name: null, size: null, value: parseExpression(scanner) };
  const name = scanner.word();
  let size: Expression | null = null;
  if (scanner.accept('(')) {
    size = parseExpression(scanner);
    scanner.expect(')', 'after a size');
  }
  scanner.expect('=', 'before the value of a member');
  return { name, size, value: parseExpression(scanner) };
}
