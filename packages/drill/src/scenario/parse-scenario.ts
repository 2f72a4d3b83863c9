/** Reads `labs/scenarios/NAME.yaml`. `docs/scenarios.md` describes the format for authors. */
import type { Micros } from '@tcblab/tcp';
import { isMap, isSeq } from 'yaml';
import type { Node } from 'yaml';
import { readEnd } from './parse-end.ts';
import { readPattern, readProves } from './parse-pattern.ts';
import type { Expectation, Scenario, ScenarioEnd, SegmentPattern } from './scenario.ts';
import { withoutControls } from './shown.ts';
import { YamlReader } from './yaml-reader.ts';
import type { Entry, Problem } from './yaml-reader.ts';

export type ParsedScenario =
  | { readonly ok: true; readonly value: Scenario }
  /** All that is wrong, in the order of the file. */
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * @param name the file's name without `.yaml`
 * @param text the file
 */
export function parseScenario(name: string, text: string): ParsedScenario {
  const parser = new ScenarioParser(text);
  const value = parser.scenario(name);
  if (value !== null && parser.problems.length === 0) return { ok: true, value };
  const problems = parser.problems.toSorted(
    (one, other) => one.line - other.line || one.column - other.column,
  );
  return { ok: false, problems };
}

/** Such as `handshake.yaml:12:5: a step has no 'sned': did you mean send?`, and the line itself where it has one. */
export function formatProblem(file: string, { line, column, message, source }: Problem): string {
  const told = `${file}:${line}:${column}: ${message}`;
  if (source === undefined) return told;
  // A window on a long line; a tab is one column, so that the caret stands below its place.
  const from = Math.max(0, column - SOURCE_BEFORE);
  const part = withoutControls(
    source
      .slice(from, from + SOURCE_SHOWN)
      .replaceAll('\t', '→')
      .trimEnd(),
  );
  const number = `  ${line} | `;
  const blank = `${' '.repeat(number.length - 2)}| `;
  return `${told}\n${number}${part}\n${blank}${' '.repeat(column - 1 - from)}^`;
}

const SOURCE_SHOWN = 70;
const SOURCE_BEFORE = 50;

const SCENARIO_KEYS = [
  'title',
  'about',
  'page',
  'proves',
  'limit',
  'delay',
  'undisturbed',
  'ends',
  'see-at',
  'expect',
  'never',
];
const ROLE = /^[a-z][a-z0-9-]*$/;
const LONGEST: Micros = 3_600_000_000;

class ScenarioParser extends YamlReader {
  #roles: string[] = [];

  scenario(name: string): Scenario | null {
    if (this.problems.length > 0) return null;
    if (this.root === null)
      return this.problem(null, 'the file is empty: it begins with title, ends and expect');
    const top = this.map(this.root, SCENARIO_KEYS, 'a scenario');
    if (top === null) return null;
    for (const key of ['title', 'about', 'page', 'ends', 'expect']) {
      if (isMap(this.root) && !this.root.has(key)) this.problem(this.root, `a scenario needs '${key}'`);
    }
    const ends = this.#ends(top.get('ends'));
    if (ends === null) return null;
    const seeAt = top.get('see-at');
    return {
      name,
      title: this.#text(top, 'title'),
      about: this.#text(top, 'about').trim(),
      page: this.#text(top, 'page'),
      proves: readProves(this, top.get('proves')),
      limit: this.#duration(top, 'limit', 10_000_000),
      delay: this.#duration(top, 'delay', 0),
      undisturbed: this.#text(top, 'undisturbed') || null,
      ends,
      expect: this.#expectations(top.get('expect')),
      never: this.#never(top.get('never')),
      seenAt: (seeAt && this.oneOf(seeAt.value, 'see-at', this.#roles)) ?? ends[0].role,
    };
  }

  #text(entries: ReadonlyMap<string, Entry>, key: string): string {
    const entry = entries.get(key);
    return (entry && this.text(entry.value, key)) ?? '';
  }

  #duration(entries: ReadonlyMap<string, Entry>, key: string, otherwise: Micros): Micros {
    const entry = entries.get(key);
    if (entry === undefined) return otherwise;
    const value = this.duration(entry.value, key) ?? otherwise;
    if (value > LONGEST) this.problem(entry.value, `${key} is more than an hour: give at most 3600s`);
    return value;
  }

  #ends(entry: Entry | undefined): [ScenarioEnd, ScenarioEnd] | null {
    if (entry === undefined) return null;
    const roles = this.map(entry.value, null, 'ends');
    if (roles === null) return null;
    if (roles.size !== 2) {
      return this.problem(
        entry.value,
        `a scenario has two ends, such as client and server; here are ${roles.size}`,
      );
    }
    this.#roles = [...roles.keys()];
    const ends: ScenarioEnd[] = [];
    for (const [role, { key, value }] of roles) {
      if (!ROLE.test(role) || role === 'either') {
        this.problem(
          key,
          `'${role}' cannot name an end: use small letters, digits and hyphens, and not 'either'`,
        );
      }
      ends.push(readEnd(this, role, value, ends.length === 0 ? 'a' : 'b'));
    }
    const nodes = [...roles.values()].map(({ value }) => value);
    this.#ports(ends[0], ends[1], nodes[0]);
    this.#ports(ends[1], ends[0], nodes[1]);
    if (ends[0].host === ends[1].host)
      this.problem(entry.value, `both ends are on host ${ends[0].host}: one is on a, one on b`);
    return ends[0].host === 'a' ? [ends[0], ends[1]] : [ends[1], ends[0]];
  }

  /** An OPEN that nobody at the other end waits for is a slip, unless the scenario says that it fails. */
  #ports(opener: ScenarioEnd, other: ScenarioEnd, node: Node): void {
    const steps = isMap(node) ? node.get('do') : null;
    const nodes = isSeq(steps) ? steps.items : [];
    const listens = other.steps.flatMap(({ call }) => (call.name === 'listen' ? [call.port] : []));
    const opens = other.steps.flatMap(({ call }) => (call.name === 'open' ? [call.localPort] : []));
    for (const { line, call, fails } of opener.steps) {
      if (call.name !== 'open' || fails !== undefined) continue;
      if (listens.includes(call.port) || opens.includes(call.port)) continue;
      const step = nodes.find((each) => isMap(each) && this.line(each as Node) === line);
      const port = isMap(step) ? (step.get('open', true) as Node | undefined) : undefined;
      const where = listens.length === 0 ? 'nowhere' : `on ${listens.join(', ')}`;
      this.problem(
        port ?? node,
        `${opener.role} opens port ${call.port}, but ${other.role} listens ${where}: use one port, or say that it fails: ECONNREFUSED`,
      );
    }
  }

  #expectations(entry: Entry | undefined): Expectation[] {
    if (entry === undefined) return [];
    const expectations: Expectation[] = [];
    let groups = 0;
    for (const node of this.list(entry.value, 'expect')) {
      if (isMap(node) && node.has('any-order')) {
        const group = ++groups;
        const members = this.map(node, ['any-order'], 'a group')?.get('any-order');
        if (members === undefined) continue;
        for (const member of this.list(members.value, 'any-order')) {
          const pattern = readPattern(this, member, this.#roles);
          if (pattern !== null) expectations.push({ ...pattern, group });
        }
      } else {
        const pattern = readPattern(this, node, this.#roles);
        if (pattern !== null) expectations.push({ ...pattern, group: 0 });
      }
    }
    if (expectations.length === 0 && this.problems.length === 0) {
      this.problem(entry.value, 'expect is empty: a scenario that expects nothing proves nothing');
    }
    return expectations;
  }

  #never(entry: Entry | undefined): SegmentPattern[] {
    if (entry === undefined) return [];
    return this.list(entry.value, 'never').flatMap((node) => readPattern(this, node, this.#roles) ?? []);
  }
}
