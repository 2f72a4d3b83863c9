/** Typed reading of a YAML file in which every mistake is told with its place and its remedy: all at once, but of a text that is no YAML the first. */
import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, Node, YAMLMap } from 'yaml';
import { nearest } from '../nearest.ts';
import { shown, withoutControls } from './shown.ts';
import { binaryProblem, syntaxProblem } from './yaml-syntax.ts';

/** One mistake in a file, and what to write instead. */
export interface Problem {
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** The line itself, where its form is the mistake. */
  readonly source?: string;
}

/** One `key: value` of a mapping. */
export interface Entry {
  readonly key: Node;
  /** The key again where there is no value. */
  readonly value: Node;
  readonly bare: boolean;
}

export class YamlReader {
  readonly problems: Problem[] = [];
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed;

  constructor(text: string) {
    const binary = binaryProblem(text);
    const readable = binary === null ? text : '';
    const options = { lineCounter: this.#lines, prettyErrors: false, version: '1.2' } as const;
    this.#document = parseDocument(readable, options);
    const errors = [...this.#document.errors, ...this.#document.warnings];
    const wrong = binary ?? (errors.length === 0 ? null : syntaxProblem(text, errors));
    if (wrong === null) return;
    const before = text.slice(0, wrong.at).split('\n');
    const line = before.length;
    const source = binary === null ? { source: text.split('\n')[line - 1] } : {};
    this.problems.push({ line, column: (before.at(-1) ?? '').length + 1, message: wrong.message, ...source });
  }

  get root(): Node | null {
    return this.#document.contents;
  }

  line(node: Node): number {
    return this.#place(node).line;
  }

  /** Note a mistake at a node; null stands for the file's beginning. */
  problem(node: Node | null, message: string): null {
    const { line, col } = node === null ? { line: 1, col: 1 } : this.#place(node);
    this.problems.push({ line, column: col, message: withoutControls(message) });
    return null;
  }

  /**
   * The entries of a mapping, by key. Unknown and repeated keys are mistakes.
   *
   * @param keys that may stand there; null = any
   * @param what it is, for messages: `a step`
   * @param bare keys that may stand without a value
   */
  map(
    node: Node | null,
    keys: readonly string[] | null,
    what: string,
    bare: readonly string[] = [],
  ): Map<string, Entry> | null {
    if (!isMap(node))
      return this.problem(
        node,
        `${what} is a mapping of ${keys?.join(', ') ?? 'names'}${this.#insteadOf(node)}`,
      );
    const entries = new Map<string, Entry>();
    for (const { key, value } of (node as YAMLMap<Node, Node | null>).items) {
      const name = isScalar(key) ? String(key.value) : '';
      if (keys !== null && !keys.includes(name)) {
        const meant = nearest(name, keys);
        const remedy = meant === null ? `it may have ${keys.join(', ')}` : `did you mean ${meant}?`;
        this.problem(key, `${what} has no '${shown(name)}': ${remedy}`);
      } else if (value === null || (isScalar(value) && value.value === null)) {
        if (bare.includes(name)) entries.set(name, { key, value: key, bare: true });
        else
          this.problem(
            key,
            `'${shown(name)}' has no value: write one after the colon, or leave the line out`,
          );
      } else {
        entries.set(name, { key, value, bare: false });
      }
    }
    return entries;
  }

  list(node: Node, what: string): Node[] {
    if (isSeq(node)) return node.items as Node[];
    this.problem(
      node,
      `${what} is a list, each item on a line of its own after '- '${this.#insteadOf(node)}`,
    );
    return [];
  }

  text(node: Node, what: string): string | null {
    if (isScalar(node) && typeof node.value === 'string') return node.value;
    const quote = isScalar(node) ? `: write "${shown(String(node.value))}" in quotes` : '';
    return this.problem(node, `${what} is a text${quote}`);
  }

  /** A whole number between two bounds. */
  whole(node: Node, what: string, least: number, most: number): number | null {
    const value = isScalar(node) ? node.value : null;
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
    return this.problem(node, `${what} is a whole number from ${least} to ${most}${this.#insteadOf(node)}`);
  }

  /** Such as `300ms`, `2 s` or `50us`, as whole microseconds. */
  duration(node: Node, what: string): number | null {
    const micros = this.#withUnit(node, DURATION, MICROS_PER);
    return (
      micros ??
      this.problem(node, `${what} is a time with its unit, such as 300ms, 2s or 50us${this.#insteadOf(node)}`)
    );
  }

  /** Such as `1460`, `64 KiB` or `1MiB`. */
  octets(node: Node, what: string): number | null {
    const octets = this.#withUnit(node, SIZE, OCTETS_PER);
    return (
      octets ??
      this.problem(
        node,
        `${what} is a count of octets, such as 1460, 64 KiB or 1 MiB${this.#insteadOf(node)}`,
      )
    );
  }

  oneOf<T extends string>(node: Node, what: string, names: readonly T[]): T | null {
    const value = isScalar(node) ? String(node.value) : '';
    const found = names.find((name) => name === value);
    if (found !== undefined) return found;
    const meant = nearest(value, names);
    const remedy = meant === null ? `one of ${names.join(', ')}` : `did you mean ${meant}?`;
    return this.problem(node, `${what} cannot be '${shown(value)}': ${remedy}`);
  }

  #withUnit(node: Node, form: RegExp, factors: Readonly<Record<string, number>>): number | null {
    const match = isScalar(node) ? form.exec(String(node.value)) : null;
    if (match === null) return null;
    const value = Math.round(Number(match[1]) * factors[match[2] ?? '']);
    return Number.isSafeInteger(value) ? value : null;
  }

  #insteadOf(node: Node | null): string {
    if (isAlias(node)) return ', not an alias: write it out';
    if (isScalar(node)) return `, not '${shown(String(node.value))}'`;
    return '';
  }

  #place(node: Node): { line: number; col: number } {
    return this.#lines.linePos(node.range?.[0] ?? 0);
  }
}

const DURATION = /^(\d+(?:\.\d+)?)\s*(us|µs|ms|s)$/;
const MICROS_PER: Readonly<Record<string, number>> = { us: 1, µs: 1, ms: 1_000, s: 1_000_000 };
const SIZE = /^(\d+)\s*(KiB|MiB)?$/;
const OCTETS_PER: Readonly<Record<string, number>> = { '': 1, KiB: 1_024, MiB: 1_048_576 };
