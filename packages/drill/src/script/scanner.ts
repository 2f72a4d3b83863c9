/** A place in a script's text that moves on: white space and comments, words, numbers, quoted text, times. */
import type { Micros } from '@tcblab/tcp';
import { ScriptError } from './problem.ts';
import type { Position } from './syntax.ts';

/** Of brackets within brackets, so that no text can exhaust the stack. */
const DEEPEST = 50;

const SPACE = /(?:\s+|\/\/[^\n]*|\/\*[^]*?\*\/)+/y;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const LETTERS_OR_DIGITS = /[A-Za-z0-9_]+/y;
const INTEGER = /-?\d+/y;
const HEX = /0[xX][0-9a-fA-F]+/y;
const SECONDS = /(\d+)(?:\.(\d+))?|\.(\d+)/y;

export class Scanner {
  readonly text: string;
  /** Words that stand for something else, from `--define`. */
  readonly defines = new Map<string, string>();
  #at = 0;
  #depth = 0;
  #lineStart = 0;
  #line = 1;
  /** Where what was read last ends: what is missing at the script's end is missing there. */
  #wordEnd: Position = { line: 1, column: 1 };
  /** Where the positions of a text within a text begin. */
  readonly #origin: Position | null;

  /** @param origin every position in `text` is reported as this one; null = the text's own positions */
  constructor(text: string, origin: Position | null = null) {
    this.text = text;
    this.#origin = origin;
    this.skip();
  }

  get position(): Position {
    if (this.#origin !== null) return this.#origin;
    return this.ended ? this.#wordEnd : { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }

  get ended(): boolean {
    return this.#at >= this.text.length;
  }

  /** White space and comments. @throws ScriptError for a comment that does not end */
  skip(): void {
    this.#wordEnd = { line: this.#line, column: this.#at - this.#lineStart + 1 };
    this.#take(SPACE);
    if (this.sees('/*')) this.fail('this comment does not end: */ is missing');
  }

  sees(literal: string): boolean {
    return this.text.startsWith(literal, this.#at);
  }

  seesMatch(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    return pattern.test(this.text);
  }

  /** Go past `literal` and the space after it, if it stands here. */
  accept(literal: string): boolean {
    if (!this.sees(literal)) return false;
    this.#advance(literal.length);
    this.skip();
    return true;
  }

  expect(literal: string, what: string): void {
    if (!this.accept(literal)) this.fail(`expected '${literal}' ${what}, found ${this.found()}`);
  }

  /** The next word, if it is this one. */
  acceptWord(word: string): boolean {
    return this.peekWord() === word && this.word() !== null;
  }

  peekWord(): string | null {
    WORD.lastIndex = this.#at;
    return WORD.exec(this.text)?.[0] ?? null;
  }

  /** A name; null = none stands here. */
  word(): string | null {
    return this.#token(WORD);
  }

  /** Letters and digits in any order, such as a cookie; null = none. */
  lettersOrDigits(): string | null {
    return this.#token(LETTERS_OR_DIGITS);
  }

  /** Characters of a pattern, without going past the space after them. */
  raw(pattern: RegExp): string | null {
    return this.#take(pattern);
  }

  /** @throws ScriptError unless an integer of `least` to `most` stands here */
  integer(what: string, least: number, most: number): number {
    const { position } = this;
    const digits = this.#token(INTEGER);
    if (digits === null) throw new ScriptError(position, `expected ${what}, found ${this.found()}`);
    const value = Number(digits);
    if (value < least || value > most) {
      throw new ScriptError(position, `${what} is ${least} to ${most}, not ${digits}`);
    }
    return value;
  }

  /** An integer in either base; null = none. */
  anyInteger(): { value: number; hex: boolean } | null {
    const hex = this.#token(HEX);
    if (hex !== null) return { value: Number.parseInt(hex.slice(2), 16), hex: true };
    const digits = this.#token(INTEGER);
    return digits === null ? null : { value: Number(digits), hex: false };
  }

  /** Seconds with up to six decimals, as µs; null = no number stands here. */
  seconds(): Micros | null {
    const { position } = this;
    SECONDS.lastIndex = this.#at;
    const found = SECONDS.exec(this.text);
    if (found === null) return null;
    const decimals = found[2] ?? found[3] ?? '';
    if (decimals.length > 6 && /[^0]/.test(decimals.slice(6))) {
      throw new ScriptError(position, 'a time has at most six decimals: it goes down to 1 µs');
    }
    this.#advance(found[0].length);
    this.skip();
    return Number(found[1] ?? 0) * 1_000_000 + Number(decimals.slice(0, 6).padEnd(6, '0'));
  }

  /** Text up to the same quote again; a backslash takes the next character along. Null = no such quote here. */
  quoted(quote: string): string | null {
    if (!this.sees(quote)) return null;
    let end = this.#at + 1;
    while (end < this.text.length && this.text[end] !== quote) end += this.text[end] === '\\' ? 2 : 1;
    if (end >= this.text.length) this.fail(`this text does not end: ${quote} is missing`);
    const content = this.text.slice(this.#at + 1, end);
    this.#advance(end + 1 - this.#at);
    this.skip();
    return content;
  }

  /** Text between two literals; null = the first does not stand here. */
  enclosed(open: string, close: string): { text: string; at: Position } | null {
    if (!this.sees(open)) return null;
    const end = this.text.indexOf(close, this.#at + open.length);
    if (end < 0) this.fail(`${open} does not end: ${close} is missing`);
    this.#advance(open.length);
    this.#take(/[ \t]*/y);
    const at = this.position;
    const text = this.text.slice(this.#at, end).trimEnd();
    this.#advance(end + close.length - this.#at);
    this.skip();
    return { text, at };
  }

  /** What stands here, for a message. */
  found(): string {
    if (this.ended) return 'the end of the script';
    const word = /[A-Za-z0-9_.+-]+|[^]/y;
    word.lastIndex = this.#at;
    return `'${word.exec(this.text)?.[0] ?? ''}'`;
  }

  /** Read what lies within brackets. @throws ScriptError when brackets lie too deep within each other */
  nested<T>(read: () => T): T {
    if (this.#depth >= DEEPEST) this.fail(`brackets lie within each other at most ${DEEPEST} deep`);
    this.#depth++;
    const value = read();
    this.#depth--;
    return value;
  }

  fail(message: string, at: Position = this.position): never {
    throw new ScriptError(at, message);
  }

  #token(pattern: RegExp): string | null {
    const found = this.#take(pattern);
    if (found !== null) this.skip();
    return found;
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0] ?? null;
    if (found !== null) this.#advance(found.length);
    return found;
  }

  #advance(count: number): void {
    const end = this.#at + count;
    for (let next = this.text.indexOf('\n', this.#at); next >= 0 && next < end;) {
      this.#line++;
      this.#lineStart = next + 1;
      next = this.text.indexOf('\n', next + 1);
    }
    this.#at = end;
  }
}
