/** Reads `labs/scenarios/NAME.yaml`. `docs/scenarios.md` describes the format for authors. */
import type { Micros } from '@tcblab/tcp';
import type { FrameRule } from '@tcblab/tcp/sim';
import type { State } from '@tcblab/tcp/trace';
import { ACK, FIN, PSH, RST, SYN, URG } from '@tcblab/tcp/wire';
import { isMap, isScalar } from 'yaml';
import type { Node } from 'yaml';
import { findRequirement, nearestRequirement } from '../catalogue/requirement.ts';
import type {
  Data,
  EndCall,
  EndStep,
  Expectation,
  HostName,
  Scenario,
  ScenarioEnd,
  SegmentPattern,
} from './scenario.ts';
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

/** Such as `handshake.yaml:12:5: a step has no 'sned': did you mean send?` */
export function formatProblem(file: string, { line, column, message }: Problem): string {
  return `${file}:${line}:${column}: ${message}`;
}

const SCENARIO_KEYS = [
  'title',
  'about',
  'page',
  'proves',
  'limit',
  'delay',
  'ends',
  'see-at',
  'expect',
  'never',
];
const END_KEYS = ['host', 'do', 'wire', 'states'];
const PLAIN_VERBS = ['accept', 'receive-end', 'close', 'release', 'abort'] as const;
const VERBS = ['listen', 'open', 'send', 'receive', 'wait', 'wait-state', ...PLAIN_VERBS];
const STEP_KEYS = ['at', 'on', 'fails'];
const PATTERN_KEYS = ['without', 'again', 'seq', 'to', 'ack', 'acks', 'length', 'rfc', 'proves', 'page'];
const WIRE_KEYS = ['drop', 'duplicate', 'corrupt', 'delay', 'by'];
const STATES: readonly State[] = [
  'CLOSED',
  'LISTEN',
  'SYN-SENT',
  'SYN-RECEIVED',
  'ESTABLISHED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'CLOSE-WAIT',
  'CLOSING',
  'LAST-ACK',
  'TIME-WAIT',
];
const ERRNOS = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ECONNABORTED',
  'EADDRINUSE',
  'EPIPE',
  'ENOTCONN',
];
const FLAGS: Readonly<Record<string, number>> = { SYN, ACK, FIN, RST, PSH, URG };
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
      proves: this.#proves(top.get('proves')),
      limit: this.#duration(top, 'limit', 10_000_000),
      delay: this.#duration(top, 'delay', 0),
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

  #proves(entry: Entry | undefined): string[] {
    if (entry === undefined) return [];
    const ids: string[] = [];
    for (const node of this.list(entry.value, 'proves')) {
      const id = this.text(node, 'an id of the RFC catalogue');
      if (id === null) continue;
      if (findRequirement(id) !== null) ids.push(id);
      else {
        const meant = nearestRequirement(id);
        this.problem(
          node,
          `the RFC catalogue has no '${id}'${meant === null ? '' : `: did you mean ${meant}?`}`,
        );
      }
    }
    return ids;
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
      ends.push(this.#end(role, value, ends.length === 0 ? 'a' : 'b'));
    }
    if (ends[0].host === ends[1].host)
      this.problem(entry.value, `both ends are on host ${ends[0].host}: one is on a, one on b`);
    return ends[0].host === 'a' ? [ends[0], ends[1]] : [ends[1], ends[0]];
  }

  #end(role: string, node: Node, usual: HostName): ScenarioEnd {
    const entries = this.map(node, END_KEYS, 'an end');
    const host = entries?.get('host');
    const steps = entries?.get('do');
    if (entries !== null && steps === undefined)
      this.problem(node, "an end needs 'do', the list of what its program does");
    return {
      role,
      host: (host && this.oneOf<HostName>(host.value, 'host', ['a', 'b'])) ?? usual,
      steps:
        steps === undefined ? [] : this.list(steps.value, 'do').flatMap((step) => this.#step(step) ?? []),
      wire: this.#wire(entries?.get('wire')),
      states: this.#states(entries?.get('states')),
    };
  }

  #states(entry: Entry | undefined): State[] {
    if (entry === undefined) return [];
    return this.list(entry.value, 'states').flatMap((node) => this.oneOf(node, 'a state', STATES) ?? []);
  }

  #step(node: Node): EndStep | null {
    const line = this.line(node);
    if (isScalar(node)) {
      const name = String(node.value);
      const verb = PLAIN_VERBS.find((plain) => plain === name);
      if (verb !== undefined) return { line, on: DEFAULT_CONNECTION, call: { name: verb } };
      if (VERBS.includes(name)) return this.problem(node, `'${name}' needs a value: ${EXAMPLES[name]}`);
      this.oneOf(node, 'a step', VERBS);
      return null;
    }
    const entries = this.map(node, [...VERBS, ...STEP_KEYS, 'backlog', 'local-port'], 'a step', PLAIN_VERBS);
    if (entries === null) return null;
    const verbs = VERBS.filter((verb) => entries.has(verb));
    if (verbs.length !== 1) {
      const found = verbs.length === 0 ? 'none' : verbs.join(' and ');
      return this.problem(node, `a step says one thing to do, here is ${found}: one of ${VERBS.join(', ')}`);
    }
    const call = this.#call(verbs[0], entries);
    if (call === null) return null;
    const at = entries.get('at');
    const on = entries.get('on');
    const fails = entries.get('fails');
    const time = at === undefined ? null : this.duration(at.value, 'at');
    const errno = fails === undefined ? null : this.oneOf(fails.value, 'fails', ERRNOS);
    return {
      line,
      on: (on && this.text(on.value, 'on')) ?? DEFAULT_CONNECTION,
      ...(time === null ? {} : { at: time }),
      ...(errno === null ? {} : { fails: errno }),
      call,
    };
  }

  #call(verb: string, entries: ReadonlyMap<string, Entry>): EndCall | null {
    const { value, bare } = entries.get(verb) as Entry;
    for (const [extra, owner] of [
      ['backlog', 'listen'],
      ['local-port', 'open'],
    ]) {
      const entry = entries.get(extra);
      if (entry !== undefined && verb !== owner)
        this.problem(entry.key, `'${extra}' belongs to ${owner}, not to ${verb}`);
    }
    switch (verb) {
      case 'listen': {
        const port = this.whole(value, 'a port', 1, 65_535);
        const backlog = entries.get('backlog');
        const count = backlog === undefined ? null : this.whole(backlog.value, 'backlog', 0, 65_535);
        return port === null ? null : { name: verb, port, ...(count === null ? {} : { backlog: count }) };
      }
      case 'open': {
        const port = this.whole(value, 'a port', 1, 65_535);
        const local = entries.get('local-port');
        const localPort = local === undefined ? null : this.whole(local.value, 'local-port', 1, 65_535);
        return port === null ? null : { name: verb, port, ...(localPort === null ? {} : { localPort }) };
      }
      case 'send':
      case 'receive': {
        const data = this.#data(value, verb);
        return data === null ? null : { name: verb, data };
      }
      case 'wait': {
        const time = this.duration(value, verb);
        return time === null ? null : { name: verb, time };
      }
      case 'wait-state': {
        const state = this.oneOf(value, verb, STATES);
        return state === null ? null : { name: verb, state };
      }
      default: {
        const plain = PLAIN_VERBS.find((name) => name === verb);
        if (!bare)
          this.problem(
            value,
            `'${verb}' takes no value: write '- ${verb}', or '- ${verb}:' with at on the next line`,
          );
        return plain === undefined ? null : { name: plain };
      }
    }
  }

  #data(node: Node, verb: string): Data | null {
    if (isMap(node)) {
      const octets = this.map(node, ['octets'], verb)?.get('octets');
      if (octets === undefined) return null;
      const count = this.octets(octets.value, 'octets');
      return count === null ? null : { octets: count };
    }
    const text = this.text(node, `what to ${verb}`);
    if (text === null) return null;
    if (!/^[\n -~]+$/.test(text)) {
      return this.problem(
        node,
        `what to ${verb} is plain ASCII text and not empty; for many octets write { octets: 64 KiB }`,
      );
    }
    return { text };
  }

  #wire(entry: Entry | undefined): FrameRule[] {
    if (entry === undefined) return [];
    return this.list(entry.value, 'wire').flatMap((node): FrameRule[] => {
      const rule = this.map(node, WIRE_KEYS, 'a rule of the wire');
      if (rule === null) return [];
      const actions = (['drop', 'duplicate', 'corrupt', 'delay'] as const).filter((action) =>
        rule.has(action),
      );
      const [action] = actions;
      if (actions.length !== 1) {
        this.problem(node, 'a rule says one thing, such as drop: 2 for the second frame this end sends');
        return [];
      }
      const nth = this.whole((rule.get(action) as Entry).value, `the frame to ${action}`, 1, 1_000_000);
      const by = rule.get('by');
      if (by !== undefined && action !== 'delay') this.problem(by.key, "'by' belongs to delay");
      if (action !== 'delay') return nth === null ? [] : [{ nth, action }];
      const time =
        by === undefined
          ? this.problem(node, "a delay needs 'by', such as by: 200ms")
          : this.duration(by.value, 'by');
      return nth === null || time === null ? [] : [{ nth, action, by: time }];
    });
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
          const pattern = this.#pattern(member);
          if (pattern !== null) expectations.push({ ...pattern, group });
        }
      } else {
        const pattern = this.#pattern(node);
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
    return this.list(entry.value, 'never').flatMap((node) => this.#pattern(node) ?? []);
  }

  #pattern(node: Node): SegmentPattern | null {
    const senders = [...this.#roles, 'either'];
    const entries = this.map(node, [...senders, ...PATTERN_KEYS], 'a segment');
    if (entries === null) return null;
    const named = senders.filter((sender) => entries.has(sender));
    if (named.length !== 1) {
      return this.problem(
        node,
        `a segment says who sends it, such as ${senders[0]}: SYN; one of ${senders.join(', ')}`,
      );
    }
    const what = (entries.get(named[0]) as Entry).value;
    const flags = this.#flags(what);
    const proves = this.#proves(entries.get('proves'));
    const rfc = this.#rfc(entries.get('rfc'), proves, node);
    if (flags === null || rfc === null) return null;
    const without = entries.get('without');
    const page = entries.get('page');
    const again = entries.get('again');
    if (again !== undefined && !(isScalar(again.value) && again.value.value === true)) {
      this.problem(again.value, 'again is true, or is left out');
    }
    const numbers: PatternNumbers = {};
    for (const key of ['seq', 'to', 'ack', 'acks', 'length'] as const) {
      const entry = entries.get(key);
      const value = entry && this.whole(entry.value, key, 0, 0x7fff_ffff);
      if (typeof value === 'number') numbers[key] = value;
    }
    const sender = named[0];
    const words = [String(isScalar(what) ? what.value : '')];
    if (again !== undefined) words.push('again');
    if (isScalar(without?.value)) words.push(`without ${String(without.value.value)}`);
    return {
      line: this.line(node),
      ...(sender === 'either' ? {} : { from: sender }),
      set: flags.set,
      clear: flags.clear | (without === undefined ? 0 : (this.#flags(without.value)?.set ?? 0)),
      carriesData: flags.carriesData,
      again: again !== undefined,
      ...numbers,
      text: describe(sender, words, numbers),
      rfc,
      proves,
      ...(page === undefined ? {} : { page: this.text(page.value, 'page') ?? '' }),
    };
  }

  #flags(node: Node): { set: number; clear: number; carriesData: boolean } | null {
    const text = this.text(node, 'a segment');
    if (text === null) return null;
    if (text === 'data') return { set: ACK, clear: SYN | RST, carriesData: true };
    let set = 0;
    for (const name of text.split('+')) {
      const bit = FLAGS[name];
      if (bit === undefined)
        return this.problem(
          node,
          `'${text}' is no segment: write control bits such as SYN, SYN+ACK, FIN, RST, or data`,
        );
      set |= bit;
    }
    // PSH and URG are free. So is ACK, except that a SYN without it is another thing than a SYN,ACK.
    return { set, clear: ((SYN | RST) & ~set) | (set === SYN ? ACK : 0), carriesData: false };
  }

  #rfc(entry: Entry | undefined, proves: readonly string[], node: Node): SegmentPattern['rfc'] | null {
    if (entry !== undefined) {
      const match = /^(\d{3,5}) (\S+)$/.exec(String(isScalar(entry.value) ? entry.value.value : ''));
      if (match !== null) return { number: Number(match[1]), section: match[2] };
      return this.problem(entry.value, "rfc is a number and a section, such as '9293 3.5'");
    }
    const first = proves.length === 0 ? null : findRequirement(proves[0]);
    if (first !== null) return { number: first.rfc, section: first.section };
    return this.problem(node, "say which clause asks for this: rfc: '9293 3.5', or proves: [MUST-13]");
  }
}

const DEFAULT_CONNECTION = 'connection';

const EXAMPLES: Readonly<Record<string, string>> = {
  listen: '- listen: 7000',
  open: '- open: 7000',
  send: '- send: hello',
  receive: '- receive: hello',
  wait: '- wait: 300ms',
  'wait-state': '- wait-state: FIN-WAIT-2',
};

type PatternNumbers = { -readonly [K in 'seq' | 'to' | 'ack' | 'acks' | 'length']?: number };

function describe(sender: string, what: readonly string[], numbers: PatternNumbers): string {
  const words = [`${sender === 'either' ? 'either end' : sender} sends ${what.join(' ')}`];
  if (numbers.seq !== undefined) words.push(`seq ${numbers.seq}`);
  if (numbers.to !== undefined) words.push(`up to ${numbers.to}`);
  if (numbers.ack !== undefined) words.push(`ack ${numbers.ack}`);
  if (numbers.acks !== undefined) words.push(`acknowledging ${numbers.acks}`);
  if (numbers.length !== undefined) words.push(`length ${numbers.length}`);
  return words.join(', ');
}
