/** Reads one end of a scenario: what its program does, what the wire does to it, which states it passes through. */
import type { FrameRule } from '@tcblab/tcp/sim';
import type { State } from '@tcblab/tcp/trace';
import { isMap, isScalar } from 'yaml';
import type { Node } from 'yaml';
import type { Data, EndCall, EndStep, HostName, ScenarioEnd } from './scenario.ts';
import type { Entry, YamlReader } from './yaml-reader.ts';

/** @param usual the host that it is on where the file does not say */
export function readEnd(yaml: YamlReader, role: string, node: Node, usual: HostName): ScenarioEnd {
  const entries = yaml.map(node, END_KEYS, 'an end');
  const host = entries?.get('host');
  const steps = entries?.get('do');
  if (entries !== null && steps === undefined)
    yaml.problem(node, "an end needs 'do', the list of what its program does");
  return {
    role,
    host: (host && yaml.oneOf<HostName>(host.value, 'host', ['a', 'b'])) ?? usual,
    steps:
      steps === undefined ? [] : yaml.list(steps.value, 'do').flatMap((step) => readStep(yaml, step) ?? []),
    wire: readWire(yaml, entries?.get('wire')),
    states: readStates(yaml, entries?.get('states')),
  };
}

function readStates(yaml: YamlReader, entry: Entry | undefined): State[] {
  if (entry === undefined) return [];
  return yaml.list(entry.value, 'states').flatMap((node) => yaml.oneOf(node, 'a state', STATES) ?? []);
}

function readStep(yaml: YamlReader, node: Node): EndStep | null {
  const line = yaml.line(node);
  if (isScalar(node)) {
    const name = String(node.value);
    const verb = PLAIN_VERBS.find((plain) => plain === name);
    if (verb !== undefined) return { line, on: DEFAULT_CONNECTION, call: { name: verb } };
    if (VERBS.includes(name)) return yaml.problem(node, `'${name}' needs a value: ${EXAMPLES[name]}`);
    yaml.oneOf(node, 'a step', VERBS);
    return null;
  }
  const entries = yaml.map(node, [...VERBS, ...STEP_KEYS, 'backlog', 'local-port'], 'a step', PLAIN_VERBS);
  if (entries === null) return null;
  const verbs = VERBS.filter((verb) => entries.has(verb));
  if (verbs.length !== 1) {
    const found = verbs.length === 0 ? 'none' : verbs.join(' and ');
    return yaml.problem(node, `a step says one thing to do, here is ${found}: one of ${VERBS.join(', ')}`);
  }
  const call = readCall(yaml, verbs[0], entries);
  if (call === null) return null;
  const at = entries.get('at');
  const on = entries.get('on');
  const fails = entries.get('fails');
  const time = at === undefined ? null : yaml.duration(at.value, 'at');
  const errno = fails === undefined ? null : yaml.oneOf(fails.value, 'fails', ERRNOS);
  return {
    line,
    on: (on && yaml.text(on.value, 'on')) ?? DEFAULT_CONNECTION,
    ...(time === null ? {} : { at: time }),
    ...(errno === null ? {} : { fails: errno }),
    call,
  };
}

function readCall(yaml: YamlReader, verb: string, entries: ReadonlyMap<string, Entry>): EndCall | null {
  const { value, bare } = entries.get(verb) as Entry;
  for (const [extra, owner] of [
    ['backlog', 'listen'],
    ['local-port', 'open'],
  ]) {
    const entry = entries.get(extra);
    if (entry !== undefined && verb !== owner)
      yaml.problem(entry.key, `'${extra}' belongs to ${owner}, not to ${verb}`);
  }
  switch (verb) {
    case 'listen': {
      const port = yaml.whole(value, 'a port', 1, 65_535);
      const backlog = entries.get('backlog');
      const count = backlog === undefined ? null : yaml.whole(backlog.value, 'backlog', 0, 65_535);
      return port === null ? null : { name: verb, port, ...(count === null ? {} : { backlog: count }) };
    }
    case 'open': {
      const port = yaml.whole(value, 'a port', 1, 65_535);
      const local = entries.get('local-port');
      const localPort = local === undefined ? null : yaml.whole(local.value, 'local-port', 1, 65_535);
      return port === null ? null : { name: verb, port, ...(localPort === null ? {} : { localPort }) };
    }
    case 'send':
    case 'receive': {
      const data = readData(yaml, value, verb);
      return data === null ? null : { name: verb, data };
    }
    case 'wait': {
      const time = yaml.duration(value, verb);
      return time === null ? null : { name: verb, time };
    }
    case 'wait-state': {
      const state = yaml.oneOf(value, verb, STATES);
      return state === null ? null : { name: verb, state };
    }
    default: {
      const plain = PLAIN_VERBS.find((name) => name === verb);
      if (!bare)
        yaml.problem(
          value,
          `'${verb}' takes no value: write '- ${verb}', or '- ${verb}:' with at on the next line`,
        );
      return plain === undefined ? null : { name: plain };
    }
  }
}

function readData(yaml: YamlReader, node: Node, verb: string): Data | null {
  if (isMap(node)) {
    const octets = yaml.map(node, ['octets'], verb)?.get('octets');
    if (octets === undefined) return null;
    const count = yaml.octets(octets.value, 'octets');
    return count === null ? null : { octets: count };
  }
  const text = yaml.text(node, `what to ${verb}`);
  if (text === null) return null;
  if (!/^[\n -~]+$/.test(text)) {
    return yaml.problem(
      node,
      `what to ${verb} is plain ASCII text and not empty; for many octets write { octets: 64 KiB }`,
    );
  }
  return { text };
}

function readWire(yaml: YamlReader, entry: Entry | undefined): FrameRule[] {
  if (entry === undefined) return [];
  return yaml.list(entry.value, 'wire').flatMap((node): FrameRule[] => {
    const rule = yaml.map(node, WIRE_KEYS, 'a rule of the wire');
    if (rule === null) return [];
    const actions = (['drop', 'duplicate', 'corrupt', 'delay'] as const).filter((action) => rule.has(action));
    const [action] = actions;
    if (actions.length !== 1) {
      yaml.problem(node, 'a rule says one thing, such as drop: 2 for the second frame this end sends');
      return [];
    }
    const nth = yaml.whole((rule.get(action) as Entry).value, `the frame to ${action}`, 1, 1_000_000);
    const by = rule.get('by');
    if (by !== undefined && action !== 'delay') yaml.problem(by.key, "'by' belongs to delay");
    if (action !== 'delay') return nth === null ? [] : [{ nth, action }];
    const time =
      by === undefined
        ? yaml.problem(node, "a delay needs 'by', such as by: 200ms")
        : yaml.duration(by.value, 'by');
    return nth === null || time === null ? [] : [{ nth, action, by: time }];
  });
}

const END_KEYS = ['host', 'do', 'wire', 'states'];
const PLAIN_VERBS = ['accept', 'receive-end', 'close', 'release', 'abort'] as const;
const VERBS = ['listen', 'open', 'send', 'receive', 'wait', 'wait-state', ...PLAIN_VERBS];
const STEP_KEYS = ['at', 'on', 'fails'];
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

const DEFAULT_CONNECTION = 'connection';

const EXAMPLES: Readonly<Record<string, string>> = {
  listen: '- listen: 7000',
  open: '- open: 7000',
  send: '- send: hello',
  receive: '- receive: hello',
  wait: '- wait: 300ms',
  'wait-state': '- wait-state: FIN-WAIT-2',
};
