/** Reads a whole packetdrill script. */
import { isHostAddress, parseAddress } from '@tcblab/tcp/wire';
import type { Micros } from '@tcblab/tcp';
import { nearest } from '../nearest.ts';
import { parseCall } from './parse-call.ts';
import { parsePacket } from './parse-packet.ts';
import { ScriptError, type ScriptProblem } from './problem.ts';
import { Scanner } from './scanner.ts';
import type { Action, Command, EventTime, Position, Script, ScriptEvent, ScriptOption } from './syntax.ts';

export type ParsedScript =
  | { readonly ok: true; readonly value: Script }
  | { readonly ok: false; readonly problem: ScriptProblem };

/** @returns the script, or the first thing that is wrong with it */
export function parseScript(text: string): ParsedScript {
  try {
    return { ok: true, value: parse(new Scanner(text)) };
  } catch (error) {
    if (error instanceof ScriptError) return { ok: false, problem: error.problem };
    throw error;
  }
}

/** Options that packetdrill knows; those that say how it runs itself are read and mean nothing here. */
const OPTIONS: Record<string, 'number' | 'word' | 'flag' | 'definition'> = {
  ip_version: 'word',
  tolerance_usecs: 'number',
  mtu: 'number',
  local_ip: 'word',
  remote_ip: 'word',
  gateway_ip: 'word',
  netmask_ip: 'word',
  local_port: 'number',
  bind_port: 'number',
  connect_port: 'number',
  define: 'definition',
  D: 'definition',
  verbose: 'flag',
  non_fatal: 'word',
  dry_run: 'flag',
  send_omit_free: 'flag',
  init_scripts: 'word',
  speed: 'word',
  so_filename: 'word',
  so_flags: 'word',
  persistent_tun_dev: 'flag',
};

const OPTION = /--?([A-Za-z][A-Za-z0-9_]*)/y;
const VALUE = /[^\s]+/y;
const DEFINITION = /[A-Za-z_][A-Za-z0-9_]*=(?:"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|[^\s]*)/y;

function parse(scanner: Scanner): Script {
  const options = parseOptions(scanner);
  const init = parseCommand(scanner);
  const events: ScriptEvent[] = [];
  let cleanup: Command | null = null;
  while (!scanner.ended) {
    if (scanner.sees('`')) {
      cleanup = parseCommand(scanner);
      if (!scanner.ended) scanner.fail(`a command without a time ends the script, found ${scanner.found()}`);
      break;
    }
    events.push(parseEvent(scanner));
  }
  if (events.length === 0) scanner.fail('the script has no event: nothing would be proven');
  return { options, init, events, cleanup };
}

function parseOptions(scanner: Scanner): ScriptOption[] {
  const options: ScriptOption[] = [];
  while (scanner.sees('-')) {
    const at = scanner.position;
    const name = scanner.raw(OPTION)?.replace(/^--?/, '');
    if (name === undefined) scanner.fail(`expected an option such as --mtu=1500, found ${scanner.found()}`);
    options.push(parseOption(scanner, name, at));
    scanner.skip();
  }
  return options;
}

function parseOption(scanner: Scanner, name: string, at: Position): ScriptOption {
  const kind = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
  if (kind === undefined) {
    const meant = nearest(name, Object.keys(OPTIONS));
    scanner.fail(`--${name} is not an option${meant === null ? '' : `; did you mean --${meant}?`}`, at);
  }
  if (kind === 'flag' && !scanner.sees('=')) return { name, value: null, at };
  if (!scanner.accept('=') && kind !== 'definition') scanner.fail(`--${name} needs a value`, at);
  scanner.skip();
  const value = scanner.raw(kind === 'definition' ? DEFINITION : VALUE);
  if (value === null) scanner.fail(`--${name} needs ${kind === 'definition' ? 'NAME=VALUE' : 'a value'}`, at);
  if (kind === 'number' && !/^\d+$/.test(value)) scanner.fail(`--${name} is a number, not '${value}'`, at);
  if (name === 'ip_version' && !['ipv4', 'ipv6', 'ipv4-mapped-ipv6'].includes(value)) {
    scanner.fail(`--ip_version is ipv4, ipv6 or ipv4-mapped-ipv6, not '${value}'`, at);
  }
  if ((name === 'local_ip' || name === 'remote_ip') && !isAddress(value)) {
    scanner.fail(`--${name} is an address such as 192.0.2.1 or 2001:db8::1, not '${value}'`, at);
  }
  if (kind !== 'definition') return { name, value, at };
  const equals = value.indexOf('=');
  scanner.defines.set(value.slice(0, equals), value.slice(equals + 1));
  return { name: 'define', value, at };
}

function isAddress(text: string): boolean {
  try {
    return isHostAddress(parseAddress(text));
  } catch {
    return false;
  }
}

function parseEvent(scanner: Scanner): ScriptEvent {
  const at = scanner.position;
  const time = parseTime(scanner);
  const until = scanner.accept('...') ? parseUntil(scanner) : null;
  return { at, time, action: parseAction(scanner, until) };
}

function parseTime(scanner: Scanner): EventTime {
  if (scanner.accept('*')) return { kind: 'any' };
  const at = scanner.position;
  const relative = scanner.accept('+');
  const from = scanner.seconds();
  if (from === null) {
    scanner.fail(`expected a time such as 0.1, +0.1 or *, found ${scanner.found()}`);
  }
  if (!scanner.accept('~')) return { kind: relative ? 'relative' : 'absolute', micros: from };
  if (scanner.accept('+') !== relative) {
    scanner.fail('both ends of a range are absolute, or both are relative', at);
  }
  const to = scanner.seconds();
  if (to === null) scanner.fail(`expected the end of the range, found ${scanner.found()}`);
  if (to < from) scanner.fail('this range ends before it begins', at);
  return { kind: relative ? 'relative-range' : 'absolute-range', from, to };
}

/** It counts from where the event's own time counts from. */
function parseUntil(scanner: Scanner): Micros {
  scanner.accept('+');
  const until = scanner.seconds();
  if (until === null) scanner.fail(`expected when the call returns, found ${scanner.found()}`);
  return until;
}

function parseAction(scanner: Scanner, until: Micros | null): Action {
  const at = scanner.position;
  if (until === null) {
    if (scanner.sees('<') || scanner.sees('>')) return parsePacket(scanner);
    const code = scanner.enclosed('%{', '}%');
    if (code !== null) return { kind: 'code', text: code.text, at: code.at };
    const command = parseCommand(scanner);
    if (command !== null) return { kind: 'shell', command };
    const word = scanner.peekWord();
    const defined = word === null ? undefined : scanner.defines.get(word);
    if (defined?.startsWith('`') === true) {
      scanner.word();
      return { kind: 'shell', command: { text: defined.slice(1, -1), at } };
    }
  }
  return parseCall(scanner, until);
}

function parseCommand(scanner: Scanner): Command | null {
  const at = scanner.position;
  const text = scanner.quoted('`');
  return text === null ? null : { text, at };
}
