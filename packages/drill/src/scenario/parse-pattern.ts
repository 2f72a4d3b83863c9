/** Reads one segment of `expect` or `never`, and the clauses that anything names. */
import { ACK, FIN, PSH, RST, SYN, URG } from '@tcblab/tcp/wire';
import { isScalar } from 'yaml';
import type { Node } from 'yaml';
import { findRequirement, nearestRequirement } from '../catalogue/requirement.ts';
import { missingSection } from '../catalogue/sections.ts';
import { shown } from './shown.ts';
import type { SegmentPattern } from './scenario.ts';
import type { Entry, YamlReader } from './yaml-reader.ts';

export function readPattern(yaml: YamlReader, node: Node, roles: readonly string[]): SegmentPattern | null {
  const senders = [...roles, 'either'];
  const entries = yaml.map(node, [...senders, ...PATTERN_KEYS], 'a segment');
  if (entries === null) return null;
  const named = senders.filter((sender) => entries.has(sender));
  if (named.length !== 1) {
    return yaml.problem(
      node,
      `a segment says who sends it, such as ${senders[0]}: SYN; one of ${senders.join(', ')}`,
    );
  }
  const what = (entries.get(named[0]) as Entry).value;
  const flags = readFlags(yaml, what);
  const proves = readProves(yaml, entries.get('proves'));
  const rfc = readRfc(yaml, entries.get('rfc'), proves, node);
  if (flags === null || rfc === null) return null;
  const without = entries.get('without');
  const page = entries.get('page');
  const again = entries.get('again');
  if (again !== undefined && !(isScalar(again.value) && again.value.value === true)) {
    yaml.problem(again.value, 'again is true, or is left out');
  }
  const numbers: PatternNumbers = {};
  for (const key of ['seq', 'to', 'ack', 'acks', 'length'] as const) {
    const entry = entries.get(key);
    const value = entry && yaml.whole(entry.value, key, 0, 0x7fff_ffff);
    if (typeof value === 'number') numbers[key] = value;
  }
  const sender = named[0];
  const words = [String(isScalar(what) ? what.value : '')];
  if (again !== undefined) words.push('again');
  if (isScalar(without?.value)) words.push(`without ${String(without.value.value)}`);
  return {
    line: yaml.line(node),
    ...(sender === 'either' ? {} : { from: sender }),
    set: flags.set,
    clear: flags.clear | (without === undefined ? 0 : (readFlags(yaml, without.value)?.set ?? 0)),
    carriesData: flags.carriesData,
    again: again !== undefined,
    ...numbers,
    text: describe(sender, words, numbers),
    rfc,
    proves,
    ...(page === undefined ? {} : { page: yaml.text(page.value, 'page') ?? '' }),
  };
}

function readFlags(
  yaml: YamlReader,
  node: Node,
): { set: number; clear: number; carriesData: boolean } | null {
  const text = yaml.text(node, 'a segment');
  if (text === null) return null;
  if (text === 'data') return { set: ACK, clear: SYN | RST, carriesData: true };
  let set = 0;
  for (const name of text.split('+')) {
    const bit = FLAGS[name];
    if (bit === undefined)
      return yaml.problem(
        node,
        `'${text}' is no segment: write control bits such as SYN, SYN+ACK, FIN, RST, or data`,
      );
    set |= bit;
  }
  // PSH and URG are free. So is ACK, except that a SYN without it is another thing than a SYN,ACK.
  return { set, clear: ((SYN | RST) & ~set) | (set === SYN ? ACK : 0), carriesData: false };
}

function readRfc(
  yaml: YamlReader,
  entry: Entry | undefined,
  proves: readonly string[],
  node: Node,
): SegmentPattern['rfc'] | null {
  if (entry !== undefined) {
    const match = /^(\d{3,5}) (\S+)$/.exec(String(isScalar(entry.value) ? entry.value.value : ''));
    if (match === null) {
      return yaml.problem(entry.value, "rfc is a number and a section, such as '9293 3.5'");
    }
    const rfc = { number: Number(match[1]), section: match[2] };
    const meant = missingSection(rfc.number, rfc.section);
    if (meant === null) return rfc;
    const remedy = meant === '' ? 'name one that says what TCP does, such as 3.5' : `did you mean ${meant}?`;
    return yaml.problem(entry.value, `RFC ${rfc.number} has no section '${shown(rfc.section)}': ${remedy}`);
  }
  const first = proves.length === 0 ? null : findRequirement(proves[0]);
  if (first !== null) return { number: first.rfc, section: first.section };
  return yaml.problem(node, "say which clause asks for this: rfc: '9293 3.5', or proves: [MUST-13]");
}

export function readProves(yaml: YamlReader, entry: Entry | undefined): string[] {
  if (entry === undefined) return [];
  const ids: string[] = [];
  for (const node of yaml.list(entry.value, 'proves')) {
    const id = yaml.text(node, 'an id of the RFC catalogue');
    if (id === null) continue;
    if (findRequirement(id) !== null) ids.push(id);
    else {
      const meant = nearestRequirement(id);
      yaml.problem(
        node,
        `the RFC catalogue has no '${id}'${meant === null ? '' : `: did you mean ${meant}?`}`,
      );
    }
  }
  return ids;
}

const PATTERN_KEYS = ['without', 'again', 'seq', 'to', 'ack', 'acks', 'length', 'rfc', 'proves', 'page'];
const FLAGS: Readonly<Record<string, number>> = { SYN, ACK, FIN, RST, PSH, URG };

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
